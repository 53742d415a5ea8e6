# SPDX-License-Identifier: Apache-2.0
"""Alembic runs this; the connection and its transaction come from ``schema``."""

from alembic import context

from pumphouse.store.schema import REVISIONS
from pumphouse.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=REVISIONS.table,
)
context.run_migrations()
