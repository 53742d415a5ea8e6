# SPDX-License-Identifier: Apache-2.0
"""A request and its answer, between the HTTP layer and the services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

_encode = json.JSONEncoder(separators=(", ", ": "), check_circular=False).encode


class Request:
    """One request.

    :param target: as it stood in the request line, query and all
    :param headers: names in lower case
    """

    __slots__ = ("_json", "_query", "body", "headers", "method", "path", "target")

    def __init__(
        self, method: str, target: str, headers: dict[str, str], body: bytes = b""
    ) -> None:
        self.method = method
        self.target = target
        self.path = target.partition("?")[0]
        self.headers = headers
        self.body = body
        self._query: list[tuple[str, str]] | None = None
        self._json: Any = None

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's pairs, in their order."""
        if self._query is None:
            text = self.target.partition("?")[2]
            self._query = parse_qsl(text, keep_blank_values=True) if text else []
        return self._query

    def first(self, name: str, default: str | None = None) -> str | None:
        """The first value of a parameter."""
        for key, value in self.query:
            if key == name:
                return value
        return default

    @property
    def json(self) -> Any:
        """The body; {} if there is none.

        :raises ValueError: it is not JSON
        """
        if self._json is None:
            self._json = json.loads(self.body) if self.body else {}
        return self._json

    @property
    def segments(self) -> list[str]:
        """The parts of the path, each unquoted."""
        parts = [part for part in self.path.split("/") if part]
        return [unquote(p) for p in parts] if "%" in self.path else parts


class Answer:
    """What is answered, and how the connection fares on the way.

    :param body: bytes, or an iterator of chunks of ``size`` bytes in all
    :param delay: seconds until it is sent
    :param cut: after so many bytes of the body the connection breaks
    :param lost: ``"reset"`` the connection breaks instead, ``"hang"`` nothing comes
    """

    __slots__ = ("body", "cut", "delay", "headers", "lost", "size", "status")

    def __init__(
        self,
        status: int,
        body: bytes | Iterator[bytes] = b"",
        headers: dict[str, str] | None = None,
        size: int | None = None,
    ) -> None:
        self.status = status
        self.body = body
        self.headers = headers or {}
        self.size = len(body) if isinstance(body, bytes) else size
        self.delay = 0.0
        self.cut: int | None = None
        self.lost = ""


def json_answer(
    status: int, document: Any, headers: dict[str, str] | None = None
) -> Answer:
    """An answer whose body is *document*."""
    found = {"Content-Type": "application/json"}
    if headers:
        found.update(headers)
    return Answer(status, _encode(document).encode(), found)
