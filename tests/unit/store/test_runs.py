# SPDX-License-Identifier: Apache-2.0
"""At most one process has a run, and a dead one's run can be had."""

from __future__ import annotations

import dataclasses
import os
import signal

from pumphouse import exceptions
from pumphouse.store import Owner, RunState
from tests.unit.store.base import IMAGE, PLAN, SERVER, StoreTest

ME = Owner.current()
ACQUIRE = "run = store.acquire_run(sys.argv[2], Owner.current())\n"


class CreateRun(StoreTest):
    def test_is_pending_and_free(self) -> None:
        """A new run belongs to nobody."""
        run = self.new_run()
        self.assertEqual(
            (PLAN.id, "migrate", RunState.PENDING, None, 0),
            (run.plan_id, run.kind, run.state, run.owner, run.epoch),
        )

    def test_begins_with_what_belongs_to_it(self) -> None:
        """Its nodes and its first event are there as soon as it is."""
        self.new_run()
        more = {"event": "begun", "details": {"of": "it"}}
        run = self.store.create_run(PLAN.id, "rollback", [SERVER, IMAGE], **more)
        states = self.store.node_states(run.id)
        self.assertEqual({SERVER: "pending", IMAGE: "pending"}, states)
        (event,) = self.store.events(run.id)
        self.assertEqual(("begun", {"of": "it"}), (event.name, event.details))

    def test_needs_a_plan(self) -> None:
        """No run without a saved plan."""
        self.assertRaises(exceptions.NotFound, self.store.create_run, "none")

    def test_newest_is_the_default(self) -> None:
        """Without an id the newest run is meant; listings begin with it."""
        first, second = self.new_run(), self.new_run()
        self.assertEqual(second, self.store.run())
        self.assertEqual(first, self.store.run(first.id[:13]))
        self.assertEqual([second, first], self.store.runs())

    def test_none_yet(self) -> None:
        """The error says how to get one."""
        error = self.assertRaises(exceptions.NotFound, self.store.run)
        self.assertIn("pumphouse apply", error.hint)


class AcquireRun(StoreTest):
    def test_free_run(self) -> None:
        """Taking a free run starts it."""
        run = self.store.acquire_run(self.new_run().id, ME)
        self.assertEqual((ME, 1, "running"), (run.owner, run.epoch, run.state))
        self.assertTrue(run.started_at)
        self.assertFalse(self.store.abandoned(run))

    def test_not_twice(self) -> None:
        """A live owner, be it this process, keeps its run; the error names it."""
        run = self.store.acquire_run(self.new_run().id, ME)
        error = self.assertRaises(
            exceptions.RunBusy, self.store.acquire_run, run.id, ME
        )
        for part in (str(ME.pid), ME.host, run.owner_since):
            self.assertIn(part, str(error))
        self.assertEqual(run, self.store.run())

    def test_after_release(self) -> None:
        """A released run can be had again, under the next epoch."""
        run = self.store.acquire_run(self.new_run().id, ME)
        self.store.release_run(run.id, run.epoch, "suspended", {"left": 2})
        again = self.store.acquire_run(run.id, ME)
        self.assertEqual(
            (2, "running", ""), (again.epoch, again.state, again.finished_at)
        )
        self.assertEqual(run.started_at, again.started_at)

    def test_owner_killed(self) -> None:
        """A run whose process was killed half-way can be had at once."""
        code = f"{ACQUIRE}import os; os.kill(os.getpid(), {signal.SIGKILL.value})"
        process = self.process(code, self.new_run().id)
        process.communicate()
        left = self.store.run()
        self.assertEqual("running", left.state)
        assert left.owner is not None
        self.assertEqual(process.pid, left.owner.pid)
        self.assertTrue(self.store.abandoned(left))
        self.assertEqual(2, self.store.acquire_run(left.id, ME).epoch)

    def test_owner_alive_elsewhere(self) -> None:
        """A live process on another host keeps its run, unless told otherwise."""
        elsewhere = dataclasses.replace(ME, host="elsewhere")
        run = self.store.acquire_run(self.new_run().id, elsewhere)
        self.assertRaises(exceptions.RunBusy, self.store.acquire_run, run.id, ME)
        self.assertEqual(ME, self.store.acquire_run(run.id, ME, force=True).owner)

    def test_owner_before_reboot(self) -> None:
        """A file is used from one kernel only: an owner of another boot is dead.

        A server's database is not, and its owner may live on some other machine."""
        before = dataclasses.replace(ME, boot_id="another boot")
        run = self.store.acquire_run(self.new_run().id, before)
        if self.sqlite:
            self.assertEqual(2, self.store.acquire_run(run.id, ME).epoch)
        else:
            self.assertRaises(exceptions.RunBusy, self.store.acquire_run, run.id, ME)

    def test_one_of_many_processes(self) -> None:
        """Of processes that want the same run at once, one gets it."""
        code = (
            "sys.stdin.readline()\n"
            f"try:\n    {ACQUIRE}    print('mine', flush=True)\n"
            "except Exception as error: print(type(error).__name__, flush=True)\n"
            "sys.stdin.readline()"
        )
        run = self.new_run()
        processes = [self.process(code, run.id) for _ in range(3)]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = sorted(p.stdout.readline().strip() for p in processes if p.stdout)
        self.assertEqual(["RunBusy", "RunBusy", "mine"], said)
        self.assertEqual(1, self.store.run().epoch)

    def test_unknown_run(self) -> None:
        """A run that is not there cannot be had."""
        self.assertRaises(exceptions.NotFound, self.store.acquire_run, "none", ME)


class UpdateRun(StoreTest):
    def setUp(self) -> None:
        super().setUp()
        self.run_ = self.store.acquire_run(self.new_run().id, ME)

    def test_sets_fields(self) -> None:
        """The owner sets what belongs to the run."""
        self.store.update_run(self.run_.id, 1, logbook_id="l", summary={"done": 1})
        run = self.store.run()
        self.assertEqual(("l", {"done": 1}), (run.logbook_id, run.summary))

    def test_old_epoch_is_fenced_off(self) -> None:
        """Who lost the run overwrites nothing, and is told who has it."""
        self.store.acquire_run(self.run_.id, ME, force=True)
        for write in (
            lambda: self.store.update_run(self.run_.id, 1, flow_id="old"),
            lambda: self.store.release_run(self.run_.id, 1, "failed", {}),
        ):
            error = self.assertRaises(exceptions.RunBusy, write)
            self.assertIn(f"taken over by process {os.getpid()}", str(error))
        run = self.store.run()
        self.assertEqual(("", "running", 2), (run.flow_id, run.state, run.epoch))

    def test_unknown_field_or_state(self) -> None:
        """Words that do not exist are refused."""
        update = self.store.update_run
        self.assertRaises(exceptions.StoreError, update, self.run_.id, 1, owner="x")
        self.assertRaises(exceptions.StoreError, update, self.run_.id, 1, state="odd")

    def test_release(self) -> None:
        """A released run has its end state, summary and time, and no owner."""
        self.store.release_run(self.run_.id, 1, "failed", {"failed": 1})
        run = self.store.run()
        self.assertEqual(
            (None, "", RunState.FAILED, {"failed": 1}),
            (run.owner, run.owner_since, run.state, run.summary),
        )
        self.assertTrue(run.finished_at)
