# SPDX-License-Identifier: Apache-2.0
"""Names that several have: ``DOMAIN/NAME``, ``--domain``, and all errors at once."""

from __future__ import annotations

from typing import Any

import testtools

from pumphouse import exceptions
from pumphouse.plan.selection import Selection, resolve
from pumphouse.resources.registry import resource_types
from tests.unit.resources.fakes import FakeCloud


def _project(its_id: str, name: str, domain: str) -> dict[str, Any]:
    return {"id": its_id, "name": name, "domain_id": domain, "is_domain": False}


class TestOwners(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cloud: Any = FakeCloud()
        self.cloud.side = self.cloud.name = "source"
        self.projects = [
            _project("p1", "web", "d1"),
            _project("p2", "web", "d2"),
            _project("p3", "d1/odd", "d2"),
            _project("p4", "mail", "d1"),
        ]
        self.domains = [{"id": "d1", "name": "east"}, {"id": "d2", "name": "west"}]
        self.cloud.on("GET", "/projects", self.projects)
        self.cloud.on("GET", "/domains", self.domains)

    def found(self, *terms: str, owner: str = "") -> list[str]:
        selection = Selection("project", terms, owner)
        found = resolve(selection, self.cloud, resource_types())
        return [resource.ref.id for resource in found]

    def refused(self, kind: type[Exception], *terms: str, owner: str = "") -> str:
        selection = Selection("project", terms, owner)
        return str(
            self.assertRaises(kind, resolve, selection, self.cloud, resource_types())
        )

    def test_the_owner_by_name_or_id(self):
        self.assertEqual(["p2", "p1"], self.found("west/web", "d1/web"))

    def test_for_all_of_them(self):
        self.assertEqual(["p1", "p4"], self.found("web", "mail", owner="east"))
        self.assertEqual(["p2"], self.found("web", owner="d2"))

    def test_a_name_with_a_slash_is_a_name_first(self):
        self.assertEqual(["p3"], self.found("d1/odd"))

    def test_domains_are_asked_for_only_where_they_are_needed(self):
        self.found("mail", "p2")
        self.assertEqual([], self.cloud.made("GET", "/domains"))

    def test_of_two_it_says_where_they_are(self):
        said = self.refused(exceptions.Ambiguous, "web")
        self.assertIn("p1 (domain east), p2 (domain west)", said)

    def test_another_domain_has_none(self):
        said = self.refused(exceptions.NotFound, "mail", owner="west")
        self.assertIn("no project has the name or id 'mail'", said)

    def test_a_domain_that_is_not_there(self):
        said = self.refused(exceptions.NotFound, "web", owner="eats")
        self.assertIn("no domain has the name or id 'eats'. Did you mean 'east'?", said)

    def test_unknown_names_are_told_at_once_before_ambiguous_ones(self):
        said = self.refused(exceptions.NotFound, "web", "mial", "nothing", "east/none")
        self.assertIn("'mial', 'nothing', 'east/none'", said)
        self.assertIn("'mail' for 'mial'", said)

    def test_two_domains_of_one_name(self):
        self.domains[1]["name"] = "east"
        said = self.refused(exceptions.Ambiguous, "web", owner="east")
        self.assertIn("several domains are named 'east'", said)
        self.assertIn("d1, d2", said)
