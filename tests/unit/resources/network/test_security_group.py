# SPDX-License-Identifier: Apache-2.0
"""Security groups let through what they did, and nothing else."""

from __future__ import annotations

import testtools

from pumphouse.conf.migration import Options
from pumphouse.models import Action, Origin, Ref
from pumphouse.resources.network.security_group import SecurityGroup
from pumphouse.resources.network.security_group_rule import SecurityGroupRule
from tests.unit.resources.fakes import FakeCloud, coming
from tests.unit.resources.identity.outlooks import named, outlook
from tests.unit.resources.network import records

KIND = SecurityGroup()
bastion = named("security-group", "bastion")
RULE = "security-group-rule"
AUTOMATIC = [
    records.everything_out("A4", security_group_id="G1"),
    records.everything_out("A6", "IPv6", security_group_id="G1"),
]


def group(*rules, **more):
    return KIND.resource(records.group(security_group_rules=[*rules], **more))


def made(*rules, **more):
    more = {"id": "G1", "project_id": "P1", **more}
    return records.group(security_group_rules=[*rules], **more)


class TestAutomaticRules(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.cloud = FakeCloud(extensions=("stateful-security-group",))
        self.ctx = records.context(destination=self.cloud)

    def removed(self):
        return [c.path.rpartition("/")[2] for c in self.cloud.made("DELETE")]

    def test_those_the_source_has_stand_for_its_own_the_others_go(self):
        self.cloud.on("POST", "/security-groups", made(*AUTOMATIC))
        self.cloud.on("DELETE", "/security-group-rules/A6", True)
        KIND.ensure(self.ctx, group(records.everything_out("u4")))
        self.assertEqual("A4", self.ctx.translate(Ref(RULE, "u4")))
        self.assertEqual(["A6"], self.removed())
        self.assertEqual(2, len(self.cloud.calls))

    def test_a_group_that_lets_nothing_out(self):
        self.cloud.on("POST", "/security-groups", made(*AUTOMATIC))
        for each in ("A4", "A6"):
            self.cloud.on("DELETE", f"/security-group-rules/{each}", True)
        KIND.ensure(self.ctx, group())
        self.assertEqual(["A4", "A6"], self.removed())

    def test_are_settled_after_a_lost_answer_too(self):
        """Even where the source's group has no rule at all."""
        there = made(*AUTOMATIC)
        self.cloud.on("POST", "/security-groups", records.lost())
        self.cloud.on("GET", "/security-groups", [there])
        self.cloud.on("GET", "/security-groups/G1", there)
        for each in ("A4", "A6"):
            self.cloud.on("DELETE", f"/security-group-rules/{each}", True)
        KIND.ensure(self.ctx, group())
        self.assertEqual(["A4", "A6"], self.removed())

    def test_default_is_asked_for_and_made_equal(self):
        """Its rule that lets its own members in refers to itself."""
        itself = records.everything_out(
            "B", security_group_id="G1", remote_group_id="G1"
        )
        there = made(itself, *AUTOMATIC, name="default", description="Default")
        self.cloud.on("GET", "/security-groups", [there])
        self.cloud.on("PUT", "/security-groups/G1", {})
        for each in ("A4", "A6"):
            self.cloud.on("DELETE", f"/security-group-rules/{each}", True)
        mine = records.everything_out("u1", remote_group_id="g1")
        KIND.ensure(self.ctx, group(mine, name="default", description="ours"))
        self.assertEqual("B", self.ctx.translate(Ref(RULE, "u1")))
        self.assertEqual([], self.cloud.made("POST"))
        (put,) = self.cloud.made("PUT")
        self.assertEqual({"security_group": {"description": "ours"}}, put.body)
        self.assertEqual("P1", self.cloud.calls[0].params["project_id"])


class TestCompare(testtools.TestCase):
    bound = {**records.PROJECT, Ref("security-group", "g2"): "G2"}

    def extra(self, source, *rules):
        there = KIND.resource(made(*rules))
        found = KIND.compare(source, there, self.bound.get, Options())
        return [d.destination for d in found]

    def test_rules_only_the_destination_has(self):
        ssh, http = records.rule(), records.rule(port_range_max=80, port_range_min=80)
        self.assertEqual([], self.extra(group(ssh), {**ssh, "id": "U"}))
        self.assertEqual([["ingress IPv4 tcp 80"]], self.extra(group(ssh), ssh, http))

    def test_rules_it_lacks_are_resources_of_their_own(self):
        self.assertEqual([], self.extra(group(records.rule())))

    def test_remote_groups(self):
        from_g2 = group(records.rule(remote_group_id="g2"))
        unknown = group(records.rule(remote_group_id="g3"))
        there = records.rule(remote_group_id="G2")
        self.assertEqual([], self.extra(from_g2, there))
        self.assertEqual(1, len(self.extra(from_g2, {**there, "remote_group_id": "X"})))
        # Nothing stands for g3 yet: it may turn out to be G2.
        self.assertEqual([], self.extra(unknown, there))

    def test_stateless_stays_stateless(self):
        there = KIND.resource(made())
        found = KIND.compare(group(stateful=False), there, self.bound.get, Options())
        self.assertEqual(["stateful"], [d.field for d in found])


class TestRules(testtools.TestCase):
    def test_rules_come_from_the_record_with_their_groups_owner(self):
        cloud = FakeCloud()
        mine = group(records.rule(project_id="admin"))
        (rule,) = coming(SecurityGroupRule(), cloud, "security-group", mine)
        self.assertEqual(Ref(RULE, "u1"), rule.ref)
        self.assertEqual("p1", rule.project_id)
        self.assertEqual([], cloud.calls)


class TestSweep(testtools.TestCase):
    """A group of which nobody knows whether it was made is removed."""

    def setUp(self):
        super().setUp()
        self.cloud = FakeCloud(extensions=("stateful-security-group",))
        self.cloud.on("GET", "/security-groups", [made(*AUTOMATIC)])
        self.cloud.on("DELETE", "/security-groups/G1", True)
        self.ctx = records.context(destination=self.cloud)
        self.group = group(records.everything_out("u4"))
        self.ctx.temporary("create", self.group.ref)

    def test_no_rule_of_it_is_bound_on_the_way(self):
        self.assertEqual({"removed": "G1"}, KIND.sweep(self.ctx, self.group))
        self.assertIsNone(self.ctx.binding(Ref(RULE, "u4")))
        self.assertEqual(1, len(self.cloud.made("DELETE")))

    def test_rules_that_were_bound_before_it_are_forgotten(self):
        """Or a resume would take them for the new group's."""
        self.ctx.bind(Ref(RULE, "u4"), "A4")
        KIND.sweep(self.ctx, self.group)
        self.assertIsNone(self.ctx.binding(Ref(RULE, "u4")))

    def test_rules_that_were_registered_stay(self):
        self.ctx.bind(Ref(RULE, "u4"), "A4", Origin.REGISTERED)
        KIND.sweep(self.ctx, self.group)
        self.assertEqual("A4", self.ctx.translate(Ref(RULE, "u4")))


def unshared():
    """A cloud without policies."""
    return FakeCloud().on("GET", "/rbac-policies", [])


class TestForeseen(testtools.TestCase):
    """What was not decided when two groups were taken for equal."""

    def findings(self, action, *rules, stands=None):
        mine = group(records.rule(id="r1", remote_group_id="bastion"))
        other = made(*rules)
        cloud = unshared().on("GET", "/security-groups", [other])
        stands = {mine.ref: "G1", **(stands or {})}
        decided = {mine: action, bastion: Action.CREATE}
        view = outlook(decided, stands, source=unshared(), destination=cloud)
        return [*KIND.foresee(view)]

    def test_a_rule_for_another_group_is_not_the_one_still_to_be_created(self):
        """So the destination's would have let in whoever is in that."""
        theirs = records.rule(
            id="R1", remote_group_id="everybody", security_group_id="G1"
        )
        mine = group(records.rule(id="r1", remote_group_id="bastion"))
        args = (mine, KIND.resource(made(theirs)), {Ref("project", "p1"): "P1"}.get)
        loose = KIND.compare(*args, Options())
        self.assertEqual([], [d for d in loose if d.field == "security_group_rules"])
        (found,) = self.findings(Action.ADOPT, theirs)
        self.assertIn("lets through more than on the source: ingress", found.blocked)
        self.assertIn("everybody", found.blocked)

    def test_it_is_if_that_stands_for_it(self):
        theirs = records.rule(id="R1", remote_group_id="B", security_group_id="G1")
        stands = {bastion.ref: "B"}
        self.assertEqual([], self.findings(Action.ADOPT, theirs, stands=stands))

    def test_of_a_mapped_one_every_rule_counts(self):
        theirs = records.everything_out("A4", security_group_id="G1")
        (found,) = self.findings(Action.MAP, theirs)
        self.assertIn("egress IPv4", found.blocked)

    def test_of_others_nothing_is_asked(self):
        for action in (Action.CREATE, Action.SKIP):
            view = outlook({group(): action}, source=unshared())
            self.assertEqual([], list(KIND.foresee(view)))
            self.assertEqual([], view.destination.calls)
