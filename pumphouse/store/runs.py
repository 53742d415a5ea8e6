# SPDX-License-Identifier: Apache-2.0
"""Runs, and who drives them.

At most one process has a run.  Each take-over raises the run's epoch, and whoever
writes names the epoch it was given: a process that lost its run is told so instead
of overwriting its successor's state.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, Row, select, update

from pumphouse import exceptions
from pumphouse.models import Ref
from pumphouse.store.database import MAX_SUMMARY, Database, dump, load, plain
from pumphouse.store.fence import taken_over
from pumphouse.store.owner import Owner
from pumphouse.store.plans import find_id
from pumphouse.store.rows import MIGRATE, Approval, Details, NodeState, RunRow, RunState
from pumphouse.store.tables import events, nodes, plans, runs

_UPDATABLE = frozenset(
    {"state", "logbook_id", "flow_id", "started_at", "finished_at", "summary"}
)


class Runs(Database):
    """The store's part for runs."""

    def create_run(
        self,
        plan_id: str,
        kind: str = MIGRATE,
        refs: Iterable[Ref] = (),
        *,
        applied_by: str = "",
        approval: Approval | None = None,
        event: str = "",
        details: Details | None = None,
        fence: Callable[[Connection], None] | None = None,
    ) -> RunRow:
        """A new pending run of a saved plan, with all that belongs to it or not at all.

        :param refs: its nodes
        :param applied_by: whose it is, see ``actor.current``
        :param approval: how the same one said yes to it
        :param event: the name of its first event, with *details*; none if empty
        :param fence: of another run, which it must not be without
        :raises NotFound: there is no such plan
        :raises RunBusy: another process took that other run over
        """
        run_id = str(uuid.uuid4())
        values = {
            "id": run_id,
            "plan_id": plan_id,
            "kind": kind,
            "state": RunState.PENDING.value,
            "created_at": self.now(),
            "applied_by": plain(applied_by),
            "approved_by": plain(applied_by) if approval else "",
            "approval": approval.value if approval else "",
        }
        insert = runs.insert().values(values)
        pending = {"run_id": run_id, "state": NodeState.PENDING.value}
        its_nodes = [{"type": r.type, "source_id": r.id, **pending} for r in refs]
        first = {
            "run_id": run_id,
            "name": event,
            "details": dump(details, f"event {event}"),
            "at": values["created_at"],
        }

        def write(connection: Connection) -> RunRow:
            if not connection.scalar(select(plans.c.id).where(plans.c.id == plan_id)):
                raise exceptions.NotFound(
                    "there is none",
                    resource=f"plan {plan_id!r}",
                    hint="'pumphouse plan list' shows what there is",
                )
            if connection.scalar(select(runs.c.id).where(runs.c.id == run_id)):
                return _run(_row(connection, run_id))  # of a try that was cut off
            connection.execute(insert)
            if its_nodes:
                connection.execute(nodes.insert(), its_nodes)
            if event:
                connection.execute(events.insert().values(first))
            return _run(_row(connection, run_id))

        return self.transact(write, fence)

    def run(self, id_or_prefix: str = "") -> RunRow:
        """The run with this id or the only one that begins so; "" is the newest.

        :raises NotFound: there is none
        :raises Ambiguous: several ids begin so
        """
        newest = select(runs).order_by(runs.c.number.desc()).limit(1)

        def read(connection: Connection) -> Row[Any] | None:
            if not id_or_prefix:
                return connection.execute(newest).first()
            return _row(connection, find_id(connection, runs, "run", id_or_prefix))

        row = self.read(read)
        if row is None:
            raise exceptions.NotFound(
                "there is no run yet", hint="'pumphouse apply PLAN' starts one"
            )
        return _run(row)

    def runs(self) -> list[RunRow]:
        """All runs, newest first."""
        query = select(runs).order_by(runs.c.number.desc())
        rows = self.read(lambda connection: connection.execute(query).all())
        return [_run(row) for row in rows]

    def acquire_run(
        self,
        run_id: str,
        owner: Owner,
        *,
        force: bool = False,
        fence: Callable[[Connection], None] | None = None,
    ) -> RunRow:
        """Make *owner* the one process that drives the run, or refuse.

        Free runs can be had, and those whose process provably ended.

        :param force: take it from a process that cannot be seen from here.  Only for
            an operator who knows that it is gone.
        :param fence: of another run, on behalf of which it is to be had: called first
        :raises RunBusy: another process has it, or may have it; or has that other run
        :raises NotFound: there is no such run
        """
        since = self.now()

        def write(connection: Connection) -> RunRow:
            before = _run(_row(connection, run_id, lock=True))
            if (before.owner, before.owner_since) == (owner, since):
                return before  # by an earlier try, whose commit was cut off
            if before.owner and not force and not self.abandoned(before):
                raise _busy(before)
            values = {
                "owner": json.dumps(owner.to_json()),
                "owner_since": since,
                "epoch": before.epoch + 1,
                "state": RunState.RUNNING.value,
                "started_at": before.started_at or since,
                "finished_at": "",
            }
            connection.execute(update(runs).where(runs.c.id == run_id).values(values))
            return _run(_row(connection, run_id))

        return self.transact(write, fence)

    def abandoned(self, run: RunRow) -> bool:
        """Whether the run's process provably ended without giving the run up.

        An SQLite database in WAL mode is used from one running kernel only, so a
        process of another boot cannot be driving the run any more.
        """
        if run.owner is None:
            return False
        boots = (run.owner.boot_id, Owner.current().boot_id)
        rebooted = self._sqlite and all(boots) and boots[0] != boots[1]
        return rebooted or not run.owner.alive()

    def update_run(self, run_id: str, epoch: int, **fields: Any) -> None:
        """Set fields of a run that this process still has.

        :param epoch: the one that :meth:`acquire_run` gave
        :param fields: ``state``, ``logbook_id``, ``flow_id``, ``started_at``,
            ``finished_at``, ``summary`` (a dict, replaced as a whole)
        :raises RunBusy: another process took the run over
        """
        unknown = set(fields) - _UPDATABLE
        if unknown:
            raise exceptions.StoreError(
                f"a run has no settable field {', '.join(sorted(unknown))}",
                resource=f"run {run_id}",
            )
        self._update_run(run_id, epoch, fields)

    def release_run(
        self, run_id: str, epoch: int, state: str, summary: dict[str, Any]
    ) -> None:
        """Give the run up: nobody has it, and it is in *state*.

        :raises RunBusy: another process took the run over
        """
        ended = {"owner": None, "owner_since": "", "finished_at": self.now()}
        self._update_run(run_id, epoch, {**ended, "state": state, "summary": summary})

    def _update_run(self, run_id: str, epoch: int, fields: dict[str, Any]) -> None:
        what = f"run {run_id}"
        values = dict(fields)
        if "state" in values:
            values["state"] = _state(values["state"], what)
        if "summary" in values:
            values["summary"] = dump(values["summary"], what, MAX_SUMMARY)
        if not values:
            return
        mine = update(runs).where(runs.c.id == run_id, runs.c.epoch == epoch)

        def write(connection: Connection) -> None:
            if connection.execute(mine.values(values)).rowcount != 1:
                raise taken_over(run_id, _row(connection, run_id))

        self.transact(write)


