# SPDX-License-Identifier: Apache-2.0
"""An address with https where http is spoken is told at once, not after a minute."""

from __future__ import annotations

import contextlib
import socket
import threading

import fixtures

from pumphouse.cloud import session
from pumphouse.exceptions import Unreachable
from tests.unit.cloud.base import CloudTestCase


class Waiting:
    """Takes a TLS greeting for the beginning of a line, and waits for the rest."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.greeted = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(
                    target=self._talk, args=(connection,), daemon=True
                ).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            said = connection.recv(65536)
            if said.startswith(b"GET "):
                connection.sendall(self._answer)
            else:
                self.greeted += 1
                connection.recv(65536)  # until the other side gives up

    def stop(self) -> None:
        self._socket.close()


class TestPlainHttp(CloudTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.MockPatchObject(session, "_FIRST", 0.2))
        self.useFixture(fixtures.MockPatchObject(session, "_CONNECT", 0.2))

    def said(self, answer: str) -> tuple[str, int]:
        server = Waiting(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
        self.addCleanup(server.stop)
        url = f"https://127.0.0.1:{server.port}/v3"
        cloud = self.connect(config_file=self.clouds_yaml(auth_url=url), retries=2)
        error = self.assertRaises(Unreachable, lambda: cloud.user_id)
        return str(error), server.greeted

    def test_it_is_told_after_the_first_attempt(self) -> None:
        said, greeted = self.said("300 Multiple Choices")
        self.assertIn("it speaks http, not https", said)
        self.assertIn("Write http:// in auth_url", said)
        self.assertEqual((1, []), (greeted, self.slept))

    def test_a_server_that_wants_tls_is_only_slow(self) -> None:
        """What answers http on such a port says that it wants https."""
        said, greeted = self.said("400 Bad Request")
        self.assertNotIn("speaks http", said)
        self.assertIn("no connection to https://127.0.0.1", said)
        self.assertEqual((3, 2), (greeted, len(self.slept)))
