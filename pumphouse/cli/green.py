# SPDX-License-Identifier: Apache-2.0
"""Green threads, where pumphouse.conf asks for them: the extra ``eventlet``.

Green threads only help if whatever waits, waits in their way: sockets, locks and
sleeps are exchanged for eventlet's, before anything else is imported.  The program
reads its options too late for that, so it starts anew, as this module.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import warnings
from typing import NoReturn

from pumphouse import exceptions
from pumphouse.cli import interrupt

EXECUTOR = "greenthreaded"
_MODULE = "pumphouse.cli.green"


def prepare(executor: str) -> None:
    """Start anew with green threads, if *executor* is that of those.

    :raises InputError: eventlet is not installed
    """
    _quieten()
    if executor != EXECUTOR or _is_green():
        return
    if importlib.util.find_spec("eventlet") is None:
        raise exceptions.InputError(
            "the executor greenthreaded needs eventlet, which is not installed",
            resource="pumphouse.conf: [engine] executor",
            hint="Run: pip install 'pumphouse[eventlet]', or use threaded",
        )
    _start_anew()


def _quieten() -> None:
    """Eventlet says that it is old to whoever imports it; libraries do, on threads
    as well, where it is installed."""
    warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")


def _is_green() -> bool:
    patcher = sys.modules.get("eventlet.patcher")
    return patcher is not None and bool(patcher.is_monkey_patched("socket"))


def _start_anew() -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", _MODULE, *sys.argv[1:]])


def main() -> int:
    """``pumphouse``, on green threads."""
    interrupt.while_loading()
    _quieten()
    eventlet = importlib.import_module("eventlet")
    eventlet.monkey_patch()
    from pumphouse.cli.main import main as pumphouse

    return interrupt.to_the_end(pumphouse)


if __name__ == "__main__":
    sys.exit(main())
