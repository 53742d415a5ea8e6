# SPDX-License-Identifier: Apache-2.0
"""A small HTTP service of a test's own, to stand in a cloud's catalogue."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Asked(NamedTuple):
    """One request that it got."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


Said = tuple[int, Any, Mapping[str, str]]
Answer = Callable[[Asked], Said]
"""Status, JSON (None: no body) and headers."""


class Elsewhere:
    """Serves on the loopback until ``close``.

    :param answer: what it says; 404 where that is None
    """

    def __init__(self, answer: Callable[[Asked], Said | None]) -> None:
        self.asked: list[Asked] = []
        asked = self.asked

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = dict(parse_qsl(parts.query))
                headers = {k.lower(): v for k, v in self.headers.items()}
                request = Asked(self.command, parts.path, query, headers)
                asked.append(request)
                status, body, more = answer(request) or (404, {}, {})
                data = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            do_HEAD = do_GET

            def log_message(self, *_: Any) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No longer serve."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
