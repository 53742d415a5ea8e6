# SPDX-License-Identifier: Apache-2.0
"""The reference says what the code says: all of it, and nothing else."""

from __future__ import annotations

import ast
import functools
import json
import re

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Migration, Options
from pumphouse.conf.options import list_opts
from pumphouse.models import (
    Action,
    CloudPair,
    Decision,
    Ref,
    Resource,
)
from pumphouse.plan.document import Node, Plan
from pumphouse.resources.registry import resource_types
from pumphouse.store import tables
from testbed.openstack.layout import Layout
from tests.unit.doc.pages import ROOT, SOURCE, pages
from tools import docs


def _page(name: str) -> str:
    return (SOURCE / "reference" / f"{name}.rst").read_text()


class TestGenerated(testtools.TestCase):
    def test_every_part_is_on_a_page_and_every_page_gets_its_part(self):
        wanted = re.findall(
            r"^\.\. generated:: (.*)$", "\n".join(pages().values()), re.M
        )
        self.assertEqual(sorted(docs.GENERATORS), sorted(wanted))

    def test_every_exit_code_is_explained(self):
        constants = {name for name in vars(exceptions) if name.startswith("EXIT_")}
        self.assertEqual(constants, set(docs.EXIT_CODES))
        text = docs.exit_codes()
        for name in constants:
            self.assertIn(f"``{getattr(exceptions, name)}``", text)

    def test_every_error_has_its_exit_code(self):
        text = docs.exit_codes()
        for name, thing in vars(exceptions).items():
            if isinstance(thing, type) and issubclass(thing, BaseException):
                self.assertEqual(1, text.count(f"``{name}``"), name)

    def test_every_field_of_every_type_is_there(self):
        full, overview = docs.resource_types_in_full(), docs.resource_type_overview()
        for name, kind in resource_types().items():
            if not type(kind).__module__.startswith("pumphouse."):
                continue  # a plug-in that happens to be installed
            self.assertIn(f"<type-{name}>", overview)
            section = full.partition(f".. _type-{name}:")[2].partition(".. _type-")[0]
            for field in kind.fields:
                self.assertIn(f"``{field.path}``", section, name)

    def test_every_option_is_there(self):
        text = docs.GENERATORS["pumphouse-conf"]()
        for group, options in list_opts():
            for option in options:
                self.assertIn(f"[{group}] {option.dest}", text)
        text = docs.GENERATORS["migration-file"]()
        for name in (*Options.model_fields, "mappings", "source.cloud"):
            self.assertIn(name, text)
        self.assertIn("options", Migration.model_fields)

    def test_every_table_is_there(self):
        self.assertEqual(set(tables.metadata.tables), set(docs.ABOUT_TABLES))

    def test_every_variable_of_the_testbed_is_there(self):
        text = docs.testbed_variables()
        for name in Layout.from_environment({}).to_environment():
            self.assertIn(f"``{name}``", text)

    def test_what_looks_like_markup_is_escaped(self):
        self.assertEqual(r"a\_b \*c\* ``d_e``", docs.escaped("a_b *c* ``d_e``"))


class TestHandWritten(testtools.TestCase):
    """Tables that people wrote and that have to follow the code."""

    def test_keys_of_the_plan_document(self):
        resource = Resource(Ref("server", "1"), "web", {"id": "1"})
        node = Node(resource, Decision(Action.CREATE, "not there"))
        plan = Plan(
            id="p",
            created_at="",
            title="",
            pair=CloudPair("a", "b"),
            options=Options(),
            nodes={node.ref: node},
            edges=(),
        )
        document, page = json.loads(plan.dumps()), _page("plan-document")
        for key in {*document, *document["nodes"][0]}:
            self.assertIn(f"``{key}``", page)
        for action in Action:
            self.assertIn(f"``{action.value}``", page)

    def test_kinds_of_intents(self):
        page = _page("database")
        kinds = set(_strings_passed_to("temporary", 0)) | {"create"}
        self.assertIn("suspended", kinds)
        for kind in kinds:
            self.assertIn(f"* - ``{kind}``", page)

    def test_names_of_events(self):
        page = _page("database")
        names = set(_strings_passed_to("note", 1))
        self.assertIn("server.verified", names)
        for name in names:
            self.assertIn(f"* - ``{name}``", page)


def _strings_passed_to(method: str, position: int):
    """The text of one argument of all calls of a method in the package."""
    for file in sorted((ROOT / "pumphouse").rglob("*.py")):
        tree = ast.parse(file.read_text())
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == method
                and len(node.args) > position
            ):
                yield from _text_of(node.args[position])


def _text_of(argument: ast.expr):
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.Name) and argument.id in _constants():
        yield _constants()[argument.id]


@functools.cache
def _constants() -> dict[str, str]:
    """Module-level constants of the package that hold one plain word, by name."""
    found = {}
    for file in (ROOT / "pumphouse").rglob("*.py"):
        found |= dict(re.findall(r'^([A-Z]+) = "([a-z-]+)"', file.read_text(), re.M))
    return found
