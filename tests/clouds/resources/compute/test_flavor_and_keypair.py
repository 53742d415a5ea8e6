# SPDX-License-Identifier: Apache-2.0
"""Flavors, who may use them, and keypairs, moved between two real clouds."""

from __future__ import annotations

import base64
import os
import uuid

import testtools

from pumphouse import exceptions
from pumphouse.cloud.cloud import connect
from pumphouse.conf.migration import Options
from pumphouse.models import Origin, Ref
from pumphouse.resources.compute.flavor import Flavor
from pumphouse.resources.compute.flavor_access import FlavorAccess
from pumphouse.resources.compute.keypair import Keypair
from pumphouse.resources.listing import ID, PROJECT, where
from tests.unit.resources.fakes import FakeContext, linking
from tests.unit.resources.fakes import found as found_so_far

CLOUDS = os.environ.get("OS_CLIENT_CONFIG_FILE", "")
FLAVOR, ACCESS, KEYPAIR = Flavor(), FlavorAccess(), Keypair()


def public_key(comment):
    """A well-formed ed25519 public key, of nobody."""
    parts = [b"ssh-ed25519", os.urandom(32)]
    blob = b"".join(len(p).to_bytes(4, "big") + p for p in parts)
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} {comment}"


@testtools.skipUnless(CLOUDS, "needs two clouds: OS_CLIENT_CONFIG_FILE")
class OnClouds(testtools.TestCase):
    """Two clouds, and a context that knows the operator's own project and user."""

    def setUp(self):
        super().setUp()
        self.source = connect("source", "source")
        self.destination = connect("destination", "destination")
        self.addCleanup(self.source.close)
        self.addCleanup(self.destination.close)
        self.project = Ref("project", self.source.project_id)
        self.name = f"test-{uuid.uuid4().hex[:8]}"

    def context(self, **more):
        bound = {
            self.project: self.destination.project_id,
            Ref("user", self.source.user_id): self.destination.user_id,
        }
        return FakeContext(self.source, self.destination, bound=bound, **more)

    def move(self, kind, ctx, resource):
        kind.ensure(ctx, resource)
        there = ctx.destination_id(resource.ref)
        if ctx.binding(resource.ref).origin is Origin.CREATED:
            self.addCleanup(kind.delete, ctx, there)
        if resource.record.get("extra_specs"):
            kind.extra_specs(ctx, resource)
        (found,) = kind.list(self.destination, where(ID, [there]))
        self.assertEqual((), kind.compare(resource, found, ctx.translate, ctx.options))
        self.assertEqual(
            kind.key(resource, ctx.translate), kind.key(found, lambda ref: ref.id)
        )
        for record in (resource.record, found.record):
            self.assertEqual(set(), kind.undeclared(record))
        return found


class TestFlavor(OnClouds):
    def flavor(self, specs=None, **more):
        body = {"name": self.name, "ram": 96, "vcpus": 2, "disk": 1, **more}
        made = self.source.post("compute", "/flavors", {"flavor": body}, "flavor")
        path = f"/flavors/{made['id']}"
        self.addCleanup(self.source.delete, "compute", path)
        if specs:
            body = {"extra_specs": specs}
            self.source.post("compute", f"{path}/os-extra_specs", body)
        (found,) = FLAVOR.list(self.source, where(ID, [made["id"]]))
        return found

    def test_keeps_all_and_takes_two_requests(self):
        resource = self.flavor(
            {"hw:cpu_policy": "dedicated", "quota:disk_read_iops_sec": "1000"},
            swap=64,
            rxtx_factor=1.5,
            **{"OS-FLV-EXT-DATA:ephemeral": 3},
        )
        ctx = self.context()
        self.destination.microversion("compute", "2.75")
        self.destination.log.reset()
        FLAVOR.ensure(ctx, resource)
        FLAVOR.extra_specs(ctx, resource)
        self.assertEqual(2, self.destination.log.total, self.destination.log.by)
        there = self.move(FLAVOR, ctx, resource)
        self.addCleanup(FLAVOR.delete, ctx, there.ref.id)
        self.assertNotEqual(resource.ref.id, there.ref.id)
        self.assertEqual("dedicated", there.record["extra_specs"]["hw:cpu_policy"])

    def test_keeps_its_id_if_asked_to(self):
        resource = self.flavor(id=f"{self.name} 1.a")
        ctx = self.context(options=Options(keep_flavor_ids=True))
        there = self.move(FLAVOR, ctx, resource)
        self.assertEqual(resource.ref.id, there.ref.id)

    def test_a_try_that_died_before_the_extra_specs_is_completed(self):
        resource = self.flavor({"hw:watchdog_action": "reset"})
        ctx = self.context()
        FLAVOR.ensure(ctx, resource)
        made = ctx.destination_id(resource.ref)
        self.addCleanup(FLAVOR.delete, ctx, made)
        ctx.unbind(resource.ref)
        ctx.temporary("create", resource.ref)
        there = self.move(FLAVOR, ctx, resource)
        self.assertEqual(made, there.ref.id)

    def test_a_namesake_of_another_size_is_said(self):
        resource = self.flavor()
        ctx = self.context()
        there = self.move(FLAVOR, ctx, resource)
        bigger = FLAVOR.resource({**resource.record, "ram": 128})
        (difference,) = FLAVOR.compare(bigger, there, ctx.translate, ctx.options)
        self.assertEqual("ram: 128 -> 96", str(difference))
        error = self.assertRaises(
            exceptions.DestinationDiffers, FLAVOR.recover, self.context(), bigger
        )
        self.assertIn("ram", str(error))

    def test_a_private_flavor_and_who_may_use_it(self):
        resource = self.flavor(**{"os-flavor-access:is_public": False})
        body = {"addTenantAccess": {"tenant": self.project.id}}
        self.source.post("compute", f"/flavors/{resource.ref.id}/action", body)
        found = ACCESS.list(self.source, where(PROJECT, {self.project.id}))
        access = next(a for a in found if a.record["flavor_id"] == resource.ref.id)
        beside = linking(
            ACCESS, self.source, found_so_far(resource, self.like_project())
        )
        self.assertEqual([access.ref], [a.ref for a in beside])
        ctx = self.context()
        self.move(FLAVOR, ctx, resource)
        there = self.move(ACCESS, ctx, access)
        self.assertEqual(self.destination.project_id, there.project_id)
        ctx.unbind(access.ref)
        self.move(ACCESS, ctx, access)  # it is there: adopted
        self.assertEqual(Origin.ADOPTED, ctx.binding(access.ref).origin)

    def like_project(self):
        """Something that belongs to the project, found in the same round."""
        return KEYPAIR.resource({"name": "x", "user_id": "y"}).__class__(
            self.project, "admin", {}
        )


