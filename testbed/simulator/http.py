# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 on an asyncio transport: just what OpenStack's clients speak.

One ``Connection`` per client connection; kept alive, one request at a time, bodies
with Content-Length or chunked.  A body that somebody wants as it comes (an image's)
goes to them piece by piece; all others are collected.  Whoever answers is called in
the event loop and must not block: that is what makes each request atomic.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Protocol

from testbed.simulator.messages import Answer, Request

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_HEAD_LIMIT = 64 * 1024
_HIGH_WATER = 256 * 1024


class Upload(Protocol):
    """Takes a body as it comes."""

    def write(self, data: bytes) -> Answer | None:
        """Some bytes; an answer if the connection is to break right here."""

    def done(self) -> Answer:
        """That was all of it."""

    def broken(self) -> None:
        """The client went away in the middle."""


class Answers(Protocol):
    """Who answers requests."""

    def upload(self, request: Request) -> Upload | None:
        """Who takes the body of this request as it comes; None to collect it."""

    def answer(self, request: Request) -> Answer:
        """The answer to a whole request.  Never raises."""


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(
        self, answers: Answers, loop: asyncio.AbstractEventLoop, open_: set[Any]
    ) -> None:
        self._answers = answers
        self._loop = loop
        self._open = open_
        self._buffer = bytearray()
        self._request: Request | None = None
        self._left = 0  # of the body; -1: chunked
        self._parts: list[bytes] = []
        self._upload: Upload | None = None
        self._busy = False  # an answer is on its way
        self._drained: asyncio.Event | None = None
        self._transport: Any = None

    # -- of asyncio --------------------------------------------------------
    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(high=_HIGH_WATER)
        self._open.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._open.discard(self)
        if self._upload is not None:
            self._upload.broken()
            self._upload = None
        self.resume_writing()

    def pause_writing(self) -> None:
        self._drained = asyncio.Event()

    def resume_writing(self) -> None:
        if self._drained is not None:
            self._drained.set()
            self._drained = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._advance()

    def abort(self) -> None:
        """Break the connection: the client sees a reset."""
        self._transport.abort()

    # -- reading -----------------------------------------------------------
    def _advance(self) -> None:
        while not self._busy and not self._transport.is_closing():
            if self._request is None and not self._read_head():
                return
            if not self._read_body():
                return
            self._finish()

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > _HEAD_LIMIT:
                self.abort()
            return False
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        try:
            method, target, _ = lines[0].split(" ")
            headers = {}
            for line in lines[1:]:
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            self._left = int(headers.get("content-length") or 0)
        except ValueError:
            self.abort()
            return False
        if headers.get("transfer-encoding", "").lower() == "chunked":
            self._left = -1
        self._request = Request(method, target, headers)
        self._parts = []
        if self._left:
            self._upload = self._answers.upload(self._request)
            if headers.get("expect", "").lower() == "100-continue":
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _read_body(self) -> bool:
        """Whether it is all there."""
        if self._left == -1:
            return self._read_chunks()
        if self._left and self._buffer:
            part = bytes(self._buffer[: self._left])
            del self._buffer[: len(part)]
            self._left -= len(part)
            self._take(part)
        return self._left == 0 and not self._busy

    def _read_chunks(self) -> bool:
        while not self._busy:
            line_end = self._buffer.find(b"\r\n")
            if line_end < 0:
                return False
            try:
                size = int(bytes(self._buffer[:line_end]).split(b";")[0], 16)
            except ValueError:
                self.abort()
                return False
            if len(self._buffer) < line_end + 4 + size:
                return False
            part = bytes(self._buffer[line_end + 2 : line_end + 2 + size])
            del self._buffer[: line_end + 4 + size]
            if not size:
                return True
            self._take(part)
        return False

    def _take(self, part: bytes) -> None:
        if self._upload is None:
            self._parts.append(part)
            return
        answer = self._upload.write(part)
        if answer is not None:
            self._upload = None
            self._send(answer)

    def _finish(self) -> None:
        request, upload = self._request, self._upload
        assert request is not None
        self._request = self._upload = None
        if upload is not None:
            self._send(upload.done())
            return
        if self._parts:
            request.body = b"".join(self._parts)
        self._send(self._answers.answer(request))

    # -- writing -----------------------------------------------------------
    def _send(self, answer: Answer) -> None:
        self._busy = True
        if answer.delay:
            self._loop.call_later(answer.delay, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: Answer) -> None:
        if answer.lost or self._transport.is_closing():
            if answer.lost != "hang":
                self.abort()
            return
        head = _head(answer)
        if not isinstance(answer.body, bytes):
            self._transport.write(head)
            self._task = self._loop.create_task(self._stream(answer))
        elif answer.cut is not None:
            self._transport.write(head + answer.body[: answer.cut])
            self._loop.call_later(0.01, self.abort)  # what is written goes first
        else:
            self._transport.write(head + answer.body)
            self._next()

    async def _stream(self, answer: Answer) -> None:
        sent = 0
        for chunk in answer.body:
            if self._transport.is_closing():
                return
            assert isinstance(chunk, bytes)
            if answer.cut is not None and sent + len(chunk) > answer.cut:
                self._transport.write(chunk[: answer.cut - sent])
                await asyncio.sleep(0.01)
                self.abort()
                return
            self._transport.write(chunk)
            sent += len(chunk)
            if self._drained is not None:
                await self._drained.wait()
            else:
                await asyncio.sleep(0)
        self._next()

    def _next(self) -> None:
        self._busy = False
        if self._buffer:
            self._loop.call_soon(self._advance)


def _head(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines.append(f"Content-Length: {answer.size or 0}\r\n\r\n")
    return "\r\n".join(lines).encode("latin-1")
