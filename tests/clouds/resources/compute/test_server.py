# SPDX-License-Identifier: Apache-2.0
"""Servers really move from the source to the destination, and come back if not."""

from __future__ import annotations

import os
import tempfile
from unittest import mock

import testtools

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import NOT_KEPT, Ref
from pumphouse.resources.compute import server_nics
from pumphouse.resources.listing import ID, PROJECT, where
from tests.clouds.resources.compute.server_world import World

STEPS = ("suspend", "create", "verify", "shutdown")


class Killed(BaseException):
    """Stands for SIGKILL."""


class ServerTest(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if os.environ.get("OS_CLIENT_CONFIG_FILE"):
            cls.world = World()

    @classmethod
    def tearDownClass(cls):
        if os.environ.get("OS_CLIENT_CONFIG_FILE"):
            cls.world.remove()
        super().tearDownClass()

    def setUp(self):
        super().setUp()
        if not os.environ.get("OS_CLIENT_CONFIG_FILE"):
            self.skipTest("OS_CLIENT_CONFIG_FILE names no clouds")
        self.addCleanup(self.world.there.clear)
        self.addCleanup(self.world.here.clear)

    def run_steps(self, ctx, resource, *names):
        steps = {}
        self.world.kind.tasks(resource, steps.setdefault)
        said = {}
        for name in names or STEPS:
            said = dict(steps[name](ctx, resource))
        return said

    def assert_moved(self, ctx, resource, was="ACTIVE", not_kept=()):
        world, (half,) = self.world, self.world.there.servers()
        (source,) = world.kind.list(world.here.cloud, where(ID, [resource.ref.id]))
        (there,) = world.kind.list(world.there.cloud, where(ID, [half["id"]]))
        found = world.kind.compare(source, there, ctx.translate, ctx.options)
        self.assertEqual(not_kept, tuple(d.field for d in found), found)
        self.assertEqual("SHUTOFF", source.record["status"])
        self.assertTrue(source.record["locked"])
        self.assertEqual(was, there.record["status"])
        self.assertEqual(half["id"], ctx.binding(resource.ref).destination_id)
        kinds = {i.kind for i in ctx.store.open_intents()}
        self.assertEqual(set(), kinds - {"credential", "role-grant"})
        ports = world.here.cloud.list(
            "network", "/ports", "ports", params={"device_id": resource.ref.id}
        )
        self.assertEqual([True] * 2, [p["admin_state_up"] for p in ports])
        self.assertEqual(set(), world.kind.undeclared(source.record))
        self.assertEqual(set(), world.kind.undeclared(there.record))
        return there

    def assert_put_back(self, ctx, resource):
        self.assertEqual("ACTIVE", self.world.status(self.world.here, resource.ref.id))
        self.assertEqual([], self.world.there.servers())
        self.assertIsNone(ctx.binding(resource.ref))
        kinds = {i.kind for i in ctx.store.open_intents()}
        self.assertEqual(set(), kinds - {"credential", "role-grant"})

    def test_move(self):
        """Everything a server has is there, in 25 requests, its owner its owner."""
        resource = self.world.boot()
        logs = [tenant.cloud.log for tenant in (self.world.here, self.world.there)]
        with self.world.context() as ctx:
            before = sum(log.total for log in logs)
            said = self.run_steps(ctx, resource)
            self.assertLessEqual(sum(log.total for log in logs) - before, 25)
            there = self.assert_moved(ctx, resource)
            self.assertNotIn(NOT_KEPT, said)
            self.assertLess(0, said["downtime"])
            self.assertEqual(self.world.there.user, there.record["user_id"])
            self.assertEqual(["blue", "prod"], there.record["tags"])
            self.run_steps(ctx, resource)  # again: changes nothing
            self.assert_moved(ctx, resource)

    def test_a_stopped_server_arrives_stopped(self):
        resource = self.world.boot()
        path = f"/servers/{resource.ref.id}/action"
        self.world.here.cloud.post("compute", path, {"os-stop": None})
        self.world.wait(self.world.here, resource.ref.id, "SHUTOFF")
        resource = self.world.planned(resource.ref.id)
        with self.world.context() as ctx:
            said = self.run_steps(ctx, resource)
            self.assert_moved(ctx, resource, "SHUTOFF")
            self.assertNotIn("downtime", said)

    def test_one_that_is_paused_locked_and_tagged_moves_by_option(self):
        """Before that its image is found too large, and its source left alone."""
        resource = self.world.boot()
        here, there = self.world.here.cloud, self.world.there.cloud
        (tagged, *_) = self.world.twins
        path = f"/servers/{resource.ref.id}"
        here.delete("compute", f"{path}/os-interface/{tagged.id}")
        self.until_free(here, tagged.id)
        attachment = {"port_id": tagged.id, "tag": "mgmt"}
        body = {"interfaceAttachment": attachment}
        here.post("compute", f"{path}/os-interface", body, microversion="2.70")
        here.post("compute", f"{path}/action", {"pause": None})
        self.world.wait(self.world.here, resource.ref.id, "PAUSED")
        here.post("compute", f"{path}/action", {"lock": None})
        resource = self.world.planned(resource.ref.id)
        options = {"move_paused_servers": True, "move_locked_servers": True}
        with self.world.context(**options) as ctx:
            self.min_disk(2)
            error = self.assertRaises(
                exceptions.WrongState, self.run_steps, ctx, resource, "suspend"
            )
            self.assertIn("needs 2 GiB of disk (min_disk)", str(error))
            self.min_disk(0)
            self.run_steps(ctx, resource, "suspend", "create", "verify")
            status = self.world.status(self.world.here, resource.ref.id)
            self.assertEqual("PAUSED", status)
            self.run_steps(ctx, resource)
            half = self.assert_moved(ctx, resource)
        self.assertFalse(half.record["locked"])
        tags = server_nics.tags_of(there, half.ref.id)
        self.assertEqual({self.world.twins[tagged]: "mgmt"}, tags)

    def until_free(self, cloud, port_id):
        with self.world.context() as ctx:
            ctx.wait(
                "the port to be free",
                lambda: (
                    not cloud.get("network", f"/ports/{port_id}", "port")["device_id"]
                    or None
                ),
                timeout=60,
            )

    def min_disk(self, size):
        self.world.there.cloud.request(
            "image",
            "PATCH",
            f"/images/{self.world.there.image}",
            json=[{"op": "replace", "path": "/min_disk", "value": size}],
            headers={"Content-Type": "application/openstack-images-v2.1-json-patch"},
        )

    def test_its_disabled_owner_keeps_the_key_name(self):
        """The operator creates it with a keypair of that name, lent for a moment."""
        resource = self.world.boot()
        there = self.world.there
        self.enable(there, False)
        self.addCleanup(self.enable, there, True)
        with self.world.context() as ctx:
            said = self.run_steps(ctx, resource)
            half = self.assert_moved(ctx, resource, not_kept=("user_id",))
        self.assertEqual(["user_id"], said[NOT_KEPT])
        self.assertEqual(self.world.name, half.record["key_name"])
        self.assertNotIn(self.world.name, there.keypairs_of_operator())

    def enable(self, tenant, enabled):
        body = {"user": {"enabled": enabled}}
        tenant.cloud.patch("identity", f"/users/{tenant.user}", body)

    def test_no_host_for_it_puts_it_back(self):
        resource = self.world.boot()
        flavor = Ref("flavor", self.world.here.flavor)
        big = {"name": f"{self.world.name}-big", "ram": 64, "vcpus": 1, "disk": 10**7}
        there = self.world.there.made("compute", "/flavors", flavor=big)
        with self.world.context() as ctx:
            ctx.standing[flavor] = there
            error = self.assertRaises(
                exceptions.WrongState, self.run_steps, ctx, resource
            )
            self.assertIn("No valid host", str(error))
            self.assert_put_back(ctx, resource)
            ctx.standing[flavor] = self.world.there.flavor
            self.run_steps(ctx, resource)
            self.assert_moved(ctx, resource)

    def test_out_of_quota_puts_it_back(self):
        resource = self.world.boot()
        self.quota(0)
        self.addCleanup(self.quota, 10)
        with self.world.context() as ctx:
            self.assertRaises(exceptions.QuotaExceeded, self.run_steps, ctx, resource)
            self.assert_put_back(ctx, resource)
            self.quota(10)
            self.run_steps(ctx, resource)
            self.assert_moved(ctx, resource)

    def quota(self, instances):
        there = self.world.there
        path = f"/os-quota-sets/{there.project}"
        there.cloud.put("compute", path, {"quota_set": {"instances": instances}})

    def test_killed_anywhere_the_next_run_ends_the_same(self):
        """Each time right after a request took effect, before anybody knew."""
        for request in ("suspend", "/servers", "tags", "os-stop"):
            resource = self.world.boot()
            with tempfile.TemporaryDirectory() as folder:
                store = self.world.store(folder)
                with self.world.context(store) as ctx:
                    reached = self.killed_after(request, ctx, resource)
                with self.world.context(store) as ctx:
                    rest = STEPS[STEPS.index(reached) :]
                    self.run_steps(ctx, resource, *rest)
                    self.assert_moved(ctx, resource)
                store.close()
            self.world.there.clear()
            self.world.here.clear()

    def killed_after(self, request, ctx, resource):
        """The step that was killed after *request* took effect."""
        send = Cloud._send

        def sent(cloud, service, method, path, **more):
            answer = send(cloud, service, method, path, **more)
            what = next(iter(more["json"])) if path.endswith("/action") else path
            if method != "GET" and str(what).endswith(request):
                raise Killed
            return answer

        with mock.patch.object(Cloud, "_send", sent):
            for name in STEPS:
                try:
                    self.run_steps(ctx, resource, name)
                except Killed:
                    return name
        raise AssertionError(f"{request} was never sent")

    def test_a_lost_answer_makes_no_second_server(self):
        resource = self.world.boot()
        send, lost = Cloud._send, []

        def losing(cloud, service, method, path, **more):
            answer = send(cloud, service, method, path, **more)
            if method == "POST" and path == "/servers":
                lost.append(path)
                raise exceptions.LostAnswer("no answer came")
            return answer

        with self.world.context() as ctx:
            with mock.patch.object(Cloud, "_send", losing):
                self.run_steps(ctx, resource)
            self.assertEqual(1, len(lost))
            self.assert_moved(ctx, resource)

    def test_discovery(self):
        first, second = self.world.boot(), self.world.boot(name="another-web")
        kind, cloud = self.world.kind, self.world.here.cloud
        ids = [first.ref.id, second.ref.id]
        for found in (
            kind.list(cloud, where(PROJECT, [self.world.here.project])),
            kind.list(cloud, where(ID, ids)),
            kind.find(cloud, [first.ref.id, "another-web"]),
        ):
            found = list(found)
            self.assertEqual(set(ids), {r.ref.id for r in found})
            for each in found:
                self.assertEqual(self.world.here.flavor, each.record["flavor"]["id"])
                self.assertEqual(set(), kind.undeclared(each.record))
                self.assertNotIn("c2VjcmV0", str(each))
