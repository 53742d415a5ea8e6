# SPDX-License-Identifier: Apache-2.0
"""All that a simulated cloud knows: plain data, so that it can be kept and restored."""

from __future__ import annotations

import hashlib
import heapq
import pickle
import random
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from testbed.simulator.names import folded
from testbed.simulator.tables import Table

_INDEXES: dict[str, tuple[str, ...]] = {
    "projects": ("name",),
    "users": ("name",),
    "keypairs": ("user_id",),
    "servers": ("tenant_id",),
    "images": ("owner",),
    "networks": ("project_id",),
    "subnets": ("network_id", "project_id"),
    "ports": ("device_id", "network_id", "project_id", "mac_address"),
    "routers": ("project_id",),
    "security_groups": ("project_id",),
    "security_group_rules": ("security_group_id", "project_id"),
    "floatingips": ("project_id", "port_id"),
    "rbac_policies": ("object_id", "project_id"),
    "volumes": ("project_id",),
}
_NAMED = ("projects", "users")  # by names, and as Keystone's database takes them
_PRIVATE = ("passwords", "tokens", "image_data")
Job = tuple[float, int, str, tuple[Any, ...]]


class State:
    """Tables, a seeded source of ids, a clock, and what is to happen later.

    :param seed: decides every id, MAC and segment that is given out
    :param clock: Unix time in seconds
    """

    def __init__(self, seed: str, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.random = random.Random(seed)
        self.tables: defaultdict[str, Table] = defaultdict(Table)
        for name, indexed in _INDEXES.items():
            alike = folded if name in _NAMED else None
            self.tables[name] = Table(*indexed, alike=alike)
        self.values: dict[str, Any] = {}
        self._jobs: list[Job] = []
        self._number = 0

    def __getattr__(self, name: str) -> Table:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.__dict__["tables"][name]

    # -- ids and times -----------------------------------------------------
    def hex(self) -> str:
        """An id as Keystone gives them."""
        return f"{self.random.getrandbits(128):032x}"

    def uuid(self) -> str:
        """An id as all others give them: a UUID of version 4."""
        bits = f"{self.random.getrandbits(122):031x}"
        variant = "89ab"[int(bits[12], 16) & 3]
        return (
            f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-{variant}{bits[16:19]}-{bits[19:]}"
        )

    def number(self) -> int:
        """1, 2, 3, …"""
        self._number += 1
        return self._number

    def now(self) -> str:
        """The time as Nova, Neutron and Glance write it."""
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def stamp(self, after: float = 0.0) -> str:
        """The time, *after* seconds from now, with microseconds and without zone."""
        then = datetime.fromtimestamp(self.clock() + after, UTC)
        return then.strftime("%Y-%m-%dT%H:%M:%S.%f")

    # -- later -------------------------------------------------------------
    def later(self, seconds: float, job: str, *arguments: Any) -> None:
        """Have *job* (``"nova.settle"``) done in *seconds*."""
        when = self.clock() + seconds
        heapq.heappush(self._jobs, (when, self.number(), job, arguments))

    def due(self) -> list[tuple[str, tuple[Any, ...]]]:
        """The jobs whose time has come; they are taken out."""
        found = []
        while self._jobs and self._jobs[0][0] <= self.clock():
            _, _, job, arguments = heapq.heappop(self._jobs)
            found.append((job, arguments))
        return found

    @property
    def next_due(self) -> float | None:
        """When the next job's time comes, Unix time."""
        return self._jobs[0][0] if self._jobs else None

    # -- keeping and restoring ---------------------------------------------
    def keep(self) -> bytes:
        """Everything, to ``restore`` it; times to come stay as far in the future."""
        now = self.clock()
        jobs = [(when - now, *rest) for when, *rest in self._jobs]
        return pickle.dumps(
            (self.random, dict(self.tables), self.values, jobs, self._number), 5
        )

    def restore(self, kept: bytes) -> None:
        """Back to what ``keep`` kept."""
        # Only ever what this process pickled itself.
        generator, tables, values, jobs, number = pickle.loads(kept)
        now = self.clock()
        self.random, self.values, self._number = generator, values, number
        self.tables.clear()
        self.tables.update(tables)
        self._jobs = [(when + now, *rest) for when, *rest in jobs]
        heapq.heapify(self._jobs)

    def dump(self) -> dict[str, dict[str, Any]]:
        """All records, by type and id, as JSON; no passwords, tokens or data."""
        return {
            name: dict(table.rows)
            for name, table in sorted(self.tables.items())
            if table.rows and name not in _PRIVATE
        }


def _shown(value: Any) -> Any:
    """What JSON does not know, for people and comparisons."""
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    return sorted(value) if isinstance(value, set | frozenset) else str(value)
