# SPDX-License-Identifier: Apache-2.0
"""Who drives a run: one process on one boot of one host.

A run whose process died must be free for the next one, but a run must never have
two processes.  So an owner counts as dead only where that can be proved, and as
alive in every other case.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# proc(5): fields after the command's name; 3 is the state, 22 the start time
_STATE = 3
_START_TIME = 22
_GONE = frozenset("ZXx")  # a zombie holds nothing any more


@dataclass(frozen=True, slots=True)
class Owner:
    """One process.

    :param host: the host's name
    :param boot_id: the kernel's id of this boot
    :param pid: process id within ``pid_namespace``
    :param started: the process's start time in clock ticks since the boot, which
        tells it from a later process with the same id; 0 where unknown
    :param pid_namespace: containers on one kernel may share a host's name, but
        not their process ids
    """

    host: str
    boot_id: str
    pid: int
    started: int
    pid_namespace: str = ""

    @classmethod
    def current(cls) -> Owner:
        """This process."""
        pid = os.getpid()
        seen = _stat(pid)
        return cls(
            host=socket.gethostname(),
            boot_id=_boot_id(),
            pid=pid,
            started=seen[1] if seen else 0,
            pid_namespace=_pid_namespace(),
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Owner:
        """The owner that :meth:`to_json` wrote."""
        return cls(**{name: data[name] for name in cls.__slots__ if name in data})

    def to_json(self) -> dict[str, Any]:
        """A JSON object of the fields."""
        return asdict(self)

    def alive(self) -> bool:
        """False only if this process provably ended, as seen from this one."""
        if not self._visible_from_here():
            return True
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            pass  # it exists, but belongs to somebody else
        seen = _stat(self.pid)
        if seen is None:  # e.g. /proc mounted with hidepid: no proof
            return True
        state, started = seen
        return state not in _GONE and (not self.started or started == self.started)

    def seen_alive(self) -> bool:
        """True only if this process provably lives, as seen from this one."""
        return self._visible_from_here() and self.alive()

    def _visible_from_here(self) -> bool:
        """Whether process ids of this one mean the same thing to the owner."""
        return (
            self.host == socket.gethostname()
            and bool(self.boot_id)
            and self.boot_id == _boot_id()
            and self.pid_namespace in ("", _pid_namespace())
        )

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def _boot_id() -> str:
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _pid_namespace() -> str:
    with contextlib.suppress(OSError):
        return os.readlink("/proc/self/ns/pid")
    return ""


def _stat(pid: int) -> tuple[str, int] | None:
    """State letter and start time of a process; None where that is not to be seen."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        # the command's name comes in brackets and may itself contain any character
        fields = text.rpartition(")")[2].split()
        return fields[_STATE - 3], int(fields[_START_TIME - 3])
    except (OSError, ValueError, IndexError):
        return None
