# SPDX-License-Identifier: Apache-2.0
"""The web servers that carry a WSGI application: native threads, or green ones.

Both put a callable `testbed.cut` into the WSGI environment, which breaks the
connection at once.
"""

import contextlib
import socket


class Input:
    """wsgi.input that an application may close without ending keep-alive.

    Glance closes it after an upload; cheroot then fails the connection's next request.
    """

    def __init__(self, raw):
        self._raw = raw

    def __getattr__(self, name):
        return getattr(self._raw, name)

    def __iter__(self):
        return iter(self._raw)

    def close(self):
        """Leaves the connection open."""


def guarded(application):
    """An application whose input can be closed."""

    def app(environ, start_response):
        environ["wsgi.input"] = Input(environ["wsgi.input"])
        return application(environ, start_response)

    return app


def listen(application, port, green):
    """Binds the port and returns the function that serves for ever."""
    start = _green if green else _threaded
    return start(guarded(application), port)


def _breaker(connection):
    def cut():
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    return cut


def _green(application, port):
    import eventlet
    from eventlet import wsgi

    class Protocol(wsgi.HttpProtocol):
        def get_environ(self):
            return {**super().get_environ(), "testbed.cut": _breaker(self.connection)}

    listener = eventlet.listen(("127.0.0.1", port), backlog=128)
    return lambda: wsgi.server(
        listener,
        application,
        protocol=Protocol,
        log_output=False,
        max_size=200,
        keepalive=True,
        socket_timeout=60,
    )


def _threaded(application, port):
    from cheroot import wsgi

    class Gateway(wsgi.Gateway_10):
        def get_environ(self):
            cut = _breaker(self.req.conn.socket)
            return {**super().get_environ(), "testbed.cut": cut}

    server = wsgi.Server(
        ("127.0.0.1", port),
        application,
        numthreads=8,
        max=24,
        request_queue_size=128,
        timeout=60,
    )
    server.gateway = Gateway
    server.max_request_body_size = 0
    server.prepare()
    return server.serve
