# SPDX-License-Identifier: Apache-2.0
"""What was found out about data and need not be looked at again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _text(name: str, length: int = 0) -> sa.Column[str]:
    kind = sa.String(length) if length else sa.Text()
    return sa.Column(name, kind, nullable=False, server_default="")


def upgrade() -> None:
    """One table more."""
    op.create_table(
        "facts",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        _text("kind", 64),
        _text("key", 512),
        _text("details"),
        _text("at", 32),
        sa.UniqueConstraint("kind", "key"),
    )
