# SPDX-License-Identifier: Apache-2.0
"""The streaming transfer keeps what the contract in ``transfer.base`` promises."""

from __future__ import annotations

import contextlib
import hashlib
import threading

import testtools

from pumphouse import exceptions
from pumphouse.transfer.base import Expected, Watch
from pumphouse.transfer.stream import Stream, new_hash

DATA = bytes(range(256)) * 40  # 10240 bytes
SHA = hashlib.sha512(DATA).hexdigest()
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
WHOLE = Expected(len(DATA), {"sha512": SHA, "md5": MD5})


class Origin:
    """Gives DATA; breaks where it is told to.

    :param breaks: offsets at which a download breaks, each once
    :param short: whether it just ends there, without an error
    :param refuses: what opening it raises
    """

    def __init__(self, data=DATA, breaks=(), short=False, error=None, refuses=None):
        self.data = data
        self.refuses = refuses
        self.breaks = list(breaks)
        self.short = short
        self.error = error or exceptions.Unreachable("the download broke off")
        self.opened = []
        self.given = 0
        self.closed = 0

    @contextlib.contextmanager
    def open(self, offset, chunk_size):
        self.opened.append(offset)
        if self.refuses:
            raise self.refuses
        try:
            yield self.chunks(offset, chunk_size)
        finally:
            self.closed += 1

    def chunks(self, offset, chunk_size):
        while offset < len(self.data):
            if self.breaks and offset >= self.breaks[0]:
                self.breaks.pop(0)
                if self.short:
                    return
                raise self.error
            chunk = self.data[offset : offset + chunk_size]
            offset += len(chunk)
            self.given += len(chunk)
            yield chunk


class Target:
    """Takes chunks; whole only when they ended without an error."""

    def __init__(self, fail_at=None):
        self.taken = bytearray()
        self.whole = False
        self.fail_at = fail_at

    def write(self, chunks):
        for chunk in chunks:
            self.taken += chunk
            if self.fail_at is not None and len(self.taken) >= self.fail_at:
                raise exceptions.LostAnswer("the connection broke")
        self.whole = True


