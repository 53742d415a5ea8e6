# SPDX-License-Identifier: Apache-2.0
"""A plan without its blocked nodes: closed under needs, nothing out in vain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import hypothesis
import testtools
from hypothesis import strategies as st

from pumphouse.models import Action, Need, Ref, Resource
from pumphouse.plan.document import Node, Plan
from pumphouse.plan.leaving import without_blocked
from pumphouse.plan.selection import Selection
from pumphouse.resources.base import ResourceType
from tests.unit.plan import toys
from tests.unit.plan.planning import planner


class Thing(ResourceType):
    """Needs what its record says, one way or another."""

    name = "thing"
    service = "toys"

    def needs(self, resource: Resource) -> Iterator[Need]:
        for other in resource.record["must"]:
            yield Need(Ref("thing", other), "cannot do without")
        for other in resource.record["may"]:
            yield Need(Ref("thing", other), "can do without", must=False)

    def goes_before(self, resource: Resource) -> Iterator[Need]:
        for other in resource.record["wanted_by"]:
            yield Need(Ref("thing", other), "is wanted by")


THINGS: Any = {"thing": Thing()}


@st.composite
def plans(draw: Any) -> Plan:
    """Any plan: each thing needs some that come before it, however it says so."""
    number = draw(st.integers(0, 12))
    drawn = toys_plan()
    actions = st.sampled_from([a for a in Action if a is not Action.LEFT_OUT])
    records = [
        {"must": [], "may": [], "wanted_by": [], "action": draw(actions)}
        for _ in range(number)
    ]
    for after in range(number):
        for before in draw(st.sets(st.integers(0, number), max_size=4)):
            if before < after:
                how = draw(st.sampled_from(["must", "may", "wanted_by"]))
                if how == "wanted_by":
                    records[before][how].append(str(after))
                else:
                    records[after][how].append(str(before))
    nodes = {}
    for n, record in enumerate(records):
        resource = Resource(Ref("thing", str(n)), f"thing {n}", record)
        decision = replace(next(iter(drawn.nodes.values())).decision)
        decision = replace(decision, action=record["action"], notes=())
        nodes[resource.ref] = Node(resource, decision)
    return replace(drawn, nodes=nodes, edges=())


def told(plan: Plan) -> Iterator[tuple[Ref, Ref]]:
    """(dependent, need) of all that cannot do without, as the records say it."""
    for ref, node in plan.nodes.items():
        for other in node.resource.record["must"]:
            yield ref, Ref("thing", other)
        for other in node.resource.record["wanted_by"]:
            yield Ref("thing", other), ref


def toys_plan(**more: Any) -> Plan:
    return planner(**more).draw_up(Selection("house", ("inn",)))


class TestProperties(testtools.TestCase):
    @hypothesis.given(plans())
    @hypothesis.settings(deadline=None)
    def test_what_is_left_is_closed_under_needs(self, plan: Plan) -> None:
        left = without_blocked(plan, THINGS)
        self.assertEqual([*plan.nodes], [*left.nodes])
        self.assertEqual([], [*left.having(Action.BLOCKED)])
        goes = {n.ref for n in left.having(Action.CREATE, Action.ADOPT)}
        out = {n.ref for n in left.left_out}
        strong = {*told(plan)}
        self.assertEqual([], [(d, n) for d, n in strong if d in goes and n in out])
        # Nothing is left out but for a reason, and what stands already stays.
        for ref in out:
            was = plan.nodes[ref].decision.action
            because = [need for d, need in strong if d == ref and need in out]
            self.assertTrue(was is Action.BLOCKED or because, ref)
        for node in plan.having(Action.SKIP, Action.MAP):
            self.assertEqual(node, left.nodes[node.ref])

    @hypothesis.given(plans())
    @hypothesis.settings(deadline=None)
    def test_once_is_enough(self, plan: Plan) -> None:
        left = without_blocked(plan, THINGS)
        self.assertIs(left, without_blocked(left, THINGS))
        blocked = any(plan.having(Action.BLOCKED))
        self.assertEqual(blocked, left.digest != plan.digest)


class TestLeaving(testtools.TestCase):
    def drawn(self, **more: Any) -> Plan:
        """Bob feeds Rex, both live in the inn; some of it cannot be moved."""
        drawing = planner(without_blocked=True)
        drawing.source.records["pet"] = [{"id": "gone", "name": "Rex"}]
        for kind, where, what in more.get("wrong", ()):
            drawing.source.records[kind][where] |= what
        return drawing.draw_up(Selection("house", ("h1", "inn")))

    def decisions(self, plan: Plan) -> dict[str, str]:
        return {n.resource.name: n.decision.action.value for n in plan.nodes.values()}

    def test_who_lives_in_it_is_left_out_as_well_and_says_why(self):
        plan = self.drawn(wrong=[("house", 1, {"on_fire": True})])
        self.assertEqual(
            {
                **{"Ulm": "create", "mill": "create", "Ann": "create", "Rex": "create"},
                **{"inn": "left-out", "Bob": "left-out"},
            },
            self.decisions(plan),
        )
        inn, bob = (
            plan.nodes[Ref(*ref)] for ref in (("house", "h2"), ("person", "p2"))
        )
        self.assertEqual("it is on fire", inn.decision.reason)
        self.assertEqual(
            "needs house inn (where they live), which is left out", bob.decision.reason
        )

    def test_it_is_kept_and_read_again(self):
        plan = self.drawn(wrong=[("house", 1, {"on_fire": True})])
        again = Plan.loads(plan.dumps())
        self.assertEqual(plan.nodes, again.nodes)
        self.assertEqual((plan.selected, False), (again.selected, again.whole_project))
        self.assertEqual((Ref("house", "h1"), Ref("house", "h2")), again.selected)

    def test_what_can_do_without_comes_and_says_so(self):
        burning = {"name": "Rex", "on_fire": True}
        self.addCleanup(setattr, toys.Pet, "fitness", toys.Pet.fitness)
        toys.Pet.fitness = toys.House.fitness  # type: ignore[assignment]
        plan = self.drawn(wrong=[("pet", 0, burning)])
        bob = plan.nodes[Ref("person", "p2")].decision
        self.assertEqual(Action.CREATE, bob.action)
        said = "pet Rex (whom they feed) is left out: they feed nobody"
        self.assertIn(said, bob.notes)
        self.assertEqual(("pet",), bob.announced)

    def test_a_quota_that_is_too_small_leaves_out_what_does_not_fit(self):
        class Small:
            def applied_to(self, plan: Plan) -> Plan:
                node = plan.nodes[Ref("house", "h2")]
                full = replace(node.decision, action=Action.BLOCKED, reason="no room")
                return replace(
                    plan, nodes={**plan.nodes, node.ref: replace(node, decision=full)}
                )

        plan = toys_plan(without_blocked=True, preflight=lambda *_: Small())
        left = {n.resource.name: n.decision.reason for n in plan.left_out}
        self.assertEqual({"inn", "Bob"}, left.keys())
        self.assertEqual("no room", left["inn"])
