# SPDX-License-Identifier: Apache-2.0
"""Whom a server is created as, with whose keypair, and when that is found out."""

from __future__ import annotations

from pumphouse import exceptions
from pumphouse.models import NOT_KEPT, Ref
from tests.unit.resources.compute.server_world import SERVER, MoveTestCase, World


class TestOwner(MoveTestCase):
    def test_a_keypair_deleted_since_the_plan_is_left_out(self):
        world = World()
        del world.ctx.bindings[Ref("keypair", "owner/key")]
        world.run()
        self.assertIsNone(world.there["key_name"])
        self.assert_moved(world)

    def test_without_its_owner_the_operator_creates_it_with_a_lent_keypair(self):
        """A disabled or vanished owner cannot; the key name is kept all the same."""
        world = World()
        world.ctx.user_clouds.clear()
        said = world.run()
        self.assertEqual("key", world.there["key_name"])
        self.assertEqual("destination-operator", world.there["user_id"])
        self.assertEqual(["user_id"], said[NOT_KEPT])
        self.assertNotIn(("destination-operator", "key"), world.destination.keypairs)
        self.assert_moved(world, not_kept=("user_id",))

    def test_a_lent_keypair_that_cannot_be_given_back_costs_no_server(self):
        """It stays in the journal; what was made with it is bound all the same."""
        world = World()
        world.ctx.user_clouds.clear()

        def busy(name: str) -> None:
            if name.startswith("DELETE /os-keypairs"):
                raise exceptions.Conflict("busy")

        world.destination.before = busy
        world.run("suspend", "create")
        self.assertEqual(world.there["id"], world.ctx.translate(SERVER))
        self.assertIn("keypair", world.intents())
        self.assertNotIn("create", world.intents())

    def test_the_operators_own_namesake_of_a_keypair_is_not_taken(self):
        world = World()
        world.ctx.user_clouds.clear()
        other = {"name": "key", "public_key": "ssh-rsa BBBB"}
        world.destination.keypairs["destination-operator", "key"] = other
        error = self.assertRaises(exceptions.ResourceError, world.run)
        self.assertIn("another keypair named 'key'", str(error))
        self.assertEqual("ACTIVE", world.here["status"])
        self.assertIn(("destination-operator", "key"), world.destination.keypairs)


class TestToken(MoveTestCase):
    """The token that its creation takes is asked for while the source still runs."""

    def test_whether_anybody_may_create_it_is_known_before_it_is_suspended(self):
        """The token that its creation takes is at hand by then, or it fails."""
        for ours in (True, False):
            world = World()
            asked = []
            if ours:
                world.ctx.acting_as = self.noting(asked, world.ctx.acting_as)
            else:
                world.ctx.user_clouds.clear()
                world.ctx.as_operator_in = self.noting(asked, world.ctx.as_operator_in)
            world.source.before = lambda name, asked=asked: asked.append(name)
            world.run()
            changes = [a for a in asked if not a.startswith("GET")]
            self.assertEqual(["token", "POST /servers/s1/action suspend"], changes[:2])

    def noting(self, asked, get):
        def noted(*whom):
            asked.append("token")
            return get(*whom)

        return noted

    def test_a_disabled_project_or_domain_there_costs_no_downtime(self):
        on = {"name": "shop", "enabled": True, "domain_id": "d"}
        for project, domain, said in (
            ({**on, "enabled": False}, {}, "project shop is disabled"),
            (on, {"name": "acme", "enabled": False}, "domain acme is disabled"),
        ):
            world = self.without_token()
            world.destination.identity = {
                "/projects/project-there": project,
                "/domains/d": domain,
            }
            error = self.assertRaises(exceptions.WrongState, world.run)
            self.assertIn(said, str(error))
            self.assertIn("Enable that there", str(error))
            self.assertEqual([], world.source.changes())
            self.assertEqual(set(), world.intents())

    def test_a_token_that_is_refused_for_another_reason_says_so(self):
        world = self.without_token()
        on = {"name": "shop", "enabled": True, "domain_id": "d"}
        world.destination.identity = {
            "/projects/project-there": on,
            "/domains/d": {"name": "acme", "enabled": True},
        }
        error = self.assertRaises(exceptions.Forbidden, world.run)
        self.assertIn("no token for project", str(error))
        self.assertEqual([], world.source.changes())

    def without_token(self):
        world = World()
        world.ctx.user_clouds.clear()

        def refused(project_id):
            raise exceptions.Forbidden(f"no token for project {project_id}")

        world.ctx.as_operator_in = refused
        return world
