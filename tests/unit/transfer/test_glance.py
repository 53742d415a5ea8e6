# SPDX-License-Identifier: Apache-2.0
"""An image's data as origin and target: what is asked of Glance, and how."""

from __future__ import annotations

import io

import testtools
import urllib3

from pumphouse import exceptions
from pumphouse.transfer.glance import ANSWER_TIMEOUT, ImageData


class Response:
    def __init__(self, data, status=200, error=None):
        self.status_code = status
        self.raw = Raw(data, error)
        self.closed = False

    def close(self):
        self.closed = True


class Raw(io.BytesIO):
    """As urllib3's response: raises its own errors, even at the end."""

    def __init__(self, data, error):
        super().__init__(data)
        self.error = error

    def read(self, amount, decode_content=None):
        data = super().read(amount)
        if not data and self.error:
            raise self.error
        return data


class Cloud:
    def __init__(self, response=None, first=()):
        self.response = response
        self.first = list(first)
        self.requests = []

    def __str__(self):
        return "source cloud one"

    def request(self, service, method, path, **more):
        self.requests.append((method, path, more))
        if self.first:
            raise self.first.pop(0)
        return self.response


class TestImageData(testtools.TestCase):
    def read(self, cloud, offset=0):
        with ImageData(cloud, "i1").open(offset, 4) as chunks:
            return list(chunks)

    def test_reads_in_chunks_and_closes(self):
        cloud = Cloud(Response(b"0123456789"))
        self.assertEqual([b"0123", b"4567", b"89"], self.read(cloud))
        self.assertTrue(cloud.response.closed)
        ((method, path, more),) = cloud.requests
        self.assertEqual(("GET", "/images/i1/file"), (method, path))
        self.assertTrue(more["stream"])
        self.assertNotIn("Range", more["headers"])

    def test_goes_on_from_an_offset(self):
        cloud = Cloud(Response(b"89", status=206))
        self.assertEqual([b"89"], self.read(cloud, offset=8))
        self.assertEqual("bytes=8-", cloud.requests[0][2]["headers"]["Range"])

    def test_never_takes_the_start_for_the_rest(self):
        """A proxy may ignore the Range header and send all."""
        cloud = Cloud(Response(b"0123456789", status=200))
        self.assertRaises(exceptions.UnexpectedAnswer, self.read, cloud, offset=8)
        self.assertTrue(cloud.response.closed)

    def test_a_broken_download_is_worth_another_try(self):
        for error in (
            urllib3.exceptions.IncompleteRead(4, 6),
            urllib3.exceptions.ReadTimeoutError(None, "/", "late"),
            ConnectionResetError(),
        ):
            cloud = Cloud(Response(b"0123", error=error))
            raised = self.assertRaises(exceptions.Unreachable, self.read, cloud)
            self.assertTrue(raised.retryable)
            self.assertEqual("source cloud one", raised.resource)

    def test_the_first_bytes_alone(self):
        cloud = Cloud(Response(b"0123456789", status=206))
        self.assertEqual(b"01234", ImageData(cloud, "i1").head(5))
        self.assertEqual("bytes=0-4", cloud.requests[0][2]["headers"]["Range"])
        self.assertTrue(cloud.response.closed)
        self.assertEqual(b"56789", cloud.response.raw.read(9), "no more was read")

    def test_however_they_come_there_are_no_more(self):
        cloud = Cloud(Response(b"0123456789", status=200))
        read = cloud.response.raw.read
        cloud.response.raw.read = lambda size, **more: read(min(size, 3), **more)
        self.assertEqual(b"01234", ImageData(cloud, "i1").head(5))

    def test_of_no_bytes_none_are_asked_for(self):
        cloud = Cloud()
        self.assertEqual(b"", ImageData(cloud, "i1").head(0))
        self.assertEqual([], cloud.requests)

    def test_a_store_without_random_access_is_read_from_its_start(self):
        for status in (400, 416):
            answers = [exceptions.UnexpectedAnswer("no", status=status)]
            cloud = Cloud(Response(b"0123456789"), answers)
            self.assertEqual(b"01", ImageData(cloud, "i1").head(2))
            self.assertNotIn("Range", cloud.requests[1][2]["headers"])
            self.assertTrue(cloud.response.closed)
        cloud = Cloud(None, [exceptions.UnexpectedAnswer("no", status=418)])
        error = self.assertRaises(
            exceptions.UnexpectedAnswer, ImageData(cloud, "i1").head, 2
        )
        self.assertEqual((418, 1), (error.status, len(cloud.requests)))

    def test_data_that_is_not_there_is_missing(self):
        for response in (Response(b"", status=204), Response(b"", status=206)):
            data = ImageData(Cloud(response), "i1")
            self.assertRaises(exceptions.ResourceMissing, data.head, 2)
            self.assertTrue(response.closed)

    def test_writes_as_one_stream_with_time_to_answer(self):
        cloud, chunks = Cloud(), iter([b"x"])
        ImageData(cloud, "i1").write(chunks)
        ((method, path, more),) = cloud.requests
        self.assertEqual(("PUT", "/images/i1/file"), (method, path))
        self.assertIs(chunks, more["data"])
        self.assertEqual(ANSWER_TIMEOUT, more["timeout"])
