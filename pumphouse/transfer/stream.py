# SPDX-License-Identifier: Apache-2.0
"""Streams bytes from one cloud to another through a few chunks of memory.

One thread reads and hashes, the calling thread sends: the time of the two links
does not add up.  A download that breaks is taken up again where it broke, while
the upload waits; an upload that breaks has to start anew, which is the caller's
business (the target may have to be cleaned first).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from pumphouse import exceptions
from pumphouse.transfer.base import (
    MIB,
    Expected,
    Moved,
    Origin,
    Target,
    Transfer,
    Watch,
)
from pumphouse.transfer.channel import Channel, Left

# Which digests are computed if the origin's cloud names none, and always md5,
# which every Glance records, so that both ends can be compared in any case.
DEFAULT_ALGORITHM = "sha512"
ALWAYS = "md5"
_HINT = "Check the data on the source; 'pumphouse resume' tries again"


class Stream(Transfer):
    """See the module.

    :param chunk_size: bytes
    :param depth: chunks waiting between the two threads
    :param resumptions: how often a broken download is taken up again in a row
        without a byte having come; opening it is the origin's to repeat
    """

    name = "stream"

    def __init__(
        self, *, chunk_size: int = MIB, depth: int = 4, resumptions: int = 3
    ) -> None:
        self._chunk_size = chunk_size
        self._depth = depth
        self._resumptions = resumptions

    def move(
        self, origin: Origin, target: Target, expected: Expected, watch: Watch
    ) -> Moved:
        channel = Channel(self._depth)
        reader = _Reader(origin, channel, expected, self._chunk_size, self._resumptions)
        sent = _Sent(channel, reader, expected, watch)
        thread = threading.Thread(target=reader.run, name="pumphouse-read", daemon=True)
        thread.start()
        try:
            target.write(sent)
        except BaseException:
            # Not joined: it may sit in a read that only its timeout ends.
            channel.leave()
            if sent.error is not None:
                # The target may have wrapped what came out of the chunks.
                raise sent.error  # noqa: B904
            raise
        if not sent.whole:  # the reader may wait for room for ever
            channel.leave()
            raise exceptions.LostAnswer(
                "the upload was answered before all of it was sent",
                hint="Check what is in front of this cloud's image service",
            )
        thread.join()
        return sent.moved()


class _Reader:
    """Reads the origin into the channel, and hashes."""

    def __init__(
        self,
        origin: Origin,
        channel: Channel,
        expected: Expected,
        chunk_size: int,
        resumptions: int,
    ) -> None:
        self._origin = origin
        self._channel = channel
        self._size = expected.size
        self._chunk_size = chunk_size
        self._resumptions = resumptions
        names = [n for n in expected.digests if n != ALWAYS] or [DEFAULT_ALGORITHM]
        self.hashes = {name: new_hash(name) for name in names}
        self.done = 0

    def run(self) -> None:
        try:
            self._read_all()
        except Left:
            return
        except BaseException as error:  # noqa: BLE001  (raised by the sender)
            self._channel.end(error)
        else:
            self._channel.end()

    def _read_all(self) -> None:
        left = self._resumptions
        while True:
            before = self.done
            broken: exceptions.CloudError | None = None
            opened = False
            try:
                with self._origin.open(self.done, self._chunk_size) as chunks:
                    opened = True
                    for chunk in chunks:
                        self._hand_on(chunk)
            except exceptions.CloudError as error:
                if not error.retryable:
                    raise
                if not opened:  # the cloud was asked several times already
                    raise self._lost(error) from error
                broken = error
            if broken is None and (self._size is None or self.done >= self._size):
                return
            left = self._resumptions if self.done > before else left - 1
            if left < 0:
                if broken is not None:
                    raise self._lost(broken) from broken
                return  # short: the sender sees that and says so

    def _lost(self, error: exceptions.CloudError) -> exceptions.DataLost:
        of = "" if self._size is None else f" of {self._size}"
        return exceptions.DataLost(
            f"its data stopped coming at byte {self.done}{of}: {error.what}",
            resource=error.resource,
            hint=_HINT,
            status=error.status,
            request=error.request,
            request_id=error.request_id,
        )

    def _hand_on(self, chunk: bytes) -> None:
        if self._size is not None and self.done + len(chunk) > self._size:
            raise exceptions.DataMismatch(
                f"the source sends more than the {self._size} bytes it announced"
            )
        for each in self.hashes.values():
            each.update(chunk)
        self.done += len(chunk)
        self._channel.put(chunk)


class _Sent(Iterable[bytes]):
    """The chunks as the target sees them: once, hashed, counted, checked."""

    def __init__(
        self, channel: Channel, reader: _Reader, expected: Expected, watch: Watch
    ) -> None:
        self._channel = channel
        self._reader = reader
        self._expected = expected
        self._watch = watch
        self._md5 = new_hash(ALWAYS)
        self._begun = False
        self._size = 0
        self.error: BaseException | None = None
        self.whole = False  # all was handed on, and is right

    def __iter__(self) -> Iterator[bytes]:
        # A second iteration would send what is left over as if it were all.
        if self._begun:
            raise RuntimeError("a stream cannot be sent twice")
        self._begun = True
        return self._chunks()

    def _chunks(self) -> Iterator[bytes]:
        try:
            while (chunk := self._channel.take(timeout=1.0)) is not None:
                self._watch.checkpoint()
                if chunk:
                    self._md5.update(chunk)
                    self._size += len(chunk)
                    yield chunk
                    self._watch.progress(self._size)
            self._check()
            self.whole = True
        except GeneratorExit:
            raise
        except BaseException as error:
            self.error = error
            raise

    def _check(self) -> None:
        """Before the target learns that this was all: is it all, and right?"""
        size = self._expected.size
        if size is not None and self._size != size:
            raise exceptions.DataMismatch(
                f"the source sent {self._size} of {size} bytes",
                hint=_HINT,
            )
        digests = self.moved().digests
        for name, value in self._expected.digests.items():
            if digests[name] != value.lower():
                raise exceptions.DataMismatch(
                    f"the data read has another {name} than the source recorded",
                    hint=_HINT,
                )

    def moved(self) -> Moved:
        found = {name: each.hexdigest() for name, each in self._reader.hashes.items()}
        return Moved(self._size, {**found, ALWAYS: self._md5.hexdigest()})


def new_hash(name: str) -> Any:
    """A ``hashlib`` object; md5 too where FIPS forbids it for signing.

    :raises ResourceError: this Python does not know the algorithm
    """
    try:
        return hashlib.new(name, usedforsecurity=False)
    except ValueError:
        raise exceptions.ResourceError(
            f"the hash algorithm {name!r} is not known here"
        ) from None
