# SPDX-License-Identifier: Apache-2.0
"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(
        name, sa.UnicodeText().with_variant(postgresql.JSON(), "postgresql")
    )


def _common() -> list[sa.Column[Any]]:
    return [
        sa.Column("created_at", sa.DateTime),
        sa.Column("updated_at", sa.DateTime),
        _json("meta"),
        sa.Column("uuid", sa.String(64), primary_key=True, nullable=False),
    ]


def _parent(table: str) -> sa.Column[Any]:
    key = sa.ForeignKey(f"{table}.uuid", ondelete="CASCADE")
    return sa.Column("parent_uuid", sa.String(64), key)


def upgrade() -> None:
    op.create_table(
        "logbooks",
        *_common(),
        sa.Column("name", sa.String(255)),
    )
    op.create_table(
        "flowdetails",
        *_common(),
        _parent("logbooks"),
        sa.Column("name", sa.String(255)),
        sa.Column("state", sa.String(255)),
    )
    op.create_table(
        "atomdetails",
        *_common(),
        _parent("flowdetails"),
        sa.Column("name", sa.Text),
        sa.Column("version", sa.String(64)),
        sa.Column("state", sa.String(255)),
        _json("failure"),
        _json("results"),
        _json("revert_results"),
        _json("revert_failure"),
        sa.Column(
            "atom_type", sa.Enum("RETRY_DETAIL", "TASK_DETAIL", name="atom_types")
        ),
        sa.Column(
            "intention",
            sa.Enum("EXECUTE", "IGNORE", "REVERT", "RETRY", name="intentions"),
        ),
    )
    op.create_index("ix_flowdetails_parent_uuid", "flowdetails", ["parent_uuid"])
    op.create_index("ix_atomdetails_parent_uuid", "atomdetails", ["parent_uuid"])
    op.create_table(
        "flow_owners",
        sa.Column(
            "flow_uuid",
            sa.String(64),
            sa.ForeignKey("flowdetails.uuid", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text, nullable=False, server_default=""),
    )
