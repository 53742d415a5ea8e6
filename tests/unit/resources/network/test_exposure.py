# SPDX-License-Identifier: Apache-2.0
"""What a thing is exposed to never grows, and what it loses is said."""

from __future__ import annotations

import testtools

from pumphouse.models import Ref
from pumphouse.resources.network import surroundings
from pumphouse.resources.network.exposure import Exposure
from pumphouse.resources.network.network import Network
from pumphouse.resources.network.security_group import SecurityGroup
from tests.unit.resources.network import records
from tests.unit.resources.network.plans import (
    GONE,
    blocked,
    cloud,
    notes,
    outlook,
    project,
)

N1 = Ref("network", "n1")
EXTERNAL = {"action": "access_as_external"}


def network(**more):
    return Network().resource(records.network(**more))


def group(**more):
    return SecurityGroup().resource(records.group(**more))


def foresee(*resources, kind="network", **more):
    plan = outlook(*resources, **more)
    if kind == "network":
        return [*surroundings.findings(plan)]
    return [*Exposure(plan).findings(kind)]


class TestMade(testtools.TestCase):
    def test_sharing_with_a_project_is_not_kept(self):
        source = cloud(records.policy("n1"), p9="web")
        found = foresee(network(), source=source)
        ((ref, note),) = notes(found)
        self.assertEqual(N1, ref)
        self.assertIn("no longer shared with project web", note)
        self.assertEqual({}, blocked(found))

    def test_sharing_with_everybody_is(self):
        policies = records.policy("n1", target="*"), records.policy("n1")
        self.assertEqual([], foresee(network(shared=True), source=cloud(*policies)))

    def test_sharing_with_its_owner_says_nothing(self):
        source = cloud(records.policy("n1", target="p1"))
        self.assertEqual([], foresee(network(), source=source))

    def test_external_for_one_does_not_become_external_for_all(self):
        source = cloud(records.policy("n1", **EXTERNAL), p9="web")
        found = foresee(network(**{"router:external": True}), source=source)
        self.assertIn("external for project web only", blocked(found)[N1])

    def test_external_for_all_stays_so(self):
        policies = [records.policy("n1", target=t, **EXTERNAL) for t in ("*", "p9")]
        public = network(**{"router:external": True})
        self.assertEqual([], foresee(public, source=cloud(*policies)))

    def test_a_group_loses_its_sharing_with_everybody_too(self):
        """Its API takes no ``shared``."""
        corp = group()
        for target, whom in (("*", "everybody"), ("p9", "project web")):
            policy = records.policy(
                corp.ref.id, object_type="security_group", target=target
            )
            found = foresee(
                corp, kind=SecurityGroup.name, source=cloud(policy, p9="web")
            )
            ((ref, note),) = notes(found)
            self.assertEqual(corp.ref, ref)
            self.assertIn(f"no longer shared with {whom}", note)

    def test_many_are_counted_and_those_gone_go_by_id(self):
        policies = [records.policy("n1", target=f"p{n}") for n in range(2, 8)]
        source = cloud(*policies, p2="two", p3="three").on("GET", "/projects/p4", GONE)
        ((_, note),) = notes(foresee(network(), source=source))
        self.assertIn("project two, project three, project p4 and 3 more", note)

    def test_nothing_is_read_for_a_plan_without_networks(self):
        mine = outlook(project("p1"))
        self.assertEqual([], [*surroundings.findings(mine)])
        self.assertEqual([], [*Exposure(mine).findings("security-group")])
        self.assertEqual([], mine.source.calls + mine.destination.calls)


