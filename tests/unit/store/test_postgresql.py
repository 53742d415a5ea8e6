# SPDX-License-Identifier: Apache-2.0
"""The store on PostgreSQL: every test of it that is not about SQLite's files."""

from __future__ import annotations

from tests import postgresql
from tests.unit.store import (
    base,
    test_actor,
    test_bindings,
    test_concurrency,
    test_details,
    test_events,
    test_facts,
    test_fence,
    test_journal,
    test_nodes,
    test_peek,
    test_plans,
    test_prepared,
    test_runs,
    test_schema,
    test_shared_commit,
    test_upkeep,
)

_MODULES = (
    test_actor,
    test_bindings,
    test_concurrency,
    test_details,
    test_events,
    test_facts,
    test_fence,
    test_journal,
    test_nodes,
    test_peek,
    test_plans,
    test_prepared,
    test_runs,
    test_schema,
    test_shared_commit,
    test_upkeep,
)


class OnPostgreSQL:
    """Mixed in before a test case."""

    def new_url(self) -> str:
        return postgresql.server().database()


def _cases() -> None:
    for module in _MODULES:
        for name, case in vars(module).items():
            if not (isinstance(case, type) and issubclass(case, base.StoreTest)):
                continue
            if case in (base.StoreTest, test_fence.FenceTest):
                continue
            body = {"__module__": __name__, "__doc__": case.__doc__}
            for each in dir(case):
                if getattr(getattr(case, each), "only_sqlite", False):
                    body[each] = None
            full = f"{name}OnPostgreSQL"
            globals()[full] = type(full, (OnPostgreSQL, case), body)


_cases()
