# SPDX-License-Identifier: Apache-2.0
"""A tenant's networks, moved between the real clouds, type by type."""

from __future__ import annotations

import os
from collections import Counter

import testtools

from pumphouse.models import Ref, Resource
from pumphouse.resources.network.port import Port

if os.environ.get("OS_CLIENT_CONFIG_FILE"):
    from tests.clouds.resources.network.network_world import KINDS, World


@testtools.skipUnless(
    os.environ.get("OS_CLIENT_CONFIG_FILE"), "needs OS_CLIENT_CONFIG_FILE"
)
class NetworkTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.world = World()
        self.addCleanup(self.world.remove)
        self.world.fill()

    def move(self, ctx, resources: list[Resource]) -> None:
        for resource in resources:
            KINDS[resource.ref.type].ensure(ctx, resource)

    def kinds(self, resources: list[Resource]) -> Counter[str]:
        return Counter(resource.ref.type for resource in resources)


class TestWholeProject(NetworkTest):
    def test_arrives_equal_is_recognised_and_can_be_undone(self):
        """Discovery, creation, comparison, second run, match, undo."""
        world = self.world
        world.here.cloud.log.reset()
        resources = world.ordered(world.discovered())
        print("\ndiscovery", world.here.cloud.log.total, world.here.cloud.log.by)
        self.assertEqual(
            {
                **{"network": 4, "subnet": 5, "router": 1, "router-interface": 3},
                **{"route": 3, "security-group": 3, "security-group-rule": 9},
                **{"port": 3, "floating-ip": 2},
            },
            dict(self.kinds(resources)),
        )
        with world.context() as ctx:
            self.recognise(ctx, resources, expected=0)
            world.there.cloud.log.reset()
            self.move(ctx, resources)
            print("creation", world.there.cloud.log.total, world.there.cloud.log.by)
            self.assertEqual([], world.differences(ctx, resources))
            world.there.cloud.log.reset()
            self.move(ctx, resources)
            self.assertEqual(0, world.there.cloud.log.total)
            bound = {r.ref: ctx.destination_id(r.ref) for r in resources}
        with world.context() as ctx:  # another run, that knows of nothing
            self.recognise(ctx, resources, expected=len(resources), bound=bound)
            for _ in range(2):
                for resource in reversed(resources):
                    KINDS[resource.ref.type].delete(ctx, bound[resource.ref])
        self.assertEqual({"networks": 0, "ports": 0, "routers": 0}, self.some_left())

    def some_left(self) -> dict[str, int]:
        left = self.world.there.left()
        return {k: left[k] for k in ("networks", "ports", "routers")}

    def recognise(self, ctx, resources, *, expected: int, bound=None) -> None:
        """As planning does: by key among the candidates, without a difference."""
        found: dict[Ref, str] = {}

        def translate(ref: Ref) -> str | None:
            return found.get(ref) or ctx.standing.get(ref)

        for resource in resources:
            kind = KINDS[resource.ref.type]
            wanted = kind.key(resource, translate)
            if wanted is None:
                continue
            for there in kind.candidates(ctx.destination, [resource], translate):
                if kind.key(there, lambda ref: ref.id) != wanted:
                    continue
                different = kind.compare(resource, there, translate, ctx.options)
                if resource.name == "default" and not expected:
                    continue  # it has rules that the source's has not
                self.assertEqual((), different, str(resource))
                found[resource.ref] = there.ref.id
        self.assertEqual(expected, len(found))
        if bound:
            self.assertEqual(bound, found)


class TestOnePort(NetworkTest):
    def test_brings_what_it_depends_on_and_no_more(self):
        """A server's port: its networks, groups, way out and floating IP."""
        world = self.world
        (port,) = Port().fetch(world.here.cloud, [world.port["id"]])
        world.here.cloud.log.reset()
        resources = world.ordered(world.discovered(port))
        print("\ndiscovery", world.here.cloud.log.total, world.here.cloud.log.by)
        self.assertEqual(
            {
                **{"network": 2, "subnet": 3, "router": 1, "router-interface": 2},
                **{"route": 2, "security-group": 2, "security-group-rule": 7},
                **{"port": 1, "floating-ip": 1},
            },
            dict(self.kinds(resources)),
        )
        with world.context() as ctx:
            self.move(ctx, resources)
            self.assertEqual([], world.differences(ctx, resources))


class TestOtherAddresses(NetworkTest):
    def test_nothing_is_kept_that_is_not_asked_for(self):
        """Neither MACs nor addresses: all the rest comes out equal all the same."""
        world = self.world
        resources = world.ordered(world.discovered())
        options = {
            "keep_mac_addresses": False,
            "keep_fixed_ips": False,
            "keep_floating_ip_addresses": False,
        }
        with world.context(**options) as ctx:
            self.move(ctx, resources)
            self.assertEqual([], world.differences(ctx, resources))


class TestFields(NetworkTest):
    def test_all_that_either_release_says_is_declared(self):
        """In lists and in single reads."""
        world = self.world
        resources = world.ordered(world.discovered())
        with world.context() as ctx:
            self.move(ctx, resources)
            for resource in resources:
                kind = KINDS[resource.ref.type]
                there = ctx.destination_id(resource.ref)
                for cloud, its in (
                    (ctx.source, resource.ref.id),
                    (ctx.destination, there),
                ):
                    (found,) = kind.fetch(cloud, [its])
                    self.assertEqual(set(), kind.undeclared(found.record))
                    if resource.ref.type != "route":
                        one = its.rpartition("/")[2]
                        record = cloud.get(
                            "network", f"{kind.path}/{one}", kind.singular
                        )
                        self.assertEqual(set(), kind.undeclared(record), resource.ref)
                self.assertEqual(set(), kind.undeclared(resource.record))
