# SPDX-License-Identifier: Apache-2.0
"""The data of images: taken and given as it comes, kept in blocks, equal ones once.

An upload that breaks off leaves its image *queued*, as Glance does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from testbed.simulator.errors import ApiError, bad, conflict, missing
from testbed.simulator.glance import inspection
from testbed.simulator.glance.base import GlanceBase
from testbed.simulator.messages import Answer, Request
from testbed.simulator.router import route
from testbed.simulator.service import NOBODY, Call
from testbed.simulator.tables import Record

BLOCK = 64 * 1024
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class Data(GlanceBase):
    """``/v2/images/{id}/file``."""

    def store(self, record: Record, blocks: Iterable[bytes]) -> None:
        """Make *blocks* the data of an image, which is active then."""
        kept, md5 = [], hashlib.md5(usedforsecurity=False)
        sha512, known = hashlib.sha512(), self.state.values.setdefault("blocks", {})
        total = 0
        for block in blocks:
            md5.update(block)
            sha512.update(block)
            total += len(block)
            kept.append(known.setdefault(block, block))
        self.keep(record, kept, total, md5.hexdigest(), sha512.hexdigest())

    def keep(
        self, record: Record, blocks: list[bytes], size: int, md5: str, sha512: str
    ) -> None:
        """The image is active, with data of these digests."""
        self.state.image_data.add({"id": record["id"], "blocks": blocks})
        self.touch(
            record,
            status="active",
            size=size,
            virtual_size=size if record["disk_format"] == "raw" else None,
            checksum=md5,
            os_hash_algo="sha512",
            os_hash_value=sha512,
        )

    # -- up --------------------------------------------------------------------
    def uploads(
        self,
        request: Request,
        values: list[str],
        *,
        refused: Answer | None,
        cut: int | None,
        told: Callable[[Answer], Answer],
    ) -> Upload:
        """Who takes the body of an upload.

        :param refused: what a fault answers in any case
        :param cut: bytes after which a fault breaks the connection
        :param told: makes of the answer what the client gets
        """
        call = Call(request, NOBODY, self.base(request))
        record = None
        try:
            if refused is None:
                self.authenticate(call)
                record = self._to_fill(call, values[0])
                self.touch(record, status="saving")
        except ApiError as error:
            refused = self.refusal(error)
        return Upload(self, record, refused, cut, told)

    def _to_fill(self, call: Call, key: str) -> Record:
        record = self.own_image(call, key)
        kind = call.request.headers.get("content-type", "")
        if kind != "application/octet-stream":
            raise ApiError(415, "The server could not comply with the request")
        if record["status"] != "queued":
            raise conflict(
                f"Image status transition from {record['status']} to saving is not "
                "allowed"
            )
        if key in self.state.values.setdefault("refused_data", set()):
            # The store kept what was refused, and takes nothing of that name.
            raise ApiError(500, f"Image {key} already exists")
        if not record["disk_format"] or not record["container_format"]:
            raise bad(
                "Properties disk_format, container_format must be set prior to saving "
                "data."
            )
        return record

    @route("PUT /v2/images/{id}/file")
    def upload_nothing(self, call: Call, key: str) -> Answer:
        """An upload without a body; all others come in by ``uploads``."""
        record = self._to_fill(call, key)
        self.judge(record, b"")
        self.store(record, [])
        return Answer(204)

    def judge(self, record: Record, head: bytes) -> None:
        """Take data that begins so for an image, or not.

        :raises ApiError: 415; the image is queued again, its data stays in the store
        """
        if not self.cloud.release.newer:
            return
        formats = record["disk_format"], record["container_format"]
        if why := inspection.refusal(*formats, head):
            self.state.values.setdefault("refused_data", set()).add(record["id"])
            self.touch(record, status="queued")
            raise ApiError(415, why)

    # -- down ------------------------------------------------------------------
    @route("GET /v2/images/{id}/file")
    def download(self, call: Call, key: str) -> Answer:
        record = self.image(call, key)
        if record["status"] == "deactivated" and not call.admin:
            raise ApiError(403, "The requested image has been deactivated.")
        kept = self.state.image_data.get(key)
        if record["status"] not in ("active", "deactivated"):
            return Answer(204)
        if kept is None or kept["blocks"] is None:
            raise missing(f"The data of image {key} was too much to be kept")
        first, last = 0, record["size"] - 1
        asked = call.request.headers.get("range", "")
        if asked:
            first, last = self._range(asked, record["size"])
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-MD5": record["checksum"],
        }
        if asked:
            headers["Content-Range"] = f"bytes {first}-{last}/{record['size']}"
        size = last - first + 1
        chunks = _part(kept["blocks"], first, size)
        return Answer(206 if asked else 200, chunks, headers, size)

    def _range(self, asked: str, size: int) -> tuple[int, int]:
        match = _RANGE.fullmatch(asked)
        first = int(match[1]) if match else size
        last = min(int(match[2] or size - 1), size - 1) if match else 0
        if first > last:
            raise ApiError(416, "Requested range not satisfiable")
        return first, last


class Upload:
    """One upload: hashes what comes and keeps it, unless it is too much."""

    def __init__(
        self,
        glance: Data,
        record: Record | None,
        refused: Answer | None,
        cut: int | None,
        told: Callable[[Answer], Answer],
    ) -> None:
        self._glance = glance
        self._record = record
        self._refused = refused
        self._cut = cut
        self._told = told
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha512 = hashlib.sha512()
        self._blocks: list[bytes] | None = []
        self._rest = bytearray()
        self._head = bytearray()
        self._size = 0
        self._own = 0  # bytes in blocks that nobody else has

    def write(self, data: bytes) -> Answer | None:
        """Takes some bytes; the answer if the connection is to break here."""
        self._size += len(data)
        if self._cut is not None and self._size > self._cut:
            self.broken()
            answer = Answer(500)
            answer.lost = "reset"
            return self._told(answer)
        if self._record is None:
            return None  # refused: the rest is read all the same
        self._md5.update(data)
        self._sha512.update(data)
        self._rest += data
        if len(self._head) < inspection.ENOUGH:
            self._head += data[: inspection.ENOUGH - len(self._head)]
        while len(self._rest) >= BLOCK:
            self._put(bytes(self._rest[:BLOCK]))
            del self._rest[:BLOCK]
        return None

    def _put(self, block: bytes) -> None:
        known: dict[Any, Any]
        known = self._glance.state.values.setdefault("blocks", {})
        if self._blocks is None:
            return
        if block not in known:
            self._own += len(block)
            if self._own > self._glance.cloud.settings.keep:
                self._blocks = None
                return
        self._blocks.append(known.setdefault(block, block))

    def done(self) -> Answer:
        """That was all."""
        if self._refused is not None:
            return self._told(self._refused)
        assert self._record is not None
        if self._record["id"] not in self._glance.state.images:
            gone = missing(f"No image found with ID {self._record['id']}")
            return self._told(self._glance.refusal(gone))
        try:
            self._glance.judge(self._record, bytes(self._head))
        except ApiError as error:
            return self._told(self._glance.refusal(error))
        if self._rest:
            self._put(bytes(self._rest))
        digests = self._md5.hexdigest(), self._sha512.hexdigest()
        self._glance.keep(self._record, self._blocks, self._size, *digests)
        return self._told(Answer(204))

    def broken(self) -> None:
        """The client went away."""
        record = self._record
        if record is None or record["id"] not in self._glance.state.images:
            return
        if record["status"] == "saving":
            self._glance.touch(record, status="queued")


def _part(blocks: list[bytes], first: int, size: int) -> Iterator[bytes]:
    """*size* bytes of *blocks* from *first* on."""
    at = 0
    for block in blocks:
        start = max(first - at, 0)
        at += len(block)
        if start >= len(block):
            continue
        piece = block[start : start + size]
        size -= len(piece)
        yield piece
        if not size:
            return
