# SPDX-License-Identifier: Apache-2.0
"""Starts, finds and ends the testbed's processes.

A process is known by its PID together with its start time and the machine's boot:
a PID that was given to another process, or a record from before a reboot, is never
mistaken for it. Nothing is ever looked for by name.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

PROC = pathlib.Path("/proc")


def identity(pid, proc=PROC):
    """What tells a living process from any other, or None if it is gone."""
    try:
        stat = (proc / str(pid) / "stat").read_text()
        boot = (proc / "sys" / "kernel" / "random" / "boot_id").read_text().strip()
    except (OSError, ValueError):
        return None
    # the name in parentheses may hold spaces and parentheses itself
    fields = stat.rpartition(")")[2].split()
    state, started = fields[0], fields[19]
    if state in "ZX":
        return None
    return {"pid": pid, "started": started, "boot": boot}


class Processes:
    """The processes recorded in one directory, a file each."""

    def __init__(self, records):
        self.records = pathlib.Path(records)

    def start(self, name, argv, log, env):
        """Starts a process in a session of its own and records it."""
        log.parent.mkdir(parents=True, exist_ok=True)
        self.records.mkdir(parents=True, exist_ok=True)
        with open(log, "ab") as out:
            process = subprocess.Popen(
                [str(a) for a in argv],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
                env=env,
                start_new_session=True,
            )
        who = identity(process.pid) or {"pid": process.pid, "started": "", "boot": ""}
        (self.records / name).write_text(json.dumps(who))
        return process

    def recorded(self):
        """Every name that was started and not ended, with its record."""
        found = {}
        if self.records.is_dir():
            for file in sorted(self.records.iterdir()):
                with contextlib.suppress(ValueError, OSError):
                    found[file.name] = json.loads(file.read_text())
        return found

    def running(self):
        """name -> PID of those that still live."""
        return {
            name: who["pid"]
            for name, who in self.recorded().items()
            if identity(who["pid"]) == who
        }

    def stop(self, grace=15.0):
        """Ends all of them: first asked to, then killed. Returns how many."""
        todo = self.running()
        for pid in todo.values():
            _signal(pid, signal.SIGTERM)
        end = time.monotonic() + grace
        while (left := self._left(todo)) and time.monotonic() < end:
            time.sleep(0.05)
        for pid in left.values():
            _signal(pid, signal.SIGKILL)
        end = time.monotonic() + grace
        while self._left(left) and time.monotonic() < end:
            time.sleep(0.05)
        for name in self.recorded():
            (self.records / name).unlink(missing_ok=True)
        return len(todo)

    def _left(self, todo):
        for pid in todo.values():
            with contextlib.suppress(OSError):
                os.waitpid(pid, os.WNOHANG)
        now = self.running()
        return {name: pid for name, pid in todo.items() if now.get(name) == pid}


def _signal(pid, number):
    """To the whole group: a service's helpers (qemu-img) end with it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


def usage(pid, proc=PROC):
    """Proportional and resident memory in KiB, and CPU seconds."""
    sizes = {"Pss:": 0, "Rss:": 0}
    try:
        for line in (proc / str(pid) / "smaps_rollup").read_text().splitlines():
            words = line.split()
            if words[0] in sizes:
                sizes[words[0]] = int(words[1])
        fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0, 0.0
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return sizes["Pss:"], sizes["Rss:"], cpu
