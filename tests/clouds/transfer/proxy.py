# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy that cuts connections half-way, for tests against real clouds."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import urlsplit

import fixtures


class CuttingProxy(fixtures.Fixture):
    """Stands in front of a service.

    :param url: the service's address
    :param up: bytes from client to service after which a connection is cut
    :param down: bytes from service to client, likewise
    :param times: how many connections are cut before it lets all through
    """

    def __init__(self, url: str, *, up: int = 0, down: int = 0, times: int = 1):
        self._behind = urlsplit(url)
        self._limit = {"up": up, "down": down}
        self._times = times
        self.cut = 0

    def _setUp(self):
        self._server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self._server.close)
        port = self._server.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}{self._behind.path}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            service = socket.create_connection(
                (self._behind.hostname, self._behind.port)
            )
            for each in ((client, service, "up"), (service, client, "down")):
                threading.Thread(target=self._pump, args=each, daemon=True).start()

    def _pump(self, origin, target, direction):
        done = 0
        limit = self._limit[direction]
        try:
            while data := origin.recv(65536):
                done += len(data)
                if limit and done > limit and self.cut < self._times:
                    self.cut += 1
                    break
                target.sendall(data)
        except OSError:
            pass
        for each in (origin, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
