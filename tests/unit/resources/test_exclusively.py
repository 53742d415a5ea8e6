# SPDX-License-Identifier: Apache-2.0
"""What only one thread may do at a time is done by one: a look, and what follows of it.

Each test names the lock that has to be held while all of it is asked and done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Origin, Ref
from pumphouse.resources.compute import server_keypair
from pumphouse.resources.network import dhcp, route
from pumphouse.resources.registry import resource_types
from tests.unit.resources.fakes import FakeCloud, FakeContext
from tests.unit.resources.network import records

TYPES = resource_types()
Lock = tuple[str, ...]


class Context(FakeContext):
    """Knows which locks are held when something is bound, or a cloud is asked."""

    def __init__(self, *bound: tuple[str, str]) -> None:
        self.held: list[Lock] = []
        self.seen: list[tuple[str, tuple[Lock, ...]]] = []
        known = {Ref(*each): each[1].upper() for each in bound}
        options = Options(keep_mac_addresses=False)
        super().__init__(Cloud(self), Cloud(self), bound=known, options=options)

    @contextmanager
    def exclusively(self, *what: str) -> Iterator[None]:  # type: ignore[override]
        self.held.append(what)
        try:
            yield
        finally:
            self.held.remove(what)

    def bind(self, ref: Ref, its: str, origin: Origin = Origin.CREATED) -> None:
        self.see(f"bind {ref.type}")
        super().bind(ref, its, origin)

    def see(self, what: str) -> None:
        self.seen.append((what, tuple(self.held)))

    def without(self, lock: Lock) -> list[str]:
        """What was done while that one was not held."""
        return [what for what, held in self.seen if lock not in held]


class Cloud(FakeCloud):
    """Tells its context of each request."""

    def __init__(self, ctx: Context) -> None:
        super().__init__()
        self._ctx = ctx

    def _answer(self, method: str, service: str, path: str, *more: Any) -> Any:
        self._ctx.see(f"{method} {path}")
        return super()._answer(method, service, path, *more)


class TestKeypairs(testtools.TestCase):
    LOCK = ("keypair", "k")

    def setUp(self) -> None:
        super().setUp()
        self.ctx = Context()
        cloud = self.ctx.destination
        cloud.on("GET", "/os-keypairs/k", {"name": "k", "public_key": "ssh"}, None)
        cloud.on("POST", "/os-keypairs", {}).on("DELETE", "/os-keypairs/k", {})

    def test_nobody_lends_it_while_it_is_lent(self):
        """Neither while it is looked for, nor as long as it is used."""
        with server_keypair.lent(self.ctx, "k", "owner"):
            self.ctx.see("a server is created")
        self.assertEqual([], self.ctx.without(self.LOCK))
        did = [what for what, _ in self.ctx.seen]
        self.assertEqual(
            ["GET", "GET", "POST", "a", "DELETE"], [d.split()[0] for d in did]
        )

    def test_nobody_uses_it_while_it_is_taken_back(self):
        with testtools.ExpectedException(exceptions.LostAnswer):
            self.ctx.destination.on(
                "DELETE", "/os-keypairs/k", exceptions.LostAnswer("?")
            )
            with server_keypair.lent(self.ctx, "k", "owner"):
                raise exceptions.LostAnswer("?")
        self.ctx.seen.clear()
        self.ctx.destination.on("DELETE", "/os-keypairs/k", {})
        server_keypair.take_back(self.ctx, "k")
        self.assertEqual([("DELETE /os-keypairs/k", (self.LOCK,))], self.ctx.seen)


class TestStandardSteps(testtools.TestCase):
    """Of two equal things of unknown outcome, each gets its own."""

    def setUp(self) -> None:
        super().setUp()
        self.ctx = Context(("project", "p"))
        self.kind = TYPES["security-group"]
        record = {"id": "g", "name": "web", "project_id": "p", "tags": []}
        self.group = self.kind.resource({**record, "security_group_rules": []})
        there = {**self.group.record, "id": "G", "project_id": "P"}
        cloud = self.ctx.destination.on("GET", "/security-groups", [there])
        cloud.on("GET", "/security-groups/G", there)
        cloud.on("GET", "/security-group-rules", [])
        cloud.on("DELETE", "/security-groups/G", {})

    def lost(self) -> None:
        """An earlier try whose outcome nobody knows."""
        with testtools.ExpectedException(exceptions.LostAnswer):
            with self.ctx.creating(self.group.ref):
                raise exceptions.LostAnswer("?")

    def test_what_is_found_is_bound_before_another_looks(self):
        self.lost()
        self.kind.ensure(self.ctx, self.group)
        self.assertIn("bind security-group", [what for what, _ in self.ctx.seen])
        self.assertEqual([], self.ctx.without(("found", "security-group")))

    def test_what_is_taken_is_known_while_it_is_looked_for(self):
        self.kind.recover(self.ctx, self.group)
        self.assertIn("GET /security-groups", self.ctx.seen[0][0])
        self.assertNotIn("GET /security-groups", self.ctx.without(_recover(self.kind)))

    def test_what_is_removed_is_nobodys_meanwhile(self):
        self.lost()
        self.kind.sweep(self.ctx, self.group)
        self.assertIn("DELETE /security-groups/G", [what for what, _ in self.ctx.seen])
        self.assertEqual([], self.ctx.without(("found", "security-group")))

    def test_what_has_no_key_is_looked_for_by_one_at_a_time(self):
        self.kind.equal_and_free(self.ctx, self.group)
        self.assertEqual([], self.ctx.without(_recover(self.kind)))
        self.assertNotEqual([], self.ctx.seen)


def _recover(kind: Any) -> Lock:
    return ("recover", kind.name)


class TestRouters(testtools.TestCase):
    def test_interfaces_of_one_router_come_one_after_the_other(self):
        """Neutron's own checks for overlapping subnets race."""
        kind = TYPES["router-interface"]
        ctx = Context(("router", "r1"), ("network", "n1"), ("subnet", "s1"))
        add = "/routers/R1/add_router_interface"
        ctx.destination.on("PUT", add, {"port_id": "I"})
        ctx.destination.on("GET", "/ports/I", records.interface(id="I"))
        ctx.destination.on("PUT", "/ports/I", {})
        kind.create(ctx, kind.resource(records.interface()))
        attached = [held for what, held in ctx.seen if what == f"PUT {add}"]
        self.assertEqual([(("interfaces", "R1"),)], attached)

    def test_a_router_has_all_routes_that_were_added_at_once(self):
        """Where Neutron takes them as a whole only: read, then written."""
        ctx = Context()
        ctx.destination.on("GET", "/routers/R", {"routes": []})
        ctx.destination.on("PUT", "/routers/R", {})
        route.change(ctx, "R", {"destination": "d", "nexthop": "n"}, add=True)
        self.assertEqual(2, len(ctx.seen))
        self.assertEqual([], ctx.without(("routes", "R")))

    def test_no_two_give_the_same_address_to_ports_of_dhcp(self):
        ctx = Context()
        ctx.bindings.update(records.context(("subnet", "s1")).bindings)
        network = Ref("network", "n1")
        ctx.bind(network, "N1", Origin.CREATED)
        ctx.seen.clear()
        ip = {"subnet_id": "S1", "ip_address": "10.0.0.5"}
        holder = records.port(
            id="D", network_id="N1", device_owner="network:dhcp", fixed_ips=[ip]
        )
        ctx.source.on("GET", "/ports", [])
        ctx.destination.on("GET", "/ports", [holder])
        ctx.destination.on("GET", "/subnets/S1", records.subnet(id="S1"))
        ctx.destination.on("PUT", "/ports/D", {})
        self.assertTrue(dhcp.make_way(ctx, network, ["10.0.0.5"]))
        self.assertEqual([], ctx.without(("dhcp", "N1")))
