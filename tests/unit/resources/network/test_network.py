# SPDX-License-Identifier: Apache-2.0
"""Networks: what is sent, what is the same network, and what no cloud may lose."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Origin, Ref
from pumphouse.resources.network import policies
from pumphouse.resources.network.network import Network
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records

KIND = Network()
KNOWN = ("port-security", "external-net", "net-mtu-writable", "provider")
PHYSICAL = {
    "provider:network_type": "vlan",
    "provider:physical_network": "dc",
    "provider:segmentation_id": 12,
}


def network(**more):
    return KIND.resource(records.network(**more))


class TestBody(testtools.TestCase):
    def body(self, *known, **more):
        there = FakeCloud(extensions=known or KNOWN)
        return KIND.body(records.context(destination=there), network(**more))

    def test_false_stays_false(self):
        """Others turn admin-down and port security off into their opposites."""
        body = self.body(admin_state_up=False, port_security_enabled=False)
        self.assertIs(False, body["admin_state_up"])
        self.assertIs(False, body["port_security_enabled"])
        self.assertEqual("P1", body["project_id"])

    def test_the_destination_allots_the_segment_of_a_tenants_network(self):
        for more in ({}, PHYSICAL):
            body = self.body(**more)
            self.assertEqual([], [k for k in body if k.startswith("provider:")])

    def test_the_operators_segment_is_kept(self):
        for public in ("router:external", "shared"):
            body = self.body(**PHYSICAL, **{public: True})
            self.assertEqual(PHYSICAL, {k: body[k] for k in PHYSICAL})

    def test_what_the_destination_does_not_know_is_not_sent(self):
        body = self.body("external-net", port_security_enabled=False)
        self.assertNotIn("port_security_enabled", body)
        self.assertNotIn("mtu", body)

    def test_an_external_network_without_its_owner_becomes_the_operators(self):
        body = self.body(project_id="infra", **{"router:external": True})
        self.assertNotIn("project_id", body)


class TestMatch(testtools.TestCase):
    def test_external_ones_by_name_others_by_owner_too(self):
        translate = records.PROJECT.get
        mine = KIND.key(network(), translate)
        self.assertEqual(("app", "P1"), mine)
        self.assertIsNone(KIND.key(network(project_id="unknown"), translate))
        public = network(project_id="unknown", **{"router:external": True})
        self.assertEqual(("external", "app"), KIND.key(public, translate))

    def test_an_external_network_prepared_by_hand_is_adopted(self):
        """Whoever owns it there, and whatever the project of the source's owner."""
        here = network(project_id="infra", **{"router:external": True}, **PHYSICAL)
        there = network(
            id="N", project_id="ops", **{"router:external": True}, **PHYSICAL
        )
        self.assertEqual((), KIND.compare(here, there, {}.get, Options()))
        need = next(n for n in KIND.needs(here) if n.ref == Ref("project", "infra"))
        self.assertFalse(need.brings or need.must)

    def test_another_segment_of_the_operators_differs(self):
        here = network(shared=True, **PHYSICAL)
        other = {**PHYSICAL, "provider:segmentation_id": 13}
        there = network(id="N", project_id="P1", shared=True, **other)
        found = KIND.compare(here, there, records.PROJECT.get, Options())
        self.assertEqual(["provider:segmentation_id"], [d.field for d in found])

    def test_another_segment_of_a_tenants_network_does_not(self):
        there = network(id="N", project_id="P1", **{"provider:segmentation_id": 99})
        found = KIND.compare(network(), there, records.PROJECT.get, Options())
        self.assertEqual((), found)

    def test_candidates_take_one_list_for_each_kind(self):
        cloud = FakeCloud().on("GET", "/networks", [records.network(project_id="P1")])
        both = [network(), network(id="n2", **{"router:external": True})]
        found = [*KIND.candidates(cloud, both, records.PROJECT.get)]
        self.assertEqual(["n1"], [r.ref.id for r in found])
        self.assertEqual(2, len(cloud.calls))


