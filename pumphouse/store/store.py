# SPDX-License-Identifier: Apache-2.0
"""The store, put together of its parts."""

from __future__ import annotations

from pumphouse.store.bindings import Bindings
from pumphouse.store.deletion import Deletion
from pumphouse.store.events import Events
from pumphouse.store.facts import Facts
from pumphouse.store.journal import Journal
from pumphouse.store.nodes import Nodes
from pumphouse.store.plans import Plans
from pumphouse.store.rows import RunRow
from pumphouse.store.runs import Runs
from pumphouse.store.upkeep import Upkeep
from pumphouse.store.writer import Writer


class Store(Plans, Runs, Nodes, Bindings, Journal, Events, Facts, Deletion, Upkeep):
    """The whole database; see each part for its methods.

    ``engine`` is SQLAlchemy's and may be shared, e.g. with TaskFlow's persistence.
    """

    def writer(self, run: RunRow) -> Writer:
        """Writes for *run*, as long as nobody takes it over from now on.

        :param run: as this process has it: with the epoch that it was given
        """
        return Writer(self, run)
