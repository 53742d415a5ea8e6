# SPDX-License-Identifier: Apache-2.0
"""The data of a Glance image as the origin or the target of a transfer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import requests
import urllib3.exceptions

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud

# Glance answers an upload only after its store has everything: hashed, flushed,
# perhaps replicated.
ANSWER_TIMEOUT = 900.0  # seconds


class ImageData:
    """An image's data in one cloud: ``Origin`` and ``Target``.

    Uploads are chunked, as those of Glance's own clients: a body that was cut off
    lacks its end mark, so whatever web server is in front of Glance sees that it
    is not whole.  A cut Content-Length shows only to servers that count.
    """

    def __init__(self, cloud: Cloud, image_id: str) -> None:
        self._cloud = cloud
        self._path = f"/images/{image_id}/file"

    @contextmanager
    def open(self, offset: int, chunk_size: int) -> Iterator[Iterator[bytes]]:
        """The data from *offset* on.  One request."""
        # Compressed on the way it would have neither the size nor the offsets.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        response = self._download(headers)
        try:
            if offset and response.status_code != 206:
                raise exceptions.UnexpectedAnswer(
                    f"a download that broke at byte {offset} cannot be taken up "
                    "again: the cloud ignores the Range header",
                    status=response.status_code,
                    request=f"GET image {self._path}",
                )
            yield self._chunks(response, chunk_size)
        finally:
            response.close()

    def head(self, length: int) -> bytes:
        """The first *length* bytes, no more than there are.  One request, two at most.

        :raises ResourceMissing: there is no data
        :raises CloudError: it cannot be read
        """
        if not length:
            return b""
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        part = {"Range": f"bytes=0-{length - 1}"}
        try:
            response = self._download({**headers, **part})
        except exceptions.UnexpectedAnswer as error:
            if error.status not in (400, 416):
                raise
            response = self._download(headers)  # a store without random access
        try:  # closing ends what more would come
            found = b"".join(self._chunks(response, length, length))
        finally:
            response.close()
        if response.status_code == 204 or not found:
            raise exceptions.ResourceMissing(
                "the image service gives no data of it",
                resource=str(self._cloud),
                status=response.status_code,
                request=f"GET image {self._path}",
            )
        return found

    def _download(self, headers: Mapping[str, str]) -> requests.Response:
        return self._cloud.request(
            "image", "GET", self._path, headers=headers, stream=True
        )

    def write(self, chunks: Iterable[bytes]) -> None:
        """Upload.  One request; whatever *chunks* raises cuts the connection."""
        self._cloud.request(
            "image",
            "PUT",
            self._path,
            data=chunks,
            timeout=ANSWER_TIMEOUT,
        )

    def _chunks(
        self, response: requests.Response, chunk_size: int, left: float = math.inf
    ) -> Iterator[bytes]:
        """The body, up to *left* bytes of it."""
        try:
            while left > 0 and (
                chunk := response.raw.read(
                    int(min(chunk_size, left)), decode_content=False
                )
            ):
                left -= len(chunk)
                yield chunk
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise exceptions.Unreachable(
                f"the download broke off: {type(error).__name__}",
                resource=str(self._cloud),
                hint="Check the connection to this cloud's image service",
                request=f"GET image {self._path}",
            ) from None
