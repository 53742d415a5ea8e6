# SPDX-License-Identifier: Apache-2.0
"""Preflight: quotas that would not do, and what no type covers."""

from __future__ import annotations

from typing import Any

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Action, CloudPair, Decision, Ref, Resource
from pumphouse.plan import preflight
from pumphouse.plan.document import Node, Plan
from pumphouse.resources.registry import resource_types

TYPES = resource_types()


class Cloud:
    """Quotas by path, and volumes."""

    def __init__(self) -> None:
        self.project_id = "operators"
        self.quotas: dict[str, Any] = {}
        self.volumes: list[Any] | Exception | None = None
        self.asked: list[str] = []

    def find(self, service: str, path: str, key: str = "", **_: Any) -> Any:
        self.asked.append(path)
        return self.quotas.get(path)

    def services(self) -> frozenset[str]:
        return frozenset(() if self.volumes is None else ("block-storage",))

    def scoped_to(self, project: str) -> Any:
        raise exceptions.Forbidden("no role there")

    def list(self, service: str, path: str, *_: Any, **__: Any) -> Any:
        if isinstance(self.volumes, Exception):
            raise self.volumes
        return self.volumes if path.startswith("/volumes") else []


def node(kind: str, name: str, project: str = "p1", **more: Any) -> Node:
    decision = Decision(
        more.pop("action", Action.CREATE), "", destination_id=more.pop("there", "")
    )
    return Node(Resource(Ref(kind, name), name, more, project), decision)


def project(name: str, there: str = "") -> Node:
    action = Action.MAP if there else Action.CREATE
    return node("project", name, "", action=action, there=there)


def plan(*nodes: Node) -> Plan:
    return Plan(
        *("id", "2026-01-01", "title", CloudPair("s", "d"), Options()),
        {n.ref: n for n in nodes},
        (),
    )


def used(limit: int, used: int = 0, reserved: int = 0) -> dict[str, int]:
    return {"limit": limit, "used": used, "reserved": reserved}


class TestPreflight(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.source, self.destination = Cloud(), Cloud()

    def blocked(self, *nodes: Node) -> dict[str, str]:
        found = preflight.check(self.source, self.destination, plan(*nodes), TYPES)
        return {str(ref): reason for ref, reason in found.blocked.items()}

    def test_what_fits_is_let_through(self):
        self.destination.quotas["/quotas/P1/details"] = {"port": used(10, 8)}
        nodes = [node("port", f"x{n}") for n in range(2)]
        self.assertEqual({}, self.blocked(project("p1", "P1"), *nodes))

    def test_what_does_not_fit_is_blocked_with_the_numbers(self):
        self.destination.quotas["/quotas/P1/details"] = {"port": used(10, 8, 1)}
        nodes = [node("port", f"x{n}") for n in range(2)]
        found = self.blocked(project("p1", "P1"), node("network", "n"), *nodes)
        self.assertEqual({"port:x0", "port:x1"}, set(found))
        self.assertIn("quota for port in project p1 leaves 1", found["port:x0"])
        self.assertIn("the plan needs 2", found["port:x0"])

    def test_unlimited_is_no_limit(self):
        self.destination.quotas["/quotas/P1/details"] = {"port": used(-1, 99)}
        self.assertEqual({}, self.blocked(project("p1", "P1"), node("port", "x")))

    def test_a_project_to_be_created_will_have_the_defaults(self):
        self.destination.quotas["/quotas/new/default"] = {"router": 0}
        found = self.blocked(project("p1"), node("router", "r"))
        self.assertIn("router:r", found)

    def test_two_projects_mapped_to_one_share_its_quota(self):
        self.destination.quotas["/quotas/P/details"] = {"network": used(1)}
        found = self.blocked(
            *(project("p1", "P"), project("p2", "P")),
            *(node("network", "a", "p1"), node("network", "b", "p2")),
        )
        self.assertEqual({"network:a", "network:b"}, set(found))

    def test_servers_are_counted_by_what_they_use(self):
        path = "/os-quota-sets/P1/detail"
        plenty = {"limit": 100, "in_use": 0, "reserved": 0}
        few = {"limit": 6, "in_use": 1, "reserved": 0}
        self.destination.quotas[path] = {
            "id": "P1",
            "instances": plenty,
            "cores": few,
            "ram": plenty,
        }
        flavor = {"vcpus": 3, "ram": 2}
        servers = [node("server", f"s{n}", flavor=flavor) for n in range(2)]
        found = self.blocked(project("p1", "P1"), *servers)
        self.assertEqual({"server:s0", "server:s1"}, set(found))
        self.assertIn("quota for cores in project p1 leaves 5", found["server:s0"])

    def test_a_server_with_more_metadata_than_one_may_have(self):
        self.destination.quotas["/os-quota-sets/P1/detail"] = {
            "metadata_items": {"limit": 2, "in_use": 0, "reserved": 0}
        }
        few, many = dict.fromkeys("ab", "1"), dict.fromkeys("abc", "1")
        found = self.blocked(
            project("p1", "P1"),
            node("server", "few", metadata=few),
            node("server", "many", metadata=many),
        )
        self.assertEqual({"server:many"}, set(found))
        self.assertIn("it has 3 metadata items", found["server:many"])
        self.assertIn("project p1 allows 2", found["server:many"])

    def test_what_is_there_already_costs_neither_quota_nor_requests(self):
        there = node("port", "x", action=Action.SKIP, there="X")
        self.assertEqual({}, self.blocked(project("p1", "P1"), there))
        self.assertEqual([], self.destination.asked)

    def test_volumes_that_stay_behind_are_told(self):
        self.source.volumes = [{"id": "v"}]
        found = preflight.check(
            self.source, self.destination, plan(project("p1")), TYPES
        )  # type: ignore[arg-type]
        self.assertIn(
            "1 volume of project p1 stays behind: not yet migrated", found.notes
        )

    def test_quotas_of_a_new_project_are_said_not_to_be_carried(self):
        for there, expected in (("", True), ("P1", False)):
            found = preflight.check(
                self.source,  # type: ignore[arg-type]
                self.destination,  # type: ignore[arg-type]
                plan(project("p1", there)),
                TYPES,
            )
            said = any("quotas of project p1" in note for note in found.notes)
            self.assertEqual(expected, said)

    def test_volumes_that_cannot_be_listed_stop_nothing(self):
        self.source.volumes = exceptions.Forbidden("the user may not do this")
        found = preflight.check(
            self.source, self.destination, plan(project("p1")), TYPES
        )  # type: ignore[arg-type]
        self.assertIn("could not be listed", found.notes[-1])

    def test_volumes_are_no_business_of_a_plan_for_servers(self):
        self.source.volumes = [{"id": "v"}]
        args: Any = (self.source, self.destination, plan(project("p1")), TYPES)
        found = preflight.check(*args, whole_project=False)
        self.assertEqual([], [note for note in found.notes if "volume" in note])

    def test_findings_end_up_in_the_plan(self):
        drawn = plan(project("p1", "P1"), node("port", "x"))
        findings = preflight.Preflight({Ref("port", "x"): "no room"}, ("mind the gap",))
        applied = findings.applied_to(drawn)
        decision = applied.nodes[Ref("port", "x")].decision
        self.assertEqual(
            (Action.BLOCKED, "no room"), (decision.action, decision.reason)
        )
        self.assertEqual(("mind the gap",), applied.notes)
