# SPDX-License-Identifier: Apache-2.0
"""One simulated cloud as a process: ``python -m testbed.simulator --port 8000``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import pathlib
import signal
import sys

from testbed.simulator.cloud import SimulatedCloud
from testbed.simulator.releases import RELEASES
from testbed.simulator.server import HOST, serve
from testbed.simulator.settings import Settings


def main(argv: list[str] | None = None) -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m testbed.simulator")
    parser.add_argument("--name", default="source", help="source or destination")
    parser.add_argument("--release", default="zed", choices=sorted(RELEASES))
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--settings", type=pathlib.Path, help="a file with JSON")
    args = parser.parse_args(argv)
    given = json.loads(args.settings.read_text()) if args.settings else {}
    settings = Settings(**given)
    cloud = SimulatedCloud(args.name, args.release, settings)
    with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_serve(cloud, args.port))
    return 0


async def _serve(cloud: SimulatedCloud, port: int) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await serve(cloud, port, lambda found: print(f"http://{HOST}:{found}", flush=True))


if __name__ == "__main__":
    sys.exit(main())
