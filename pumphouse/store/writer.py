# SPDX-License-Identifier: Apache-2.0
"""The only way to write what belongs to a run: its journal, nodes, bindings, events.

Each of its transactions begins at the run's fence, see :mod:`pumphouse.store.fence`.
"""

from __future__ import annotations

from pumphouse.store.bindings import BindingsWriter
from pumphouse.store.journal import JournalWriter
from pumphouse.store.nodes import NodesWriter


class Writer(JournalWriter, NodesWriter, BindingsWriter):
    """Writes for one run; see each part for its methods.

    Every method raises ``RunBusy`` once another process has taken the run over, and
    has then written nothing.
    """
