# SPDX-License-Identifier: Apache-2.0
"""A mapping that matches nothing is said, in the plan; one of another plan is not."""

from __future__ import annotations

from typing import Any

import testtools

from pumphouse.models import Ref, Resource
from pumphouse.plan.mapped import unmatched
from pumphouse.resources.registry import resource_types
from tests.unit.resources.fakes import FakeCloud


class TestUnmatched(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cloud: Any = FakeCloud()
        projects = [{"id": "p1", "name": "web"}, {"id": "p2", "name": "mail"}]
        self.cloud.on("GET", "/projects", projects)
        ref = Ref("project", "p1")
        self.resources = {ref: Resource(ref, "web", {"id": "p1", "name": "web"})}

    def notes(self, **mapped: str) -> list[str]:
        types = resource_types()
        return [*unmatched({"project": mapped}, types, self.resources, self.cloud)]

    def test_what_is_in_the_plan_costs_no_request(self):
        self.assertEqual([], self.notes(web="other", p1="other"))
        self.assertEqual([], self.cloud.calls)

    def test_what_another_plan_may_have(self):
        self.assertEqual([], self.notes(mail="other"))

    def test_what_nothing_is_called(self):
        (note,) = self.notes(mial="other", web="other")
        self.assertIn("mapping of project 'mial': nothing on the source has", note)
        self.assertIn("did you mean 'mail'?", note)
