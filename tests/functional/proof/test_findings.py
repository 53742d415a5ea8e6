# SPDX-License-Identifier: Apache-2.0
"""The proofs see what is there twice, left over, lost, or unknown to Pumphouse."""

from __future__ import annotations

import copy
from typing import Any
from unittest import mock

import testtools

from tools.crashproof.accounts import unaccounted
from tools.crashproof.compare import Difference, differences, picture
from tools.crashproof.results import Point
from tools.crashproof.sweep import Sweep, Unfinished

NETWORK = {"name": "inside", "project_id": "a" * 32}
PORT = {"name": "web-port", "network_id": "", "device_owner": "compute:nova"}


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


class World:
    """A destination with a network and a port on it, both bound."""

    def __init__(self, first_id: int = 1) -> None:
        self.fresh: dict[str, Any] = {"networks": {uuid(900): {"name": "public"}}}
        network, port = uuid(first_id), uuid(first_id + 1)
        self.there: dict[str, Any] = copy.deepcopy(self.fresh)
        self.there["networks"][network] = dict(NETWORK, id=network)
        self.there["ports"] = {port: dict(PORT, id=port, network_id=network)}
        self.bindings = [
            ("network", uuid(801), network, "created"),
            ("port", uuid(802), port, "created"),
        ]
        self.intents: list[tuple[str, str, str]] = []  # kind, type, source id
        self.runs = [("migrate", "success", "done")]

    def dump(self) -> dict[str, Any]:
        return {"source": {}, "destination": self.there}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Of what the proofs ask the database."""
        if "from intents" in query:
            columns = query.removeprefix("select ").partition(" from")[0].split(", ")
            at = [("kind", "type", "source_id").index(name) for name in columns]
            return [tuple(intent[n] for n in at) for intent in self.intents]
        if "from bindings" in query:
            short = query.startswith("select type, destination_id")
            return [b[::2] if short else b for b in self.bindings]
        return [*self.runs]


def found(world: Any) -> Difference:
    """Against an undisturbed world, whose ids are others."""
    undisturbed: Any = World(first_id=50)
    return differences(picture(undisturbed), picture(world))


class TestDifferences(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.world = World()

    def test_other_ids_and_times_are_no_difference(self):
        self.world.there["ports"][uuid(2)]["updated_at"] = "later"
        self.assertFalse(found(self.world), str(found(self.world)))

    def test_a_second_one_is_a_duplicate(self):
        again = self.world.there["ports"][uuid(2)]
        self.world.there["ports"][uuid(3)] = dict(again, id=uuid(3))
        difference = found(self.world)
        self.assertEqual(1, len(difference.duplicates))
        self.assertIn("ports web-port", difference.duplicates[0])

    def test_one_that_nobody_asked_for_is_an_orphan(self):
        self.world.there["ports"][uuid(3)] = {"name": "other", "id": uuid(3)}
        self.assertEqual(1, len(found(self.world).orphans))

    def test_an_open_intent_is_an_orphan(self):
        self.world.intents.append(("create", "port", uuid(802)))
        self.assertEqual(1, len(found(self.world).orphans))

    def test_what_is_missing_is_lost(self):
        del self.world.there["ports"][uuid(2)]
        self.assertIn("web-port is not there", found(self.world).lost[0])

    def test_another_value_is_lost_and_told(self):
        self.world.there["ports"][uuid(2)]["device_owner"] = ""
        self.assertIn("device_owner is ''", found(self.world).lost[0])

    def test_an_address_that_neutron_did_not_give_is_lost(self):
        """That of a port which a user called as Neutron calls its own."""
        for owner, name, wanted in (
            ("network:vip", "vip", True),
            ("network:dhcp", "", False),
            ("network:router_interface", "", False),
            ("network:router_interface", "leg", True),
        ):
            worlds = World(first_id=50), World()
            for world, mac in zip(worlds, ("fa:1", "fa:2"), strict=True):
                (port,) = world.there["ports"].values()
                port.update(name=name, device_owner=owner, mac_address=mac)
            undisturbed, after = map(picture, worlds)
            lost = "\n".join(differences(undisturbed, after).lost)
            self.assertEqual(wanted, "mac_address is 'fa:2'" in lost, (owner, lost))

    def test_a_binding_to_nothing_is_told(self):
        self.world.bindings[1] = ("port", uuid(802), uuid(77), "created")
        difference = found(self.world)
        self.assertEqual(1, len(difference.lost))
        self.assertEqual(1, len(difference.orphans))

    def test_another_end_of_the_run_is_told(self):
        self.world.runs = [("migrate", "failed", "done")]
        self.assertEqual(1, len(found(self.world).lost))


class TestAccounts(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.world = World()

    def said(self) -> str:
        return unaccounted(mock.Mock(wraps=self.world, fresh=self.world.fresh))

    def test_what_is_bound_or_was_there_is_accounted_for(self):
        self.assertEqual("", self.said())

    def test_what_is_neither_bound_nor_announced(self):
        del self.world.bindings[1]
        self.assertEqual("neither bound nor announced: {'port': 1}", self.said())

    def test_an_open_intent_announces_it(self):
        del self.world.bindings[1]
        self.world.intents.append(("create", "port", uuid(802)))
        self.assertEqual("", self.said())

    def test_ports_that_neutron_makes_by_itself(self):
        """And no other, whatever word a user has put upon it."""
        ports = self.world.there["ports"]
        for number, owner in enumerate(("dhcp", "router_gateway", "floatingip")):
            ports[uuid(10 + number)] = dict(PORT, device_owner=f"network:{owner}")
        self.assertEqual("", self.said())
        ports[uuid(20)] = dict(PORT, device_owner="network:vip")
        self.assertEqual("neither bound nor announced: {'port': 1}", self.said())

    def test_an_interface_is_a_port(self):
        """Bound by its router's id and its own, or announced as what it will be."""
        interface = dict(PORT, device_owner="network:router_interface")
        self.world.there["ports"][uuid(20)] = interface
        self.assertEqual("neither bound nor announced: {'port': 1}", self.said())
        self.world.intents.append(("create", "router-interface", "R/P"))
        self.assertEqual("", self.said())
        self.world.intents.clear()
        whole = f"{uuid(30)}/{uuid(20)}"
        self.world.bindings.append(("router-interface", "R/P", whole, "created"))
        self.assertEqual("", self.said())

    def test_groups_and_rules(self):
        """Of a group that is bound each rule is; one under way may have any."""
        groups = {uuid(5): {"name": "web"}, uuid(6): {"name": "default"}}
        self.world.there["security_groups"] = groups
        rules = {uuid(n + 2): {"security_group_id": uuid(n)} for n in (5, 6)}
        self.world.there["security_group_rules"] = rules
        said = "neither bound nor announced: {'security-group': 1}"
        self.assertEqual(said, self.said())
        self.world.bindings.append(("security-group", "g", uuid(5), "created"))
        said = "neither bound nor announced: {'security-group-rule': 1}"
        self.assertEqual(said, self.said())


class TestSweep(testtools.TestCase):
    """A sweep goes on until a run ends without reaching its point."""

    def swept(self, points: int) -> int:
        """How many there are before that, of the ten of an undisturbed run."""
        sweep = Sweep.__new__(Sweep)
        sweep._size, sweep._scenario = 10, mock.Mock()
        sweep.point = lambda n: Point("toy", n, "a point" if n <= points else "")
        return len([point for point in sweep.all() if point.reached])

    def test_a_run_may_have_some_points_less_or_more(self):
        self.assertEqual([9, 12], [self.swept(9), self.swept(12)])

    def test_a_sweep_that_ends_early_is_no_proof(self):
        for points in (0, 6):
            self.assertRaises(Unfinished, self.swept, points)
