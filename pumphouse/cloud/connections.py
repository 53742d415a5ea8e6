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
"""

from __future__ import annotations

import errno
import socket
from typing import Any

import urllib3
from keystoneauth1 import session as ks
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import wait_for_read

_BROKEN = frozenset({errno.EPIPE, errno.ECONNRESET, errno.EPROTOTYPE, errno.ESHUTDOWN})
_INTERIM = b"HTTP/1.1 1"  # 100 Continue and its like: the answer is yet to come


class _Once:
    """Mixed into a connection: knows when it must not be used again."""

    sock: socket.socket | None
    spent = False  # bytes of a body may be in it
    _streaming = False

    def request(self, *args: Any, body: Any = None, **more: Any) -> None:
        """As urllib3's; a body that is an iterable is a stream."""
        self._streaming = body is not None and not isinstance(body, bytes | str)
        self.spent = self.spent or self._streaming
        super().request(*args, body=body, **more)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        """As ``http.client``'s.

        :raises BrokenPipeError: nobody wants more; urllib3 reads the answer then
        """
        if self._streaming and self._answered():
            raise BrokenPipeError(errno.EPIPE, "the answer came first")
        try:
            super().send(data)  # type: ignore[misc]
        except OSError as error:
            if error.errno in _BROKEN:
                self.spent = True
            raise

    def _answered(self) -> bool:
        """Whether an answer waits, or the peer has closed.

        Over TLS what waits may be a session ticket as well, so it tells nothing.
        """
        if type(self.sock) is not socket.socket or not wait_for_read(self.sock, 0.0):
            return False
        return not self.sock.recv(len(_INTERIM), socket.MSG_PEEK).startswith(_INTERIM)

    def close(self) -> None:
        """As ``http.client``'s; what is opened next is new."""
        self.spent = self._streaming = False
        super().close()  # type: ignore[misc]


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
