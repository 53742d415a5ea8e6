# SPDX-License-Identifier: Apache-2.0
"""Connections that are not used again when a request's body may still be in them.

A service may answer a request before it has read all of its body: 401, 413 and 415
are said early.  What it has not read it takes for the next request then, and answers
*that* with "400 Malformed Request-Line".  So:

* a connection over which a streamed body went, in part or as a whole, is closed with
  the answer; nobody but the server knows how much of it was read;
* so is one on which sending broke off, whatever was sent;
* an answer that is there already ends the sending: the body is for nobody;
* a peer that closes while it is sent to may have said why: its answer is read.

Over TLS one has to read to know whether what waits is an answer or a session ticket.
What was read of an answer then comes before all else when that is read.
"""

from __future__ import annotations

import errno
import io
import socket
import ssl
from functools import partial
from http.client import HTTPResponse
from typing import Any

import urllib3
from keystoneauth1 import session as ks
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import wait_for_read
from urllib3.util.wait import wait_for_socket

_BROKEN = frozenset({errno.EPIPE, errno.ECONNRESET, errno.EPROTOTYPE, errno.ESHUTDOWN})
_INTERIM = b"HTTP/1.1 1"  # 100 Continue and its like: the answer is yet to come


class _Once:
    """Mixed into a connection: knows when it must not be used again."""

    sock: Any
    response_class: Any
    spent = False  # bytes of a body may be in it
    _streaming = False
    _early = b""  # what was read of an answer while the body was sent
    _hinted = False  # an interim answer came: it hides the answer behind it

    def request(self, *args: Any, body: Any = None, **more: Any) -> None:
        """As urllib3's; a body that is an iterable is a stream."""
        self._streaming = body is not None and not isinstance(body, bytes | str)
        self.spent = self.spent or self._streaming
        super().request(*args, body=body, **more)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        """As ``http.client``'s.

        :raises BrokenPipeError: nobody wants more; urllib3 reads the answer then
        """
        try:
            if self._streaming and isinstance(self.sock, socket.socket):
                self._send_watching(self.sock, memoryview(data))
            else:
                super().send(data)  # type: ignore[misc]
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            self.spent = True
            raise BrokenPipeError(errno.EPIPE, "the peer closed") from error
        except OSError as error:
            if error.errno in _BROKEN:
                self.spent = True
            raise

    def _send_watching(self, sock: socket.socket, left: memoryview) -> None:
        """Send all, unless an answer comes: also while the peer reads nothing.

        :raises TimeoutError: it neither reads nor answers
        """
        timeout = sock.gettimeout()
        sock.settimeout(0.0)
        try:
            while left:
                if not self._hinted and self._answered(sock):
                    raise BrokenPipeError(errno.EPIPE, "the answer came first")
                try:
                    left = left[sock.send(left) :]
                except (BlockingIOError, ssl.SSLWantWriteError):
                    if not wait_for_socket(sock, not self._hinted, True, timeout):
                        raise TimeoutError("timed out") from None
                except ssl.SSLWantReadError:
                    wait_for_read(sock, timeout)
        finally:
            sock.settimeout(timeout)

    def _answered(self, sock: socket.socket) -> bool:
        """Whether an answer waits, or the peer has closed."""
        pending = isinstance(sock, ssl.SSLSocket) and sock.pending()
        if not wait_for_read(sock, 0.0) and not pending:
            return False
        try:
            if isinstance(sock, ssl.SSLSocket):
                self._early = found = sock.recv(len(_INTERIM))
            else:
                found = sock.recv(len(_INTERIM), socket.MSG_PEEK)
        except (ssl.SSLWantReadError, BlockingIOError):  # a session ticket, say
            return False
        self._hinted = found.startswith(_INTERIM)
        return not self._hinted

    def getresponse(self) -> Any:
        """As urllib3's, with what was read of it already."""
        if self._early:
            self.response_class = partial(_response, self._early)
            self._early = b""
        return super().getresponse()  # type: ignore[misc]

    def close(self) -> None:
        """As ``http.client``'s; what is opened next is new."""
        self.spent = self._streaming = self._hinted = False
        self._early, self.response_class = b"", HTTPResponse
        super().close()  # type: ignore[misc]


def _response(early: bytes, sock: Any, *args: Any, **more: Any) -> HTTPResponse:
    whole: Any = _After(early, sock)
    return HTTPResponse(whole, *args, **more)


class _After:
    """A socket to read an answer from, of which something was read already."""

    def __init__(self, early: bytes, sock: ssl.SSLSocket) -> None:
        self._early = early
        self._sock = sock

    def makefile(self, *args: Any) -> io.BufferedReader:
        """As a socket's."""
        return io.BufferedReader(_Rest(self._early, self._sock.makefile("rb", 0)))


class _Rest(io.RawIOBase):
    """What was read already, then the rest."""

    def __init__(self, early: bytes, rest: Any) -> None:
        super().__init__()
        self._early = early
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> Any:
        if not self._early:
            return self._rest.readinto(into)
        size = min(len(into), len(self._early))
        into[:size], self._early = self._early[:size], self._early[size:]
        return size

    def close(self) -> None:
        self._rest.close()
        super().close()


class _Connection(_Once, HTTPConnection):
    """For http."""


class _TLSConnection(_Once, HTTPSConnection):
    """For https."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection

    def _put_conn(self, conn: Any) -> None:
        _put(super()._put_conn, conn)


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TLSConnection

    def _put_conn(self, conn: Any) -> None:
        _put(super()._put_conn, conn)


def _put(put: Any, conn: Any) -> None:
    """Back into the pool: closed, if it must not be used again."""
    if isinstance(conn, _Once) and conn.spent:
        conn.close()
    put(conn)


_POOLS = {"http": _Pool, "https": _TLSPool}


class Adapter(ks.TCPKeepAliveAdapter):  # type: ignore[misc]
    """keystoneauth's, with such connections, through a proxy as well."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