class TestStream(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.target = Target()

    def move(self, origin, expected=WHOLE, watch=None, **how):
        stream = Stream(chunk_size=1000, **how)
        return stream.move(origin, self.target, expected, watch or Watch())

    def fails(self, error, origin, expected=WHOLE, **more):
        raised = self.assertRaises(error, self.move, origin, expected, **more)
        self.assertFalse(self.target.whole, "partial data counted as whole")
        return raised

    def test_moves_every_byte_once_and_in_order(self):
        origin = Origin()
        moved = self.move(origin)
        self.assertEqual(DATA, bytes(self.target.taken))
        self.assertTrue(self.target.whole)
        self.assertEqual(len(DATA), moved.size)
        self.assertEqual({"sha512": SHA, "md5": MD5}, moved.digests)
        self.assertEqual(1, origin.closed)

    def test_hashes_even_where_the_source_recorded_nothing(self):
        moved = self.move(Origin(), Expected())
        self.assertEqual({"sha512": SHA, "md5": MD5}, moved.digests)

    def test_uses_the_algorithm_the_source_used(self):
        digest = hashlib.sha256(DATA).hexdigest()
        moved = self.move(Origin(), Expected(None, {"sha256": digest.upper()}))
        self.assertEqual(digest, moved.digests["sha256"])

    def test_no_bytes_at_all(self):
        self.assertEqual(0, self.move(Origin(b""), Expected(0)).size)
        self.assertTrue(self.target.whole)

    def test_a_broken_download_goes_on_where_it_broke(self):
        origin = Origin(breaks=[3000, 3000, 7000])
        self.move(origin)
        self.assertEqual(DATA, bytes(self.target.taken))
        self.assertEqual([0, 3000, 3000, 7000], origin.opened)

    def test_so_does_one_that_just_ends(self):
        origin = Origin(breaks=[3000], short=True)
        self.move(origin)
        self.assertEqual(DATA, bytes(self.target.taken))

    def test_gives_up_when_no_byte_comes_any_more(self):
        origin = Origin(breaks=[3000] * 9)
        error = self.fails(exceptions.DataLost, origin, resumptions=2)
        self.assertEqual([0, 3000, 3000, 3000], origin.opened)
        self.assertIn("at byte 3000 of 10240: the download broke off", str(error))

    def test_a_download_that_cannot_be_opened_is_not_tried_again_here(self):
        """Whoever sends the request has repeated it; attempts must not multiply."""
        origin = Origin(refuses=exceptions.Unreachable("no answer"))
        self.fails(exceptions.DataLost, origin)
        self.assertEqual([0], origin.opened)

    def test_too_few_bytes(self):
        error = self.fails(exceptions.DataMismatch, Origin(DATA[:-1]))
        self.assertIn("10239 of 10240 bytes", str(error))

    def test_too_many_bytes(self):
        self.fails(exceptions.DataMismatch, Origin(DATA + b"x"))

    def test_an_altered_byte(self):
        """The target never learns that it has everything."""
        self.fails(exceptions.DataMismatch, Origin(b"x" + DATA[1:]))

    def test_what_cannot_be_read_is_not_tried_again(self):
        origin = Origin(breaks=[0], error=exceptions.ResourceMissing("gone"))
        self.fails(exceptions.ResourceMissing, origin)
        self.assertEqual([0], origin.opened)

    def test_a_target_that_fails_ends_the_reading(self):
        self.target = Target(fail_at=2000)
        origin = Origin()
        error = self.assertRaises(exceptions.LostAnswer, self.move, origin, depth=2)
        self.assertEqual("the connection broke", str(error))
        self.assertTrue(origin.given < len(DATA))

    def test_a_target_that_is_content_too_early(self):
        """Something in front answered; nobody waits for the reader for ever."""
        self.target.write = lambda chunks: next(iter(chunks))
        self.fails(exceptions.LostAnswer, Origin())

    def test_stops_at_a_checkpoint(self):
        calls = []

        def checkpoint():
            calls.append(1)
            if len(calls) == 4:
                raise exceptions.Suspended("stopped on request")

        self.fails(exceptions.Suspended, Origin(), watch=Watch(checkpoint))
        self.assertEqual(3000, len(self.target.taken))

    def test_an_error_wrapped_by_the_target_comes_out_as_it_was(self):
        """HTTP libraries wrap what a body raises."""

        class Wrapping(Target):
            def write(self, chunks):
                try:
                    super().write(chunks)
                except exceptions.PumphouseError as error:
                    raise OSError("wrapped") from error

        self.target = Wrapping()
        self.fails(exceptions.DataMismatch, Origin(DATA[:-1]))

    def test_cannot_be_sent_twice(self):
        """A library that sends a body again would send an empty one."""

        class Twice(Target):
            def write(self, chunks):
                super().write(chunks)
                super().write(chunks)

        self.target = Twice()
        self.assertRaises(RuntimeError, self.move, Origin())

    def test_tells_the_progress(self):
        told = []
        self.move(Origin(), watch=Watch(progress=told.append))
        self.assertEqual(len(DATA), told[-1])
        self.assertEqual(sorted(told), told)
        self.assertEqual(11, len(told))

    def test_holds_only_a_few_chunks(self):
        """A slow target holds the reading up; memory does not grow."""
        origin = Origin()
        ahead = []

        class Slow(Target):
            def write(inner, chunks):
                for chunk in chunks:
                    inner.taken += chunk
                    ahead.append(origin.given - len(inner.taken))
                inner.whole = True

        self.target = Slow()
        self.move(origin, depth=2)
        # two queued, one in the reader's hand
        self.assertTrue(max(ahead) <= 3000, ahead)

    def test_reads_while_it_sends(self):
        """The time of the two links does not add up."""
        second_read = threading.Event()

        class Told(Origin):
            def chunks(self, offset, chunk_size):
                for number, chunk in enumerate(super().chunks(offset, chunk_size)):
                    if number == 1:
                        second_read.set()
                    yield chunk

        class Waiting(Target):
            def write(inner, chunks):
                for number, chunk in enumerate(chunks):
                    if number == 0:  # while the first chunk is being sent
                        self.assertTrue(second_read.wait(10))
                    inner.taken += chunk

        self.target = Waiting()
        self.move(Told())

    def test_an_unknown_algorithm_is_said(self):
        error = self.assertRaises(exceptions.ResourceError, new_hash, "rot13")
        self.assertIn("rot13", str(error))
        self.assertRaises(
            exceptions.ResourceError,
            self.move,
            Origin(),
            Expected(None, {"rot13": "x"}),
        )
