# SPDX-License-Identifier: Apache-2.0
"""Who drew plans up, started runs, and said yes to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _text(name: str, length: int = 0) -> sa.Column[str]:
    kind = sa.String(length) if length else sa.Text()
    return sa.Column(name, kind, nullable=False, server_default="")


def upgrade() -> None:
    """Of what is there already nobody knows."""
    op.add_column("plans", _text("planned_by"))
    op.add_column("runs", _text("applied_by"))
    op.add_column("runs", _text("approved_by"))
    op.add_column("runs", _text("approval", 16))
