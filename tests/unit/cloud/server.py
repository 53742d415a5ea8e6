# SPDX-License-Identifier: Apache-2.0
"""A scripted cloud on 127.0.0.1: says what a test tells it to, and remembers.

It has a Keystone that gives tokens and refuses those it did not give; behind it
every service answers from a script, request by request.  It can close a
connection before or after it has read a request, or half-way through an answer.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SERVICES = {
    "identity": "/v3",
    "compute": "/compute/v2.1",
    "network": "/network",
    "image": "/image",
    "volumev3": "/volume/v3/p1",
    "placement": "/placement",
}


@dataclass(frozen=True)
class Say:
    """One answer.  ``drop``: "unread", "read" or "half" closes the connection."""

    status: int = 200
    body: Any = None  # bytes, or what becomes JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: str = ""
    until: threading.Event | None = None  # answer only after this is set

    @property
    def raw(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Got:
    """One request, as it arrived."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server(ThreadingHTTPServer):
    """The cloud.  ``url`` is where it is, ``got`` all that was asked of it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.lock = threading.Lock()
        self.got: list[Got] = []
        self.tokens: set[str] = set()
        self.lifetime = timedelta(hours=1)
        self.services = dict(SERVICES)
        self.busy = self.busiest = 0
        self._given = 0
        self._scripts: dict[tuple[str, str], list[Say]] = defaultdict(list)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections break here on purpose."""

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()

    def script(self, method: str, path: str, *says: Say) -> None:
        """What *method path* is answered with: in this order, the last for ever."""
        self._scripts[method, path] = list(says)

    def asked(self, method: str, path: str) -> list[Got]:
        """The requests for *method path* so far."""
        with self.lock:
            return [g for g in self.got if (g.method, g.path) == (method, path)]

    def answer(self, got: Got) -> Say:
        with self.lock:
            self.got.append(got)
            script = self._scripts.get((got.method, got.path))
            if script:
                return script.pop(0) if len(script) > 1 else script[0]
            if (got.method, got.path) == ("POST", "/v3/auth/tokens"):
                return self.token()
        return Say(404, {"error": {"code": 404, "message": f"no {got.path}"}})

    def token(self, user_id: str = "u1", project_id: str = "p1") -> Say:
        """A new token, as Keystone gives it."""
        self._given += 1
        token = f"token-{self._given}"
        self.tokens.add(token)
        ends = datetime.now(UTC) + self.lifetime
        body = {
            "user": {"id": user_id, "name": "n", "domain": {"id": "d", "name": "d"}},
            "project": {"id": project_id, "name": "n", "domain": {"id": "d"}},
            "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "methods": ["password"],
            "catalog": [
                {"type": kind, "endpoints": [self._endpoint(path)]}
                for kind, path in self.services.items()
            ],
        }
        return Say(201, {"token": body}, {"X-Subject-Token": token})

    def _endpoint(self, path: str) -> dict[str, str]:
        url = f"{self.url}{path}"
        return {"interface": "public", "region_id": "One", "region": "One", "url": url}


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for the server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, *args: Any) -> None:
        """Silent."""

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        peek = self.server._scripts.get((self.command, parts.path))
        if peek and peek[0].drop == "unread":
            self.server.answer(Got(self.command, parts.path, [], {}, b""))
            self.close_connection = True
            return
        query = parse_qsl(parts.query, keep_blank_values=True)
        headers = {name.lower(): value for name, value in self.headers.items()}
        got = Got(self.command, parts.path, query, headers, self._body())
        with self.server.lock:
            self.server.busy += 1
            self.server.busiest = max(self.server.busiest, self.server.busy)
        say = self.server.answer(got)
        if say.until is not None:
            say.until.wait(10)
        with self.server.lock:
            self.server.busy -= 1
        if self._needs_token(got) and headers.get("x-auth-token") not in (
            self.server.tokens
        ):
            say = Say(401, {"error": {"code": 401, "message": "who are you?"}})
        self._say(say)

    def _needs_token(self, got: Got) -> bool:
        return got.path != "/v3/auth/tokens"

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _say(self, say: Say) -> None:
        if say.drop == "read":
            self.close_connection = True
            return
        self.send_response(say.status)
        for name, value in say.headers.items():
            self.send_header(name, value)
        self.send_header("x-openstack-request-id", f"req-{len(self.server.got)}")
        self.send_header("Content-Length", str(len(say.raw)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(say.raw[: len(say.raw) // 2] if say.drop else say.raw)
        self.close_connection = self.close_connection or bool(say.drop)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle
