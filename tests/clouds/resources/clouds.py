# SPDX-License-Identifier: Apache-2.0
"""The two real clouds, and a run's context between them, for tests of types."""

from __future__ import annotations

import functools
import json
import os
import tempfile
import uuid
from pathlib import Path
from typing import Any

import testtools

from pumphouse.cloud.cloud import Cloud, connect
from pumphouse.cloud.identity_database import IdentityDatabase
from pumphouse.conf.migration import Options
from pumphouse.flow.context import RunContext
from pumphouse.store import PlanRow, Store

SIDES = ("source", "destination")


@functools.cache
def cloud(side: str) -> Cloud:
    """One connection a process: tokens and look-ups are shared by its tests."""
    return connect(side, side)


@functools.cache
def passwords(side: str) -> IdentityDatabase | None:
    """That side's Keystone database, if the testbed says where it is."""
    about = json.loads(os.environ.get("TESTBED_ABOUT", "{}"))
    url = about.get("clouds", {}).get(side, {}).get("keystone_database")
    return IdentityDatabase(url, side) if url else None


class CloudsTestCase(testtools.TestCase):
    """Skips without clouds; ``self.prefix`` is for the names of what it makes."""

    def setUp(self) -> None:
        super().setUp()
        if not os.environ.get("OS_CLIENT_CONFIG_FILE"):
            self.skipTest("OS_CLIENT_CONFIG_FILE names no clouds")
        self.source, self.destination = map(cloud, SIDES)
        self.prefix = f"type-test-{uuid.uuid4().hex[:8]}"

    def context(self, options: Options | None = None, **more: Any) -> RunContext:
        """A context with a store of its own, as a run has it."""
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        store = Store(f"sqlite:///{Path(directory.name) / 'pumphouse.db'}")
        self.addCleanup(store.close)
        plan = PlanRow("plan", "digest", "s", "d", "title", "{}", {}, "2026-01-01")
        store.save_plan(plan)
        context = RunContext(
            self.source,
            self.destination,
            store,
            store.writer(store.create_run("plan")),
            options or Options(),
            **more,
        )
        self.addCleanup(context.close)
        return context

    def made(self, side: Cloud, service: str, path: str, **body: Any) -> dict[str, Any]:
        """POST it, and delete it after the test."""
        (singular,) = body
        made: dict[str, Any] = side.post(service, path, body, singular)
        self.addCleanup(side.delete, service, f"{path}/{made['id']}")
        return made
