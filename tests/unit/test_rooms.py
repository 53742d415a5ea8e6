# SPDX-License-Identifier: Apache-2.0
"""Nobody outside a resource type names one: what a type is, it says itself.

Where a second case needs ``if type ==``, the contract is wrong.  This reads the syntax
trees of all rooms that work with types in general.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import testtools

import pumphouse
from pumphouse.resources.registry import resource_types

ROOT = Path(pumphouse.__file__).parent
ROOMS = ("plan", "flow", "report", "cli", "transfer", "store", "cloud", "check")
# A service is called as one of its types is: who asks it by that name names no type.
SERVICES = {"network", "image"}
ASKS_SERVICES = {"cloud/cloud.py", "cloud/endpoints.py", "transfer/glance.py"} | {
    "check/cloud.py"
}
# Words of the command line, of tables and of other APIs, which are no types' names.
WORDS = {
    ("cli/arguments.py", "domain"),
    ("cli/arguments.py", "project"),
    ("cli/database.py", "server"),  # the database's own
    ("cli/migrate.py", "server"),  # one command for each unit, still
    ("cli/migrate.py", "project"),
    ("cli/plan.py", "server"),
    ("cli/plan.py", "project"),
    ("check/cloud.py", "role"),  # the name of a look
    ("plan/staying_kinds.py", "project"),  # a field of Heat's
    ("store/upkeep.py", "server"),  # the database's own
}


def files() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def prose(tree: ast.Module) -> set[int]:
    """The docstrings."""
    places = (ast.Module, ast.ClassDef, ast.FunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, places)]
    first = [body[0] for body in bodies if body]
    return {id(each.value) for each in first if isinstance(each, ast.Expr)}


class TestRooms(testtools.TestCase):
    def test_no_literal_is_the_name_of_a_type(self) -> None:
        found = set()
        for path, tree in files():
            said = prose(tree)
            for node in ast.walk(tree):
                value = getattr(node, "value", None)
                if not isinstance(node, ast.Constant) or id(node) in said:
                    continue
                if not isinstance(value, str) or value not in resource_types():
                    continue
                if value not in SERVICES or path not in ASKS_SERVICES:
                    found.add((path, value))
        self.assertEqual(WORDS, found)

    def test_no_module_of_a_type_is_imported(self) -> None:
        services = {
            type(kind).__module__.rpartition(".")[0]
            for kind in resource_types().values()
        }
        found = {
            (path, node.module)
            for path, tree in files()
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and node.module
            and any(f"{node.module}.".startswith(f"{each}.") for each in services)
        }
        self.assertEqual(set(), found)