def _state(state: str, what: str) -> str:
    try:
        return RunState(state).value
    except ValueError:
        raise exceptions.StoreError(f"no such state: {state}", resource=what) from None


def _row(connection: Connection, run_id: str, *, lock: bool = False) -> Row[Any]:
    query = select(runs).where(runs.c.id == run_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise exceptions.NotFound(
            "there is none",
            resource=f"run {run_id!r}",
            hint="'pumphouse run list' shows what there is",
        )
    return row


def _run(row: Row[Any]) -> RunRow:
    return RunRow(
        id=row.id,
        plan_id=row.plan_id,
        kind=row.kind,
        state=RunState(row.state),
        owner=Owner.from_json(json.loads(row.owner)) if row.owner else None,
        epoch=row.epoch,
        logbook_id=row.logbook_id,
        flow_id=row.flow_id,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        summary=load(row.summary),
        owner_since=row.owner_since,
        applied_by=row.applied_by,
        approved_by=row.approved_by,
        approval=Approval(row.approval) if row.approval else None,
    )


def _busy(run: RunRow) -> exceptions.RunBusy:
    return exceptions.RunBusy(
        f"is driven by {run.owner} since {run.owner_since}",
        resource=f"run {run.id}",
        hint="Wait for that process, or stop it. If its host is lost, say --take-over",
    )
