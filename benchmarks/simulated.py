# SPDX-License-Identifier: Apache-2.0
"""Two simulated clouds in processes of their own, and Pumphouse between them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pumphouse.cli.plan import save
from pumphouse.cli.workspace import Workspace
from pumphouse.conf import options
from pumphouse.plan.document import Plan
from pumphouse.plan.selection import Selection

PORT = "28000"
MIGRATION = "source: {cloud: source}\ndestination: {cloud: destination}\n"


@contextlib.contextmanager
def clouds(
    folder: Path,
    *arguments: str,
    projects: int = 4,
    servers: int = 10,
    limits: str = "",
) -> Iterator[None]:
    """While the block lasts: two clouds, and the environment that finds them.

    :param folder: for all their files, and a migration file
    :param arguments: more ones of ``testbed up``
    :param servers: in each project
    :param limits: what the migration file says of them
    """
    environment = {
        "TESTBED_HOME": str(folder),
        "TESTBED_PORT": os.environ.get("TESTBED_PORT", PORT),
        "OS_CLIENT_CONFIG_FILE": str(folder / "run" / "clouds.yaml"),
    }
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    (folder / "migration.yaml").write_text(MIGRATION + limits)
    testbed = [sys.executable, "-m", "testbed"]
    up = [*testbed, "up", "--simulated", "--unlimited", *arguments]
    up += ["--projects", str(projects), "--servers", str(servers)]
    try:
        subprocess.run(up, check=True, stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            subprocess.run([*testbed, "down"], check=False, stdout=subprocess.DEVNULL)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def workspace(folder: Path) -> Workspace:
    """Pumphouse between these clouds, with its database in *folder*."""
    conf = options.load([])
    url = f"sqlite:///{folder / 'pumphouse.db'}"
    return Workspace(conf, str(folder / "migration.yaml"), database=url)


def tenants(space: Workspace) -> tuple[str, ...]:
    """Ids of all projects with servers."""
    servers = space.source.list(
        "compute", "/servers/detail", "servers", params={"all_tenants": "1"}
    )
    return tuple(sorted({server["tenant_id"] for server in servers}))


def draw_up(space: Workspace, projects: tuple[str, ...]) -> Plan:
    """The plan for these projects, saved."""
    plan = space.planner().draw_up(Selection("project", projects))
    save(space.store, plan)
    return plan
