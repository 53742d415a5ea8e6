# SPDX-License-Identifier: Apache-2.0
"""The first tables: plans, runs, nodes, bindings, intents, events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _number() -> sa.Column[int]:
    return sa.Column("number", sa.Integer, primary_key=True, autoincrement=True)


def _text(name: str, length: int = 0) -> sa.Column[str]:
    kind = sa.String(length) if length else sa.Text()
    return sa.Column(name, kind, nullable=False, server_default="")


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def _of_run() -> sa.Column[str]:
    key = sa.ForeignKey("runs.id")
    return sa.Column("run_id", sa.String(64), key, nullable=False)


def upgrade() -> None:
    """From an empty database to this revision."""
    _plans_and_runs()
    _nodes()
    _bindings()
    _intents()
    _events()


def _plans_and_runs() -> None:
    op.create_table(
        "plans",
        _number(),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        _text("digest", 128),
        _text("source"),
        _text("destination"),
        _text("title"),
        _text("document"),
        _text("summary"),
        _text("created_at", 32),
        sqlite_autoincrement=True,
    )
    key = sa.ForeignKey("plans.id")
    op.create_table(
        "runs",
        _number(),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("plan_id", sa.String(64), key, nullable=False, index=True),
        _text("kind", 32),
        _text("state", 16),
        sa.Column("owner", sa.Text),
        _text("owner_since", 32),
        _count("epoch"),
        _text("logbook_id", 64),
        _text("flow_id", 64),
        _text("created_at", 32),
        _text("started_at", 32),
        _text("finished_at", 32),
        _text("summary"),
        sqlite_autoincrement=True,
    )


def _nodes() -> None:
    op.create_table(
        "nodes",
        _number(),
        _of_run(),
        _text("type", 64),
        _text("source_id", 512),
        _text("step", 128),
        _text("state", 16),
        _text("error"),
        _text("code", 64),
        _text("started_at", 32),
        _text("finished_at", 32),
        _count("attempts"),
        _text("details"),
        sa.UniqueConstraint("run_id", "type", "source_id"),
    )


def _bindings() -> None:
    op.create_table(
        "bindings",
        _number(),
        _text("source", 512),
        _text("destination", 512),
        _text("type", 64),
        _text("source_id", 512),
        _text("destination_id", 512),
        _text("origin", 16),
        _text("run_id", 64),
        _text("name"),
        _text("created_at", 32),
        sa.UniqueConstraint("source", "destination", "type", "source_id"),
    )
    op.create_index(
        "uq_bindings_created",
        "bindings",
        ["source", "destination", "type", "destination_id"],
        unique=True,
        sqlite_where=sa.text("origin = 'created'"),
        postgresql_where=sa.text("origin = 'created'"),
    )
    op.create_index("ix_bindings_run_id", "bindings", ["run_id"])


def _intents() -> None:
    op.create_table(
        "intents",
        _number(),
        _text("source", 512),
        _text("destination", 512),
        _text("run_id", 64),
        _text("kind", 32),
        _text("type", 64),
        _text("source_id", 512),
        _text("details"),
        _text("opened_at", 32),
        _text("outcome", 16),
        _text("outcome_details"),
        _text("closed_at", 32),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_intents_open",
        "intents",
        ["source", "destination", "kind", "type", "source_id"],
        unique=True,
        sqlite_where=sa.text("outcome = ''"),
        postgresql_where=sa.text("outcome = ''"),
    )
    op.create_index("ix_intents_run_id", "intents", ["run_id"])


def _events() -> None:
    op.create_table(
        "events",
        _number(),
        _of_run(),
        _text("name", 64),
        _text("type", 64),
        _text("source_id", 512),
        _text("details"),
        _text("at", 32),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_run_id_number", "events", ["run_id", "number"])
