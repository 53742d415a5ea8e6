# SPDX-License-Identifier: Apache-2.0
"""What becomes of a connection whose request was answered before its body was read."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import fixtures
import testtools
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec

from pumphouse import exceptions as exc
from pumphouse.cloud.cloud import Cloud
from pumphouse.cloud.connections import _Connection
from tests.unit.cloud.base import CloudTestCase

CHUNK = b"x" * 65536
MANY = 2000  # more than the buffers of both sides hold
SAID = b"no such format"


class Early:
    """A service that answers uploads early, in one of the ways that there are.

    :param way: what it does once it has answered: ``goes on`` (takes what is left of
        the body for requests, as cheroot does), ``closes``, ``resets``, ``waits``
        (neither reads nor closes), ``dawdles`` (goes on when more has come), or
        ``reads`` (takes all of it first), or ``hints`` (says something before that)
    """

    def __init__(
        self, way: str, status: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self.way, self.status, self.tls = way, status, tls
        self.requests: list[str] = []
        self.ended = threading.Semaphore(0)  # once for each connection
        self.stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = (
            f"http{'s' if tls else ''}://127.0.0.1:{self._listener.getsockname()[1]}"
        )
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.stop.set()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as coming:
                while line := coming.readline(65537):
                    if not self._one(connection, coming, line):
                        break
        except OSError:
            pass
        finally:
            self.ended.release()

    def _one(self, connection, coming, line) -> bool:
        """Deals with one request; whether another may follow."""
        words = line.split()
        self.requests.append(" ".join(map(bytes.decode, words[:1])) or "nothing")
        if len(words) != 3:
            connection.sendall(_answer(400, b"Malformed Request-Line"))
            return False
        while coming.readline().strip():
            pass
        if words[0] == b"GET":
            connection.sendall(_answer(200, b'{"images": []}'))
            return True
        if self.way == "hints":
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        if self.way in ("reads", "hints"):
            while int(coming.readline(), 16):
                coming.readline()  # the data has no line breaks
            coming.readline()
        else:
            coming.read(len(CHUNK) // 2)
        connection.sendall(_answer(self.status, SAID if self.status > 399 else b""))
        if self.way == "waits":
            self.stop.wait(30)
        if self.way == "dawdles":
            while coming.readline() not in (b"0\r\n", b""):
                pass
            coming.readline()
            if coming.read(1):
                connection.sendall(_answer(400, b"Malformed Request-Line"))
        if self.way == "resets":
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return self.way in ("goes on", "reads")


def _answer(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _certificate(path: Path) -> None:
    """Write a key and a certificate for 127.0.0.1 that is signed with it."""
    key, day = ec.generate_private_key(ec.SECP256R1()), datetime.timedelta(days=1)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    now = datetime.datetime.now(datetime.UTC)
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 1, now - day, now + day
    )
    made = made.add_extension(x509.SubjectAlternativeName([here]), critical=False)
    secret = key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    )
    public = made.sign(key, hashes.SHA256()).public_bytes(form.Encoding.PEM)
    path.write_bytes(secret + public)


class TestSending(testtools.TestCase):
    def streaming(
        self, timeout: float
    ) -> tuple[_Connection, socket.socket, socket.socket]:
        """A connection with a body under way, its socket, and its peer's."""
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        ours.settimeout(timeout)
        connection = _Connection("127.0.0.1")
        connection.sock, connection._streaming = ours, True
        return connection, ours, theirs

    def test_an_answer_ends_a_send_that_is_under_way(self) -> None:
        """The peer reads no more; whoever waits for room would wait for ever."""
        connection, ours, theirs = self.streaming(timeout=10)

        def answer() -> None:
            theirs.recv(1)  # it has begun
            theirs.sendall(_answer(413, SAID))

        thread = threading.Thread(target=answer)
        thread.start()
        self.addCleanup(thread.join)
        self.assertRaises(BrokenPipeError, connection.send, bytes(64 * 1024 * 1024))
        self.assertEqual(10, ours.gettimeout())

    def test_a_peer_that_does_nothing_at_all_is_given_up(self) -> None:
        connection, _, _ = self.streaming(timeout=0.01)
        self.assertRaises(TimeoutError, connection.send, bytes(64 * 1024 * 1024))


