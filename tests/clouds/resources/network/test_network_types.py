# SPDX-License-Identifier: Apache-2.0
"""A tenant's networks, moved between the real clouds, type by type."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import testtools

from pumphouse import exceptions
from pumphouse.models import Ref, Resource
from pumphouse.resources.listing import ID, where
from pumphouse.resources.network.port import Port

if os.environ.get("OS_CLIENT_CONFIG_FILE"):
    from tests.clouds.resources.network.network_world import KINDS, World

WHOLE = {
    **{"network": 4, "subnet": 5, "router": 1, "router-interface": 3, "route": 3},
    **{"security-group": 3, "security-group-rule": 9, "port": 3, "floating-ip": 2},
}
OF_ONE_PORT = {
    **{"network": 2, "subnet": 3, "router": 1, "router-interface": 2, "route": 2},
    **{"security-group": 2, "security-group-rule": 7, "port": 1, "floating-ip": 1},
}
NOTHING_KEPT = {
    "keep_mac_addresses": False,
    "keep_fixed_ips": False,
    "keep_floating_ip_addresses": False,
}


class Forgetful:
    """A cloud whose answer to each change is lost, the first time."""

    def __init__(self, cloud: Any) -> None:
        self._cloud = cloud
        self._lost: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._cloud, name)
        if name not in ("post", "put"):
            return real

        def losing(service: str, path: str, *args: Any, **more: Any) -> Any:
            answer = real(service, path, *args, **more)
            what = f"{name} {path} {args}"
            if what not in self._lost:
                self._lost.add(what)
                raise exceptions.LostAnswer("the test lost the answer")
            return answer

        return losing


@testtools.skipUnless(
    os.environ.get("OS_CLIENT_CONFIG_FILE"), "needs OS_CLIENT_CONFIG_FILE"
)
class TestNetworkTypes(testtools.TestCase):
    """One tenant on the source; each test moves it and takes it back."""

    world: World

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.world = World()
        cls.addClassCleanup(cls.world.remove)
        cls.world.fill()

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.world.there.clear)

    def discovered(self, *roots: Resource) -> list[Resource]:
        self.world.here.cloud.log.reset()
        return self.world.ordered(self.world.discovered(*roots))

    def kinds(self, resources: list[Resource]) -> dict[str, int]:
        return dict(Counter(resource.ref.type for resource in resources))

    def move(self, ctx, resources: list[Resource]) -> None:
        for resource in resources:
            KINDS[resource.ref.type].ensure(ctx, resource)

    def test_arrives_equal_is_recognised_and_can_be_undone(self):
        """Discovery, creation, comparison, second run, match, undo."""
        world = self.world
        resources = self.discovered()
        asked = world.here.cloud.log
        self.assertLessEqual(asked.total, 14, asked.by)
        self.assertEqual(WHOLE, self.kinds(resources))
        with world.context() as ctx:
            self.recognise(ctx, resources, expected=0)
            made = world.there.cloud.log
            made.reset()
            self.move(ctx, resources)
            # One of them for the port of an interface, made first to keep its MAC.
            self.assertLessEqual(made.total, len(resources) + 8, made.by)
            self.assertEqual([], world.differences(ctx, resources))
            self.all_declared(ctx, resources)
            made.reset()
            self.move(ctx, resources)
            self.assertEqual(0, made.total)
            bound = {r.ref: ctx.destination_id(r.ref) for r in resources}
        with world.context() as ctx:  # another run, that knows of nothing
            self.recognise(ctx, resources, expected=len(resources), bound=bound)
            for _ in range(2):
                for resource in reversed(resources):
                    KINDS[resource.ref.type].delete(ctx, bound[resource.ref])
        left = world.there.left()
        del left["security-groups"]  # asked for it, Neutron makes a default one
        self.assertEqual({0}, set(left.values()), left)

    def test_a_port_brings_what_it_depends_on_and_no_more(self):
        """A server's port: its networks, groups, way out and floating IP."""
        world = self.world
        (port,) = Port().list(world.here.cloud, where(ID, [world.port["id"]]))
        resources = self.discovered(port)
        asked = world.here.cloud.log
        self.assertLessEqual(asked.total, 15, asked.by)
        self.assertEqual(OF_ONE_PORT, self.kinds(resources))

    def test_addresses_that_are_not_to_be_kept(self):
        """All the rest comes out equal all the same."""
        resources = self.discovered()
        with self.world.context(**NOTHING_KEPT) as ctx:
            self.move(ctx, resources)
            self.assertEqual([], self.world.differences(ctx, resources))

    def test_nothing_is_made_twice_when_every_answer_is_lost(self):
        """However often a step is broken off, the next try goes on from there."""
        world = self.world
        resources = self.discovered()
        with world.context() as ctx:
            ctx.destination = Forgetful(ctx.destination)
            for resource in resources:
                for _ in range(5):
                    try:
                        KINDS[resource.ref.type].ensure(ctx, resource)
                        break
                    except exceptions.LostAnswer:
                        continue
            self.assertEqual([], world.differences(ctx, resources))
            self.assertEqual(world.here.left(), world.there.left())

    def all_declared(self, ctx, resources: list[Resource]) -> None:
        """What either release says, in lists and in single reads."""
        for resource in resources:
            kind = KINDS[resource.ref.type]
            self.assertEqual(set(), kind.undeclared(resource.record))
            there = ctx.destination_id(resource.ref)
            for cloud, its in ((ctx.source, resource.ref.id), (ctx.destination, there)):
                if resource.ref.type != "route":
                    path = f"{kind.path}/{its.rpartition('/')[2]}"
                    record = cloud.get("network", path, kind.singular)
                    self.assertEqual(set(), kind.undeclared(record), path)

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
