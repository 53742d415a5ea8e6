# SPDX-License-Identifier: Apache-2.0
"""The revisions of TaskFlow's tables and ours beside them."""

from __future__ import annotations

from pathlib import Path

from pumphouse.store.revisions import Revisions

REVISIONS = Revisions(
    what="flow schema",
    folder=Path(__file__).parent / "migrations",
    table="pumphouse_flow_version",  # the store keeps its own beside it
    head="0001",
    lock=0x70756D71,
)