class TestKeypair(OnClouds):
    def user(self, cloud):
        body = {"user": {"name": self.name, "domain_id": "default"}}
        made = cloud.post("identity", "/users", body, "user")["id"]
        self.addCleanup(cloud.delete, "identity", f"/users/{made}")
        return made

    def keypair(self, user_id, name, key, kind="ssh"):
        body = {"name": name, "public_key": key, "user_id": user_id, "type": kind}
        self.source.post(
            "compute", "/os-keypairs", {"keypair": body}, microversion="2.92"
        )
        self.addCleanup(
            KEYPAIR.delete, FakeContext(destination=self.source), f"{user_id}/{name}"
        )
        (found,) = KEYPAIR.list(self.source, where(ID, [f"{user_id}/{name}"]))
        return found

    def test_keypairs_of_two_users_with_one_name_stay_two(self):
        other = self.user(self.source)
        mine = self.keypair(self.source.user_id, self.name, public_key("me@here"))
        others = self.keypair(other, self.name, public_key("you@there"))
        self.assertNotEqual(mine.record["public_key"], others.record["public_key"])
        ctx = self.context()
        ctx.bind(Ref("user", other), self.user(self.destination))
        for resource in (mine, others):
            there = self.move(KEYPAIR, ctx, resource)
            self.assertEqual(resource.record["public_key"], there.record["public_key"])
            self.assertEqual(
                resource.record["fingerprint"], there.record["fingerprint"]
            )

    def test_takes_one_request_and_one_for_all_of_a_user(self):
        made = [
            self.keypair(self.source.user_id, f"{self.name}.{i}", public_key(i))
            for i in range(3)
        ]
        self.source.log.reset()
        found = list(KEYPAIR.of_users(self.source, [self.source.user_id]))
        self.assertEqual(1, self.source.log.total)
        self.assertTrue({r.ref for r in made} <= {r.ref for r in found})
        ctx = self.context()
        self.destination.microversion("compute", "2.92")
        self.destination.log.reset()
        KEYPAIR.ensure(ctx, made[0])
        self.assertEqual(1, self.destination.log.total)
        self.addCleanup(KEYPAIR.delete, ctx, ctx.destination_id(made[0].ref))

    def test_names_with_dots_and_at_signs(self):
        resource = self.keypair(
            self.source.user_id, f"{self.name} a.b@c", public_key("")
        )
        self.assertEqual("", KEYPAIR.fitness(resource, Options()).blocked)
        self.move(KEYPAIR, self.context(), resource)

    def test_after_a_lost_answer_it_is_found(self):
        resource = self.keypair(self.source.user_id, self.name, public_key("x"))
        ctx = self.context()
        there = self.move(KEYPAIR, ctx, resource)
        ctx.unbind(resource.ref)
        ctx.temporary("create", resource.ref)
        KEYPAIR.ensure(ctx, resource)
        self.assertEqual(there.ref.id, ctx.destination_id(resource.ref))
