# SPDX-License-Identifier: Apache-2.0
"""The tables as the code of this version uses them.

``migrations/versions`` brings a database here; a unit test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _number() -> Column[int]:
    """A primary key that grows in the order of writing."""
    return Column("number", Integer, primary_key=True, autoincrement=True)


def _text(name: str, length: int = 0) -> Column[str]:
    kind = String(length) if length else Text()
    return Column(name, kind, nullable=False, server_default="")


plans = Table(
    "plans",
    metadata,
    _number(),
    Column("id", String(64), nullable=False, unique=True),
    _text("digest", 128),
    _text("source"),
    _text("destination"),
    _text("title"),
    _text("document"),
    _text("summary"),
    _text("created_at", 32),
    _text("planned_by"),
    sqlite_autoincrement=True,
)

runs = Table(
    "runs",
    metadata,
    _number(),
    Column("id", String(64), nullable=False, unique=True),
    Column("plan_id", String(64), ForeignKey("plans.id"), nullable=False, index=True),
    _text("kind", 32),
    _text("state", 16),
    Column("owner", Text),  # JSON, null where nobody has the run
    _text("owner_since", 32),
    Column("epoch", Integer, nullable=False, server_default="0"),
    _text("logbook_id", 64),
    _text("flow_id", 64),
    _text("created_at", 32),
    _text("started_at", 32),
    _text("finished_at", 32),
    _text("summary"),
    _text("applied_by"),
    _text("approved_by"),
    _text("approval", 16),
    sqlite_autoincrement=True,
)

nodes = Table(
    "nodes",
    metadata,
    _number(),
    Column("run_id", String(64), ForeignKey("runs.id"), nullable=False),
    _text("type", 64),
    _text("source_id", 512),
    _text("step", 128),
    _text("state", 16),
    _text("error"),
    _text("code", 64),
    _text("started_at", 32),
    _text("finished_at", 32),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _text("details"),
    UniqueConstraint("run_id", "type", "source_id"),
)

# Bindings and intents name their run without a foreign key: they are about what is
# in the clouds, and that has to be kept whatever became of the run.
bindings = Table(
    "bindings",
    metadata,
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
    UniqueConstraint("source", "destination", "type", "source_id"),
    # Several references may share what was there before, never what a run made.
    # (On PostgreSQL as well, see the migrations; said here it would load that dialect.)
    Index(
        "uq_bindings_created",
        "source",
        "destination",
        "type",
        "destination_id",
        unique=True,
        sqlite_where=text("origin = 'created'"),
    ),
    Index(None, "run_id"),
)

intents = Table(
    "intents",
    metadata,
    _number(),
    _text("source", 512),
    _text("destination", 512),
    _text("run_id", 64),
    _text("kind", 32),
    _text("type", 64),
    _text("source_id", 512),
    _text("details"),
    _text("opened_at", 32),
    _text("outcome", 16),  # empty while open
    _text("outcome_details"),
    _text("closed_at", 32),
    Index(
        "uq_intents_open",
        "source",
        "destination",
        "kind",
        "type",
        "source_id",
        unique=True,
        sqlite_where=text("outcome = ''"),
    ),
    Index(None, "run_id"),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    _number(),
    Column("run_id", String(64), ForeignKey("runs.id"), nullable=False),
    _text("name", 64),
    _text("type", 64),
    _text("source_id", 512),
    _text("details"),
    _text("at", 32),
    Index(None, "run_id", "number"),
    sqlite_autoincrement=True,
)

# What was found out about data, which its hash names: true whichever clouds have it.
facts = Table(
    "facts",
    metadata,
    _number(),
    _text("kind", 64),
    _text("key", 512),
    _text("details"),
    _text("at", 32),
    UniqueConstraint("kind", "key"),
)
