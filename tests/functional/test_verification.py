# SPDX-License-Identifier: Apache-2.0
"""A verification overlooks no type: not its fields, and nothing that came or went."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any
from unittest import mock

from pumphouse.flow import history
from pumphouse.models import Action, Binding, Difference, Origin, Ref
from pumphouse.plan.document import Node, Plan
from pumphouse.plan.verdicts import Verdict, Verification
from pumphouse.plan.verification import verify
from tests.functional.base import FunctionalTestCase

WRONG = Difference("anything", "this", "that")


class TestEachType(FunctionalTestCase):
    """After the migration of a project that has something of every type."""

    def setUp(self) -> None:
        super().setUp()
        self.plan, _ = self.world.migrate()
        pair = self.plan.pair
        self.bindings = {b.ref: b for b in self.world.store.bindings(pair)}

    def verify(
        self, plan: Plan | None = None, bindings: dict[Ref, Binding] | None = None
    ) -> Verification:
        told = history.told(self.world.store, self.bindings.values())
        return verify(
            plan or self.plan,
            self.world.source,
            self.world.destination,
            self.world.types,
            self.bindings if bindings is None else bindings,
            not_kept={ref: said.not_kept for ref, said in told.items()},
            announced={ref: said.announced for ref, said in told.items()},
        )

    def found(self, found: Verification) -> dict[Verdict, set[Ref]]:
        judged = defaultdict(set)
        for row in found.rows():
            judged[row.verdict].add(row.resource.ref)
        return judged

    def one_of_each(self) -> dict[str, Node]:
        """A node of every registered type, created where there is one."""
        nodes: dict[str, Node] = {}
        for node in [*self.plan.having(Action.ADOPT, Action.CREATE)]:
            nodes[node.ref.type] = node
        self.assertEqual(self.world.types.keys(), nodes.keys())
        return nodes

    def without(self, *refs: Ref) -> Plan:
        nodes = {r: n for r, n in self.plan.nodes.items() if r not in refs}
        edges = [e for e in self.plan.edges if not {*e[:2]}.intersection(refs)]
        return replace(self.plan, nodes=nodes, edges=tuple(edges))

    def test_nothing_else_is_there(self):
        """Neither cloud has anything that the other has not, as far as was asked."""
        found = self.verify()
        self.assertTrue(found.complete, [*found.rows()])
        self.assertTrue(found.sets)

    def test_all_fields_of_each_are_compared(self):
        for name, kind in self.world.types.items():
            with mock.patch.object(kind, "compare", return_value=(WRONG,)):
                found = self.found(self.verify())[Verdict.DIFFERENT]
            wanted = {
                ref
                for ref, node in self.plan.nodes.items()
                if ref.type == name and node.decision.action is not Action.MAP
            }
            self.assertEqual(wanted, found, name)

    def test_one_of_each_that_no_plan_knows_is_found_on_both_sides(self):
        """As if it had come to the source since, and to the destination by itself."""
        selected = {*self.plan.selected}
        for name, node in self.one_of_each().items():
            if node.ref in selected:
                continue
            bindings = {r: b for r, b in self.bindings.items() if r != node.ref}
            found = self.found(self.verify(self.without(node.ref), bindings))
            self.assertIn(node.ref, found[Verdict.NOT_PLANNED], name)
            made = self.bindings[node.ref]
            if made.origin is Origin.CREATED and name not in _NOT_WITHIN:
                there = Ref(name, made.destination_id)
                self.assertIn(there, found[Verdict.NO_SOURCE], name)

    def test_a_rule_too_many_is_told_once(self):
        node = next(n for r, n in self.plan.nodes.items() if r.type == "security-group")
        group = self.bindings[node.ref].destination_id
        body = {
            **{"security_group_id": group, "direction": "ingress"},
            **{"protocol": "tcp", "port_range_min": 6666, "port_range_max": 6666},
        }
        rule = self.world.destination.post(
            *("network", "/security-group-rules", {"security_group_rule": body}),
            key="security_group_rule",
        )
        found = self.found(self.verify())
        self.assertEqual(
            {Verdict.NO_SOURCE: {Ref("security-group-rule", rule["id"])}}, dict(found)
        )

    def test_what_others_have_attached_since_is_found_with_its_project(self):
        body = {"project": {"name": "pool", "domain_id": "default"}}
        pool = self.world.source.post("identity", "/projects", body, "project")["id"]

        def attach() -> str:
            state, neutron = self.source.cloud.state, self.source.cloud.services
            (public,) = (n for n in state.networks if n["name"] == "public")
            (taken, *_) = (ip["port_id"] for ip in state.floatingips if ip["port_id"])
            (port, *_) = (
                p["id"]
                for p in state.ports.by("network_id", _network(state, taken))
                if p["name"] and p["id"] != taken
            )
            asked = {"floating_network_id": public["id"], "port_id": port}
            return str(neutron["network"].make_floating_ip(pool, asked)["id"])

        address = self.source.run(attach)
        found = self.found(self.verify())[Verdict.NOT_PLANNED]
        self.assertIn(Ref("floating-ip", address), found)
        self.assertIn(Ref("project", pool), found)

    def test_one_of_each_that_is_gone_is_missed(self):
        for name, node in self.one_of_each().items():
            made = self.bindings[node.ref]
            moved = {**self.bindings, node.ref: replace(made, destination_id=_NONE)}
            if made.destination_id.count("/"):
                parts = [_NONE] * (made.destination_id.count("/") + 1)
                moved[node.ref] = replace(made, destination_id="/".join(parts))
            differing = self.verify(bindings=moved).differing
            gone = [r.ref for r, (d, *_) in differing if d.destination == "gone"]
            self.assertEqual([node.ref], gone, name)

    def test_requests(self):
        """No more than two lists a type and cloud, beside what one resource takes."""
        clouds = (self.world.source, self.world.destination)
        before = [cloud.log.total for cloud in clouds]
        self.verify()
        sent = [c.log.total - b for c, b in zip(clouds, before, strict=True)]
        self.assertLess(max(sent), 2 * len(self.world.types), sent)


def _network(state: Any, port: str) -> str:
    """The network that a port is on."""
    return str(state.ports.rows[port]["network_id"])


_NONE = "0" * 32
# Not part of anything, so nothing of what was created leads to it.
_NOT_WITHIN = ("domain", "flavor", "role", "user")
