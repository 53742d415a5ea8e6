# SPDX-License-Identifier: Apache-2.0
"""The HTTP layer: requests in any pieces, bodies of both kinds, broken answers."""

from __future__ import annotations

import contextlib
import json
import socket

import testtools

from testbed.simulator.cloud import SimulatedCloud
from testbed.simulator.server import HOST, ServerThread

GET = b"GET /network/ HTTP/1.1\r\nHost: x\r\n\r\n"


class HttpTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        server = ServerThread(SimulatedCloud())
        server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        self.server = server
        self.socket = socket.create_connection((HOST, server.port), timeout=10)
        self.addCleanup(self.socket.close)
        self.file = self.socket.makefile("rb")
        self.addCleanup(self.file.close)

    def answer(self):
        """(status, headers, body) of the next answer; status 0: it broke off."""
        line = self.file.readline()
        if not line:
            return 0, {}, b""
        headers = {}
        while (text := self.file.readline()) != b"\r\n":
            name, _, value = text.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = self.file.read(int(headers["content-length"]))
        return int(line.split()[1]), headers, body

    def fault(self, kind, **what):
        self.server.run(self.server.cloud.faults.add, kind, **what)


class TestRequests(HttpTestCase):
    def test_byte_by_byte(self):
        """A request is whole when it is whole, however it came."""
        for byte in GET:
            self.socket.sendall(bytes([byte]))
        self.assertEqual(200, self.answer()[0])

    def test_several_at_once_are_answered_in_order(self):
        self.socket.sendall(GET + GET.replace(b"network", b"image") + GET)
        self.assertEqual([200, 300, 200], [self.answer()[0] for _ in range(3)])

    def test_a_body_with_its_length(self):
        body = json.dumps({"auth": {"identity": {"methods": []}}}).encode()
        head = b"POST /identity/v3/auth/tokens HTTP/1.1\r\nContent-Length: %d\r\n\r\n"
        self.socket.sendall(head % len(body) + body[:9])
        self.socket.sendall(body[9:] + GET)
        self.assertEqual(401, self.answer()[0])
        self.assertEqual(200, self.answer()[0])

    def test_a_body_in_chunks(self):
        """Chunks in pieces, with extensions; the next request follows at once."""
        head = b"POST /_simulator/reset HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        body = b"1;x=y\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
        for part in (head, body[:4], body[4:], GET):
            self.socket.sendall(part)
        self.assertEqual(200, self.answer()[0])
        self.assertEqual(200, self.answer()[0])

    def test_it_says_to_continue(self):
        head = (
            b"POST /_simulator/reset HTTP/1.1\r\nContent-Length: 2\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        self.socket.sendall(head)
        self.assertEqual(b"HTTP/1.1 100 Continue\r\n", self.file.readline())
        self.file.readline()
        self.socket.sendall(b"{}")
        self.assertEqual(200, self.answer()[0])

    def test_nonsense_ends_the_connection(self):
        for nonsense in (
            b"hello\r\n\r\n",
            b"GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        ):
            other = socket.create_connection((HOST, self.server.port), timeout=10)
            self.addCleanup(other.close)
            other.sendall(nonsense)
            with contextlib.suppress(ConnectionResetError):
                self.assertEqual(b"", other.recv(10))

    def test_unknown_paths_and_methods(self):
        for target, status in ((b"/", 404), (b"/shoe", 404), (b"/network/v2.0", 200)):
            self.socket.sendall(b"GET %s HTTP/1.1\r\n\r\n" % target)
            self.assertEqual(status, self.answer()[0], target)
        self.socket.sendall(b"PATCH /network/v2.0 HTTP/1.1\r\n\r\n")
        self.assertEqual(405, self.answer()[0])


class TestBrokenAnswers(HttpTestCase):
    def get(self):
        self.socket.sendall(GET)
        try:
            return self.answer()
        except ConnectionResetError:
            return 0, {}, b""

    def test_reset(self):
        self.fault("reset")
        self.assertEqual(0, self.get()[0])

    def test_cut(self):
        """The promised length never comes."""
        self.fault("cut", bytes=5)
        self.socket.sendall(GET)
        status = self.file.readline()
        self.assertIn(b"200", status)
        try:
            rest = self.file.read()
        except ConnectionResetError:
            rest = b""
        self.assertNotIn(b"CURRENT", rest)

    def test_corrupt(self):
        _, _, good = self.get()
        self.fault("corrupt")
        status, _, bad = self.get()
        self.assertEqual((200, len(good)), (status, len(bad)))
        self.assertNotEqual(good, bad)

    def test_hang(self):
        """Nothing comes, and nothing breaks; others are answered."""
        self.fault("hang", times=1)
        self.socket.sendall(GET)
        other = socket.create_connection((HOST, self.server.port), timeout=10)
        self.addCleanup(other.close)
        other.sendall(GET)
        self.assertIn(b"200", other.recv(15))
        self.socket.settimeout(0.05)
        self.assertRaises(TimeoutError, self.socket.recv, 1)

    def test_latency(self):
        """An answer takes its time; the effect is there at once."""
        settings = self.server.cloud.settings
        self.server.run(setattr, settings, "latency", {"network": 0.05})
        answer = self.get()
        self.assertEqual(200, answer[0])
        self.assertEqual(0.0, settings.delay("compute"))
        self.assertEqual(0.05, settings.delay("network"))
