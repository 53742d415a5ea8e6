# SPDX-License-Identifier: Apache-2.0
"""An owner counts as dead only where that is proved."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys

import fixtures
import testtools

from pumphouse.store import Owner
from pumphouse.store import owner as module


class Alive(testtools.TestCase):
    def test_this_process(self) -> None:
        """This process is alive, and the same each time it is asked."""
        me = Owner.current()
        self.assertTrue(me.alive())
        self.assertEqual(me, Owner.current())
        self.assertEqual(os.getpid(), me.pid)

    def test_survives_json(self) -> None:
        """An owner comes back from the database equal."""
        me = Owner.current()
        self.assertEqual(me, Owner.from_json(me.to_json()))

    def test_ended_process(self) -> None:
        """A process that is gone is dead."""
        ended = subprocess.Popen([sys.executable, "-c", ""])
        owner = self._of(ended.pid)
        ended.wait()
        self.assertFalse(owner.alive())

    def test_killed_but_not_reaped(self) -> None:
        """A zombie is dead: whoever started it may never look after it."""
        code = "import time; print(1, flush=True); time.sleep(600)"
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        self.addCleanup(process.wait)
        self.addCleanup(process.stdout.close)
        process.stdout.readline()
        owner = self._of(process.pid)
        self.assertTrue(owner.alive())
        process.send_signal(signal.SIGKILL)
        process.stdout.read()  # ends when the process has
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self.assertFalse(owner.alive())

    def test_reused_process_id(self) -> None:
        """A later process with the same id is another one."""
        me = Owner.current()
        before = dataclasses.replace(me, started=me.started - 1)
        self.assertFalse(before.alive())

    def test_what_cannot_be_seen_is_alive(self) -> None:
        """Another host, boot or container proves nothing."""
        gone = dataclasses.replace(Owner.current(), started=1)
        self.assertFalse(gone.alive())
        for field in ("host", "boot_id", "pid_namespace"):
            elsewhere = dataclasses.replace(gone, **{field: "elsewhere"})
            self.assertTrue(elsewhere.alive(), field)

    def test_without_proof_it_is_alive(self) -> None:
        """Where /proc hides a process that exists, it counts as alive."""
        self.useFixture(
            fixtures.MonkeyPatch(f"{module.__name__}._stat", lambda _: None)
        )
        self.assertTrue(dataclasses.replace(Owner.current(), started=1).alive())

    def test_name_with_brackets(self) -> None:
        """A process may call itself anything without confusing the parser."""
        text = "7 (a) Z 1 (b)) S 1 " + " ".join("0" for _ in range(17)) + " 4711 0"
        self.useFixture(
            fixtures.MonkeyPatch("pathlib.Path.read_text", lambda *_, **__: text)
        )
        self.assertEqual(("S", 4711), module._stat(7))

    def _of(self, pid: int) -> Owner:
        seen = module._stat(pid)
        assert seen is not None
        return dataclasses.replace(Owner.current(), pid=pid, started=seen[1])
