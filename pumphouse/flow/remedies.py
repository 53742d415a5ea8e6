# SPDX-License-Identifier: Apache-2.0
"""What becomes of each kind of open intent: of those of types, and of the flow's own.

==============  ===============================  ===============================
kind            what may be left                 what cleanup does
==============  ===============================  ===============================
``create``      something of which nobody knows  looks for it by its marker or
                whether it was made              key, and deletes what it finds,
                                                 unless it stands for something
``credential``  an EC2 credential of a user      deletes it
``role-grant``  a role of Pumphouse's own user   revokes it
==============  ===============================  ===============================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from pumphouse.flow import delegations
from pumphouse.flow.context import RunContext
from pumphouse.resources.base import ResourceType
from pumphouse.resources.temporaries import Case, Temporary, not_planned
from pumphouse.store import journal
from pumphouse.store.rows import Intent


def _take_back(case: Case) -> None:
    # Both are the flow's own: no type can do that.
    delegations.take_back(cast(RunContext, case.context), cast(Intent, case.intent))


def _sweep(case: Case) -> None:
    assert case.kind is not None
    assert case.resource is not None
    case.kind.sweep(case.context, case.resource)


OWN = (
    Temporary(
        journal.CREATE,
        "look for it on the destination, delete it if it was made",
        _sweep,
        not_planned,
    ),
    Temporary(
        journal.CREDENTIAL,
        "delete the temporary credential",
        _take_back,
        shared=True,
    ),
    Temporary(journal.ROLE_GRANT, "revoke the temporary role", _take_back, shared=True),
)
"""What no type has lent."""


def remedies(types: Mapping[str, ResourceType]) -> dict[str, Temporary]:
    """What is done about each kind of intent, in this order: types first."""
    declared = [each for kind in types.values() for each in kind.temporaries]
    return {each.kind: each for each in (*declared, *OWN)}


UNKNOWN = Temporary(
    "",
    "",
    lambda case: None,
    lambda case: f"nobody here knows {case.intent.kind!r}",
)
