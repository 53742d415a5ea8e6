# SPDX-License-Identifier: Apache-2.0
"""Listens for one cloud: in this process' main thread, or in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar

from testbed.simulator.cloud import SimulatedCloud
from testbed.simulator.http import Connection

T = TypeVar("T")
HOST = "127.0.0.1"


async def listen(
    cloud: SimulatedCloud, port: int, open_: set[Connection]
) -> asyncio.Server:
    """A listening server of *cloud*; port 0 for any that is free."""
    loop = asyncio.get_running_loop()
    cloud.connections = open_
    return await loop.create_server(
        lambda: Connection(cloud, loop, open_), HOST, port, backlog=1024
    )


async def serve(cloud: SimulatedCloud, port: int, ready: Callable[[int], None]) -> None:
    """Listen until cancelled.

    :param ready: told the port once it is open
    """
    server = await listen(cloud, port, set())
    ready(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()


class ServerThread:
    """A cloud that listens in a thread of this process; a context manager.

    While it runs, only that thread may touch the cloud: see ``run``.
    """

    def __init__(self, cloud: SimulatedCloud, port: int = 0) -> None:
        self.cloud = cloud
        self._wanted = port
        self._started: Future[int] = Future()
        self._open: set[Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._work, name=f"simulator-{cloud.name}", daemon=True
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._started.result(10)

    @property
    def url(self) -> str:
        """Where it is, without a service's path."""
        return f"http://{HOST}:{self.port}"

    def run(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """What *function* returns, called in the cloud's own thread."""
        done: Future[T] = Future()

        def call() -> None:
            try:
                done.set_result(function(*arguments, **named))
            except BaseException as error:  # noqa: BLE001  (raised by who waits)
                done.set_exception(error)

        self._loop.call_soon_threadsafe(call)
        return done.result(60)

    def __enter__(self) -> ServerThread:
        self._thread.start()
        self._started.result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _work(self) -> None:
        loop = self._loop
        asyncio.set_event_loop(loop)
        try:
            server = loop.run_until_complete(
                listen(self.cloud, self._wanted, self._open)
            )
            self._started.set_result(server.sockets[0].getsockname()[1])
            loop.run_forever()
            server.close()
            for connection in list(self._open):
                connection.abort()
            loop.run_until_complete(asyncio.sleep(0))
        except OSError as error:
            self._started.set_exception(error)
        finally:
            loop.close()
