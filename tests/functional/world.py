# SPDX-License-Identifier: Apache-2.0
"""Two clouds, and Pumphouse with a database between them."""

from __future__ import annotations

import pathlib
import time
from collections import Counter
from collections.abc import Collection
from typing import Any

from pumphouse.cli.plan import save
from pumphouse.cloud.cloud import Cloud, connect
from pumphouse.conf.migration import Options
from pumphouse.conf.settings import Settings
from pumphouse.flow import history
from pumphouse.flow.engine import Patience
from pumphouse.flow.runner import Runner
from pumphouse.models import CloudPair, Ref
from pumphouse.plan import preflight
from pumphouse.plan.document import Plan
from pumphouse.plan.planner import Planner
from pumphouse.plan.selection import Selection
from pumphouse.plan.verdicts import Verification
from pumphouse.plan.verification import verify
from pumphouse.resources.registry import resource_types
from pumphouse.store import Store
from pumphouse.store.rows import RunRow
from testbed.simulator.server import ServerThread

PROJECT = "acme-search"
_NOT_COUNTED = ("deleted_images", "compute_quotas", "network_quotas", "credentials")


class Nobody:
    """Watches nothing."""

    def step(self, *_: Any) -> None: ...

    def progress(self, *_: Any) -> None: ...


class World:
    """Plans, runs and verifies between the clouds ``source`` and ``destination``.

    :param clouds_yaml: says where they are
    :param directory: for the database
    """

    def __init__(self, clouds_yaml: pathlib.Path, directory: pathlib.Path) -> None:
        self.clouds_yaml = clouds_yaml
        self.database = f"sqlite:///{directory / 'pumphouse.db'}"
        self.store = Store(self.database)
        self.types = resource_types()
        self._clouds: list[Cloud] = []
        self.source, self.destination = self.connect()

    def close(self) -> None:
        """Close the database and all connections."""
        self.store.close()
        for cloud in self._clouds:
            cloud.close()

    def connect(self, timeout: float = 60.0) -> tuple[Cloud, Cloud]:
        """Both clouds, as Pumphouse has them; pauses between attempts are short."""
        source, destination = (
            connect(
                side,
                side,
                config_file=str(self.clouds_yaml),
                request_timeout=timeout,
                sleep=lambda seconds: time.sleep(min(seconds, 0.005)),
            )
            for side in ("source", "destination")
        )
        self._clouds += [source, destination]
        return source, destination

    # -- what Pumphouse does -------------------------------------------------
    def plan(
        self,
        *terms: str,
        kind: str = "project",
        without_blocked: bool = False,
        **options: Any,
    ) -> Plan:
        """A saved plan for that selection."""
        pair = CloudPair(self.source.identity, self.destination.identity)
        bindings = {b.ref: b for b in self.store.bindings(pair)}

        def told(refs: Collection[Ref]) -> dict[Ref, tuple[str, ...]]:
            said = history.told(self.store, [bindings[ref] for ref in refs])
            return {ref: (*t.announced, *t.not_kept) for ref, t in said.items()}

        plan = Planner(
            source=self.source,
            destination=self.destination,
            types=self.types,
            options=Options(**options),
            mappings={},
            bindings=bindings,
            begun=history.begun(self.store, bindings.values()),
            told=told,
            without_blocked=without_blocked,
            preflight=preflight.check,
        ).draw_up(Selection(kind, terms or (PROJECT,)))
        save(self.store, plan)
        return plan

    def runner(self) -> Runner:
        """Drives runs."""
        return Runner(
            source=self.source,
            destination=self.destination,
            store=self.store,
            types=self.types,
            watcher=Nobody(),
            workers=8,
            patience=Patience(delay=0.0),
            settings=Settings(take_over_wait=0.0),  # clouds that answer at once
        )

    def migrate(self, plan: Plan | None = None) -> tuple[Plan, RunRow]:
        """Carry a plan out; the run as it ended."""
        plan = plan or self.plan()
        runner = self.runner()
        return plan, runner.drive(runner.start(plan).id)

    def resume(self, run: RunRow) -> RunRow:
        """Go on with a run."""
        return self.runner().drive(run.id)

    def verified(self, plan: Plan) -> Verification:
        """Both clouds, compared field by field."""
        bindings = {b.ref: b for b in self.store.bindings(plan.pair)}
        told = history.told(self.store, bindings.values())
        return verify(
            plan,
            self.source,
            self.destination,
            self.types,
            bindings,
            not_kept={ref: said.not_kept for ref, said in told.items()},
            announced={ref: said.announced for ref, said in told.items()},
            unfinished=history.begun(self.store, bindings.values()),
        )


def census(server: ServerThread) -> Counter[tuple[str, ...]]:
    """How many of each thing, named without ids, a cloud has."""
    dump = server.run(server.cloud.state.dump)
    return Counter(
        (kind, *map(str, _name(kind, row)))
        for kind, rows in dump.items()
        if kind not in _NOT_COUNTED
        for row in rows.values()
    )


def _name(kind: str, row: dict[str, Any]) -> tuple[Any, ...]:
    """What names a record, without ids."""
    if kind == "ports":
        ips = sorted(ip["ip_address"] for ip in row["fixed_ips"])
        # Those of gateways and floating IPs that nobody chose differ by chance.
        return row["name"], row["device_owner"], *ips
    if kind == "security_group_rules":
        fields = ("direction", "ethertype", "protocol", "port_range_min")
        return (*(row[field] for field in fields), row["remote_ip_prefix"])
    fields = ("name", "cidr", "floating_ip_address", "status", "vm_state", "size")
    return tuple(row[field] for field in fields if field in row)
