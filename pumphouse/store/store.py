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
from pumphouse.store.runs import Runs


class Store(Plans, Runs, Nodes, Bindings, Journal, Events, Facts, Deletion):
    """The whole database; see each part for its methods.

    ``engine`` is SQLAlchemy's and may be shared, e.g. with TaskFlow's persistence.
    """
