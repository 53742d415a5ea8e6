# SPDX-License-Identifier: Apache-2.0
"""Which processes are the testbed's, and that only those are ended."""

import json
import os
import pathlib
import sys

import fixtures
import testtools

from testbed.openstack.processes import Processes, identity, usage

# says when it is there, then waits for ever
WAITER = "import sys, signal; print('up', flush=True); signal.pause()"


class TestIdentity(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.proc = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        boot = self.proc / "sys" / "kernel" / "random"
        boot.mkdir(parents=True)
        (boot / "boot_id").write_text("boot-1\n")
        (self.proc / "7").mkdir()

    def stat(self, state="S", started=1234, name="a) (b"):
        fields = [state, *("0" for _ in range(18)), str(started), "0"]
        (self.proc / "7" / "stat").write_text(f"7 ({name}) {' '.join(fields)}")

    def test_pid_start_time_and_boot(self):
        self.stat()
        self.assertEqual(
            {"pid": 7, "started": "1234", "boot": "boot-1"}, identity(7, self.proc)
        )

    def test_a_zombie_is_gone(self):
        self.stat(state="Z")
        self.assertIsNone(identity(7, self.proc))

    def test_no_process(self):
        self.assertIsNone(identity(8, self.proc))


class TestProcesses(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.processes = Processes(self.root / "pids")
        self.addCleanup(self.processes.stop)

    def start(self, name):
        return self.processes.start(
            name, [sys.executable, "-c", WAITER], self.root / "log", dict(os.environ)
        )

    def test_what_was_started_is_found_and_ended(self):
        process = self.start("one")
        self.assertEqual({"one": process.pid}, self.processes.running())
        self.assertEqual({"one": process.pid}, Processes(self.root / "pids").running())
        self.assertEqual(1, self.processes.stop())
        self.assertEqual({}, self.processes.running())
        self.assertIsNone(identity(process.pid))
        self.assertEqual([], list((self.root / "pids").iterdir()))

    def test_another_process_with_the_pid_is_left_alone(self):
        process = self.start("one")
        record = self.root / "pids" / "one"
        true = json.loads(record.read_text())
        for changed in ({"started": "1"}, {"boot": "another"}):
            record.write_text(json.dumps({**true, **changed}))
            self.assertEqual({}, self.processes.running())
            self.assertEqual(0, self.processes.stop())
            self.assertIsNotNone(identity(process.pid))
        record.write_text(json.dumps(true))

    def test_one_that_ended_by_itself_is_not_running(self):
        process = self.processes.start("one", ["true"], self.root / "log", {})
        process.wait()
        self.assertEqual({}, self.processes.running())
        self.assertEqual(0, self.processes.stop())

    def test_one_that_does_not_listen_is_killed(self):
        deaf = (
            "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
            "open('ready', 'w'); signal.pause()"
        )
        os.mkfifo(self.root / "ready")
        process = self.processes.start(
            "deaf",
            [sys.executable, "-c", deaf.replace("ready", str(self.root / "ready"))],
            self.root / "log",
            dict(os.environ),
        )
        with open(self.root / "ready"):
            pass
        self.assertEqual(1, self.processes.stop(grace=0.1))
        self.assertIsNone(identity(process.pid))

    def test_a_broken_record_is_passed_over(self):
        (self.root / "pids").mkdir()
        (self.root / "pids" / "half").write_text('{"pid"')
        self.assertEqual({}, self.processes.running())

    def test_nothing_recorded(self):
        self.assertEqual({}, self.processes.running())
        self.assertEqual(0, self.processes.stop())

    def test_usage(self):
        pss, rss, cpu = usage(os.getpid())
        self.assertGreater(rss, 1000)
        self.assertGreaterEqual(rss, pss)
        self.assertGreater(cpu, 0)
        self.assertEqual((0, 0, 0.0), usage(2**22 + 1))
