# SPDX-License-Identifier: Apache-2.0
"""Pumphouse as a process of its own, between the simulated clouds."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

from tests.functional.world import World

MIGRATION = """\
source: {cloud: source}
destination: {cloud: destination}
"""
MAIN = "import sys; from pumphouse.cli.main import main; sys.exit(main(sys.argv[1:]))"


def start(
    world: World, directory: pathlib.Path, *arguments: str, conf: str = ""
) -> subprocess.Popen[str]:
    """The running program.

    :param directory: for its files
    :param conf: what stands in pumphouse.conf
    """
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments],
        env=environment(world, directory, conf),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def environment(
    world: World, directory: pathlib.Path, conf: str = ""
) -> dict[str, str]:
    """What the program finds its files by, which are made."""
    migration = directory / "migration.yaml"
    migration.write_text(MIGRATION)
    settings = directory / "pumphouse.conf"
    settings.write_text(conf)
    return {
        **os.environ,
        "OS_CLIENT_CONFIG_FILE": str(world.clouds_yaml),
        "PUMPHOUSE_MIGRATION": str(migration),
        "PUMPHOUSE_DATABASE": world.database,
        "PUMPHOUSE_CONF": str(settings),
        "PYTHONWARNINGS": "",  # its own are part of what it says
    }
