# SPDX-License-Identifier: Apache-2.0
"""Alembic runs this; the connection and its transaction come from ``schema``."""

from alembic import context

from pumphouse.flow.engine.storage.schema import REVISIONS
from pumphouse.flow.engine.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=REVISIONS.table,
)
context.run_migrations()
