# SPDX-License-Identifier: Apache-2.0
"""The fence around all that a run writes: only its present owner gets through.

Each take-over of a run raises its epoch.  Whoever writes for a run names the epoch
that it was given, first of all in each transaction.  So a process that was stopped
and lost its run meanwhile changes nothing in the database when it wakes up.

A cloud knows of no epochs.  So right before a request that changes something there a
process makes sure that the run is still its own (:meth:`Fenced.confirm`).  That
narrows the gap, and cannot close it: a process may be stopped after that look.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Executable, bindparam, select

from pumphouse import exceptions
from pumphouse.store.database import Database
from pumphouse.store.owner import Owner
from pumphouse.store.rows import RunRow
from pumphouse.store.tables import runs

T = TypeVar("T")


def boot_time() -> float:
    """Seconds since the boot, those asleep included where the system counts them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _mine() -> Executable:
    # Locks the row on PostgreSQL: the next owner waits until this transaction has
    # ended, and so do other writers of the run, whose events get visible in order.
    epoch = runs.c.epoch == bindparam("its_epoch")
    this = select(runs.c.id).where(runs.c.id == bindparam("its_id"), epoch)
    return this.with_for_update(key_share=True)


def _now() -> Executable:
    columns = (runs.c.epoch, runs.c.owner, runs.c.owner_since)
    return select(*columns).where(runs.c.id == bindparam("its_id"))


class Fence:
    """What has to hold in each transaction of a run's writers.

    :param run: as this process has it: with the epoch that it was given
    :param clock: seconds, going on while the machine sleeps

    ``lost``: set once the run turned out to be another's.  ``seen_at``: when it was
    this process's for the last time, by *clock*.
    """

    def __init__(
        self, database: Database, run: RunRow, clock: Callable[[], float] = boot_time
    ) -> None:
        self._database = database
        self._key = {"its_id": run.id}
        self._epoch = run.epoch
        self.clock = clock
        self.lost = threading.Event()
        self.on_lost: Callable[[], object] = lambda: None
        self.seen_at = float("-inf")

    def __call__(self, connection: Connection) -> None:
        """Let this transaction write for the run.

        :raises RunBusy: another process took the run over
        """
        at = self.clock()
        run = self._database.prepared.run
        mine = run(connection, "fence", _mine, **self._key, its_epoch=self._epoch)
        if mine.first() is None:
            raise self.closed(run(connection, "owner", _now, **self._key).first())
        self.seen_at = at

    def look(self) -> None:
        """Ask whether the run is still this process's.

        :raises RunBusy: another process took the run over
        """
        at = self.clock()
        found = self._database.look("owner", _now, **self._key)
        if not found or found[0].epoch != self._epoch:
            raise self.closed(found[0] if found else None)
        self.seen_at = at

    def closed(self, row: object) -> exceptions.StoreError:
        """The run is not this process's any more: what to raise."""
        run_id = self._key["its_id"]
        if row is None:
            return exceptions.StoreError("there is none", resource=f"run {run_id}")
        if not self.lost.is_set():
            self.lost.set()
            self.on_lost()
        return taken_over(run_id, row)


class Fenced:
    """Writes for one run; what all of its writers have in common.

    :param run: as this process has it: with the epoch that it was given
    """

    def __init__(self, database: Database, run: RunRow) -> None:
        self.run_id = run.id
        self.fence = Fence(database, run)
        self.fresh_for = 0.0
        """Seconds after a transaction in which the run is taken for still ours."""
        self._database = database
        self._prepared = database.prepared

    def transact(self, function: Callable[[Connection], T]) -> T:
        """What *function* returns, called with a transaction of the run's owner.

        :raises RunBusy: another process took the run over
        :raises StoreError: the database refused
        """
        return self._database.transact(function, self.fence)

    def check(self) -> None:
        """Stop here if the run is known to be another process's.  Asks nobody.

        :raises RunBusy: another process took the run over
        """
        if self.fence.lost.is_set():
            self.fence.look()

    def confirm(self) -> None:
        """Make sure that the run is this process's, right before what nobody undoes.

        Asks the database if it was not asked within ``fresh_for``.

        :raises RunBusy: another process took the run over
        :raises StoreError: the database refused
        """
        if (
            self.fence.lost.is_set()
            or self.fence.clock() - self.fence.seen_at > self.fresh_for
        ):
            self.fence.look()


def taken_over(run_id: str, row: object) -> exceptions.RunBusy:
    """What a former owner of a run is told.

    :param row: has the ``epoch``, ``owner`` and ``owner_since`` of the run now
    """
    owner: str = row.owner  # type: ignore[attr-defined]
    since: str = row.owner_since  # type: ignore[attr-defined]
    by = "was taken over and given up since"
    if owner:
        by = f"was taken over by {Owner.from_json(json.loads(owner))} at {since}"
    return exceptions.RunBusy(
        f"{by} (epoch {row.epoch})",  # type: ignore[attr-defined]
        resource=f"run {run_id[:8]}",
        hint=f"This process ends; 'pumphouse run show {run_id[:8]}' shows how it goes",
    )
