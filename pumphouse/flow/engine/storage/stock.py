# SPDX-License-Identifier: Apache-2.0
"""TaskFlow's own connection to a database, for whoever asks a backend for one.

A conductor reads logbooks with it; an engine never does, and so does not pay for
loading it: it brings alembic along.
"""

from __future__ import annotations

import threading
from typing import Any

from taskflow.persistence.backends import impl_sqlalchemy


class Connection(impl_sqlalchemy.Connection):  # type: ignore[misc]
    """TaskFlow's own, but for the tables: :func:`..persistence.persistence` makes them.

    :param backend: has the SQLAlchemy engine
    """

    def __init__(self, backend: Any) -> None:
        super().__init__(backend, threading.Lock())

    def upgrade(self) -> None:
        """Nothing to do."""