class TestSteps(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.cloud = FakeCloud(extensions=KNOWN)
        self.ctx = records.context(destination=self.cloud)

    def test_tags_take_a_request_of_their_own_only_if_there_are_any(self):
        self.cloud.on("POST", "/networks", {"id": "N", "tags": []})
        self.cloud.on("PUT", "/networks/N/tags", {})
        KIND.ensure(self.ctx, network())
        self.assertEqual(1, len(self.cloud.calls))
        KIND.ensure(self.ctx, network(id="n2", tags=["b", "a"]))
        (put,) = self.cloud.made("PUT")
        self.assertEqual({"tags": ["a", "b"]}, put.body)

    def test_a_second_run_asks_nothing(self):
        self.cloud.on("POST", "/networks", {"id": "N", "tags": []})
        first = KIND.ensure(self.ctx, network())
        self.assertEqual(first, KIND.ensure(self.ctx, network()))
        self.assertEqual(1, len(self.cloud.calls))

    def test_after_a_lost_answer_it_is_found_and_finished(self):
        """It had been made, but not yet its tags."""
        made = records.network(id="N", project_id="P1")
        self.cloud.on("POST", "/networks", records.lost())
        self.cloud.on("GET", "/networks", [made]).on("GET", "/networks/N", made)
        self.cloud.on("PUT", "/networks/N/tags", {})
        KIND.ensure(self.ctx, network(tags=["a"]))
        self.assertEqual("N", self.ctx.translate(Ref("network", "n1")))
        self.assertEqual(1, len(self.cloud.made("PUT")))

    def test_what_is_made_is_not_forgotten_because_its_tags_are_refused(self):
        """Nor taken for somebody else's: the refusal is not of its creation."""
        made = records.network(id="N", project_id="P1")
        self.cloud.on("POST", "/networks", made)
        self.cloud.on("PUT", "/networks/N/tags", records.refused(409, "busy"))
        wanted = network(tags=["a"])
        self.assertRaises(exceptions.Unfinished, KIND.ensure, self.ctx, wanted)
        self.assertEqual(1, len(self.ctx.open("create", wanted.ref)))
        self.cloud.on("GET", "/networks", [made]).on("GET", "/networks/N", made)
        self.cloud.on("PUT", "/networks/N/tags", {})
        KIND.ensure(self.ctx, wanted)
        self.assertEqual(1, len(self.cloud.made("POST")))
        self.assertIs(Origin.CREATED, self.ctx.binding(wanted.ref).origin)

    def test_nobodys_tags_are_overwritten(self):
        made = records.network(id="N", project_id="P1", tags=["theirs"])
        self.cloud.on("POST", "/networks", records.lost())
        self.cloud.on("GET", "/networks", [made]).on("GET", "/networks/N", made)
        error = self.assertRaises(
            exceptions.DestinationDiffers, KIND.ensure, self.ctx, network(tags=["a"])
        )
        self.assertIn("theirs", str(error))

    def test_an_mtu_that_is_too_big_is_not_made_smaller_in_silence(self):
        self.cloud.on("POST", "/networks", records.refused(400, "Requested MTU is ..."))
        error = self.assertRaises(
            exceptions.UnexpectedAnswer, KIND.ensure, self.ctx, network()
        )
        self.assertIn("register", error.hint)


class TestDiscovery(testtools.TestCase):
    POLICIES = [
        records.policy("n1", target="operators-project"),
        records.policy("n2", target="*"),
        records.policy("n3", target="*", action="access_as_external"),
    ]

    def test_shared_is_what_everybody_sees(self):
        """Whom the list is for sees what is shared with just them as shared."""
        ids = ("n1", "n2", "n3")
        listed = [records.network(id=each, shared=True) for each in ids]
        cloud = FakeCloud().on("GET", "/networks", listed)
        cloud.on("GET", "/rbac-policies", self.POLICIES)
        found = {r.ref.id: r.record["shared"] for r in KIND.list(cloud)}
        self.assertEqual({"n1": False, "n2": True, "n3": False}, found)
        self.assertEqual(1, len(cloud.made("GET", "/rbac-policies")))

    def test_no_policies_are_read_where_nothing_says_it_is_shared(self):
        cloud = FakeCloud().on("GET", "/networks", [records.network()])
        self.assertEqual(1, len([*KIND.list(cloud)]))

    def test_a_cloud_without_policies_shares_nothing_with_one_project(self):
        cloud = FakeCloud().on("GET", "/networks", [records.network()])
        cloud.on("GET", "/rbac-policies", exceptions.ResourceMissing("no such path"))
        self.assertEqual([], policies.of(cloud))

    def test_find_by_id_or_name(self):
        cloud = FakeCloud().on("GET", "/networks", [records.network()])
        self.assertEqual({"n1"}, {r.ref.id for r in KIND.find(cloud, ["app"])})


class TestFitness(testtools.TestCase):
    def test_says_what_is_not_kept(self):
        found = KIND.fitness(
            network(qos_policy_id="q", availability_zone_hints=["az"], **PHYSICAL),
            Options(),
        )
        self.assertEqual("", found.blocked)
        self.assertEqual(3, len(found.notes))