class TestStanding(testtools.TestCase):
    """A network that stands on the destination, adopted or migrated earlier."""

    def found(self, here, there, *more, action="adopt", record=None, **decided):
        return foresee(
            network(**(record or {})),
            project("p1"),
            *more,
            source=cloud(*here, p9="web", p8="db"),
            destination=cloud(*there, P9="web", P8="other"),
            n1=f"{action}:N1",
            p1="adopt:P1",
            **decided,
        )

    def test_shared_with_more_there(self):
        found = self.found([], [records.policy("N1", target="P9")])
        self.assertIn("shared with project web", blocked(found)[N1])
        found = self.found([], [records.policy("N1", target="*")])
        self.assertIn("shared with everybody", blocked(found)[N1])

    def test_external_for_more_there(self):
        here = [records.policy("n1", **EXTERNAL)]
        there = [records.policy("N1", target="*", **EXTERNAL)]
        found = self.found(here, there, record={"router:external": True})
        self.assertIn("external for everybody", blocked(found)[N1])

    def test_the_operators_word_and_what_was_migrated_are_not_judged(self):
        there = [records.policy("N1", target="P9")]
        for action in ("map", "skip"):
            self.assertEqual([], self.found([], there, action=action))

    def test_with_the_same_projects_by_what_stands_for_them(self):
        here, there = records.policy("n1"), records.policy("N1", target="X")
        more = project("p9")
        self.assertEqual([], self.found([here], [there], more, p9="adopt:X"))

    def test_with_the_same_projects_by_name_where_nothing_does_yet(self):
        here, there = records.policy("n1"), records.policy("N1", target="P9")
        self.assertEqual([], self.found([here], [there]))

    def test_with_another_project(self):
        here = records.policy("n1", target="p8")
        found = self.found([here], [records.policy("N1", target="P9")])
        self.assertIn("project web", blocked(found)[N1])
        self.assertIn("no longer shared with project db", notes(found)[0][1])

    def test_with_its_owner(self):
        there = records.policy("N1", target="P1")
        self.assertEqual([], self.found([], [there]))

    def test_with_everybody_on_both(self):
        both = [records.policy(each, target="*") for each in ("n1", "N1")]
        there = [both[1], records.policy("N1", target="P9")]
        self.assertEqual([], self.found([both[0]], there))

    def test_what_was_migrated_is_noted_until_it_is_shared_there(self):
        here = [records.policy("n1")]
        (said,) = notes(self.found(here, [], action="skip"))
        self.assertIn("no longer shared with project web", said[1])
        shared = [records.policy("N1", target="*")]
        self.assertEqual([], self.found(here, shared, action="skip"))


class TestElsewhere(testtools.TestCase):
    def found(self, *policies, owner="p1", **more):
        source = cloud(*policies, p9="web", p8="ops")
        thing = {"id": "x", "name": "corp", "project_id": owner}
        for path in ("/address-groups", "/networks", "/qos/policies", "/subnetpools"):
            source.on("GET", path, [thing])
        source.on("GET", "/bgpvpn/bgpvpns", GONE)
        mine = project("p1", "mine")
        plan = outlook(network(), mine, source=source, **more)
        self.source = source
        return [note for ref, note in notes([*surroundings.findings(plan)]) if not ref]

    def test_what_a_project_shares_of_types_that_are_not_migrated(self):
        """Whoever made the policy: it is an administrator's, as a rule."""
        policy = records.policy("x", object_type="address_group", project_id="p8")
        (note,) = self.found(policy)
        self.assertEqual(
            "address group corp of project mine is shared with project web: neither is "
            "carried",
            note,
        )

    def test_what_a_project_may_use_of_others(self):
        for kind in ("network", "subnetpool"):
            policy = records.policy("x", target="p1", object_type=kind)
            (note,) = self.found(policy, owner="p9")
            self.assertIn(f"{kind} corp of project web is shared with project", note)

    def test_what_nobody_can_name(self):
        bgpvpn = records.policy("x", object_type="bgpvpn")
        new = records.policy("y", object_type="teapot")
        self.assertIn("bgpvpn x of project mine", self.found(bgpvpn)[0])
        self.assertIn("teapot y of project mine", self.found(new)[0])

    def test_what_is_others_business(self):
        theirs = records.policy("x", object_type="qos_policy")
        pool = records.policy("x", object_type="subnetpool", target="*")
        public = records.policy("x", target="*", **EXTERNAL)
        own = records.policy("x", target="p9")  # its owner's, which was not selected
        self.assertEqual([], self.found(theirs, pool, public, own, owner="p8"))
        self.assertEqual([], self.source.made("GET", "/networks"))

    def test_nor_what_is_shared_with_its_owner(self):
        policy = records.policy("x", object_type="address_group", target="p1")
        self.assertEqual([], self.found(policy))

    def test_nor_what_the_operators_own_project_has(self):
        policy = records.policy("x", object_type="address_group")
        self.assertEqual([], self.found(policy, p1="map:P1"))
        self.assertEqual([], self.source.made("GET", "/address-groups"))

    def test_many_are_counted(self):
        found = self.found(
            *(records.policy(f"x{n}", object_type="teapot") for n in range(8))
        )
        self.assertEqual(6, len(found))
        self.assertIn("3 more", found[-1])