class TestEarlyAnswers(CloudTestCase):
    def early(
        self, way: str, status: int = 415, tls: bool = False
    ) -> tuple[Early, Cloud]:
        context, more = None, {}
        if tls:
            path = Path(self.useFixture(fixtures.TempDir()).path, "both.pem")
            _certificate(path)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(path)
            more["cacert"] = str(path)
        service = Early(way, status, context)
        self.addCleanup(service.close)
        file = self.clouds_yaml(image_endpoint_override=service.url, **more)
        return service, self.connect(config_file=file, request_timeout=10.0)

    def upload(self, cloud: Cloud, count: int = MANY) -> tuple[exc.CloudError, int]:
        """What an upload of *count* chunks ends with, and how many were asked for."""
        asked = 0

        def chunks() -> Iterator[bytes]:
            nonlocal asked
            for _ in range(count):
                asked += 1
                yield CHUNK

        error = self.assertRaises(
            exc.CloudError, cloud.request, "image", "PUT", "/images/1/file",
            data=chunks(),
        )  # fmt: skip
        return error, asked

    def test_the_first_answer_is_told(self) -> None:
        """However the service goes on, and the next request is innocent."""
        for way in ("goes on", "closes", "resets", "waits"):
            for status, kind in (
                (415, exc.UnexpectedAnswer),
                (413, exc.UnexpectedAnswer),
                (403, exc.Forbidden),
            ):
                service, cloud = self.early(way, status)
                error, asked = self.upload(cloud)
                self.assertIs(kind, type(error), way)
                self.assertIn(SAID.decode(), error.what)
                self.assertTrue(asked < MANY, "what nobody wants is not sent")
                self.assertEqual([], cloud.list("image", "/images", "images"))
                self.assertEqual("GET", service.requests[-1])

    def test_over_tls(self) -> None:
        """There a session ticket waits as well, which is no answer."""
        for status in (415, 413):
            service, cloud = self.early("waits", status, tls=True)
            error, asked = self.upload(cloud)
            self.assertEqual(status, error.status)
            self.assertIn(SAID.decode(), error.what)
            self.assertTrue(asked < MANY)
            self.assertEqual([], cloud.list("image", "/images", "images"))
        for way in ("reads", "hints"):
            service, cloud = self.early(way, 204, tls=True)
            for _ in range(2):
                sent = iter([CHUNK] * 50)
                cloud.request("image", "PUT", "/images/1/file", data=sent)
                self.assertEqual([], list(sent))
            self.assertEqual(["PUT", "PUT"], service.requests)

    def test_a_body_that_was_sent_before_the_answer_came(self) -> None:
        """Nobody but the service knows that it did not read it."""
        service, cloud = self.early("dawdles")
        error, asked = self.upload(cloud, 1)
        self.assertEqual((415, 1), (error.status, asked))
        self.assertEqual([], cloud.list("image", "/images", "images"))
        self.assertEqual("GET", service.requests[-1])

    def test_an_interim_answer_is_none(self) -> None:
        _service, cloud = self.early("hints", 204)
        sent = iter([CHUNK] * MANY)
        cloud.request("image", "PUT", "/images/1/file", data=sent)
        self.assertEqual([], list(sent))

    def test_the_connection_is_closed_at_once(self) -> None:
        """It is not left for the service to wait at, whatever the answer was."""
        for way, status in (("goes on", 415), ("reads", 415), ("reads", 204)):
            service, cloud = self.early(way, status)
            if status == 204:
                cloud.request("image", "PUT", "/images/1/file", data=iter([CHUNK]))
            else:
                self.upload(cloud, 1)
            self.assertTrue(service.ended.acquire(timeout=10), (way, status))

    def test_what_is_no_stream_keeps_its_connection(self) -> None:
        service, cloud = self.early("reads")
        for _ in range(3):
            cloud.list("image", "/images", "images")
        self.assertEqual(["GET"] * 3, service.requests)
        self.assertFalse(service.ended.acquire(blocking=False))
