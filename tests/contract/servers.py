# SPDX-License-Identifier: Apache-2.0
"""The contract of Nova: the life of a server."""

from __future__ import annotations

import base64

from tests.contract import shapes
from tests.contract.base import Contract
from tests.contract.compute import KEY

NEWEST = "2.93"
NONE = "00000000-0000-4000-8000-000000000000"


class Servers(Contract):
    """What a server can be asked to be, and to do."""

    def setUp(self):
        super().setUp()
        self.member_ = self.member()
        self.net = self.network(self.member_)
        self.subnet(self.net, self.member_)
        flavor = {"name": f"{self.prefix}-f", "ram": 64, "vcpus": 1, "disk": 1}
        self.flavor = self.make("compute", "/flavors", "flavor", **flavor)
        self.image = self.an_image()

    def an_image(self, **more):
        body = {"name": self.prefix, "disk_format": "raw", "container_format": "bare"}
        said = self.member_.post("image", "/images", {**body, **more})
        image = self.expect(201, said)
        self.later(self.admin.delete, "image", f"/images/{image['id']}")
        path = f"/images/{image['id']}/file"
        headers = {"Content-Type": "application/octet-stream"}
        said = self.member_.request("PUT", "image", path, data=b"x", headers=headers)
        self.expect(204, said)
        return image

    def body(self, **more):
        return {
            "server": {
                "name": self.prefix,
                "imageRef": self.image["id"],
                "flavorRef": self.flavor["id"],
                "networks": "none",
                **more,
            }
        }

    def ask(self, by=None, version=NEWEST, **more):
        """Ask for a server; the answer."""
        by = by or self.member_
        said = by.post("compute", "/servers", self.body(**more), version=version)
        if said.status_code == 202:
            self.later(self.remove, said.json()["server"]["id"])
        return said

    def server(self, **more):
        """An ACTIVE server."""
        made = self.expect(202, self.ask(**more))["server"]
        return self.becomes(made["id"], "ACTIVE")

    def show(self, key, version=NEWEST, by=None):
        said = (by or self.admin).get("compute", f"/servers/{key}", version=version)
        return said.json().get("server") if said.status_code == 200 else None

    def becomes(self, key, status):
        def look():
            found = self.show(key)
            assert found, f"server {key} vanished"
            settled = found["OS-EXT-STS:task_state"] is None
            return found if settled and found["status"] == status else None

        return self.until(look, f"the server to become {status}")

    def act(self, key, action, details=None, by=None, version=NEWEST):
        path = f"/servers/{key}/action"
        by = by or self.admin
        return by.post("compute", path, {action: details}, version=version)

    def remove(self, key):
        self.admin.delete("compute", f"/servers/{key}")
        self.until(lambda: self.show(key) is None, "the server to be gone")

    # -- what is refused -----------------------------------------------------
    def test_what_cannot_be(self):
        used = self.make(
            "network", "/ports", "port", self.member_, network_id=self.net["id"]
        )
        for status, what in (
            (400, {"imageRef": NONE}),
            (400, {"flavorRef": NONE}),
            (400, {"networks": [{"uuid": NONE}]}),
            (400, {"networks": [{"port": NONE}]}),
            (400, {"networks": [{"port": used["id"], "tag": "a,b"}]}),
            (400, {"key_name": "no-such-key"}),
            (400, {"name": ""}),
            (400, {"shoe": "43"}),
            (400, {"tags": ["a,b"]}),
            (400, {"user_data": "abc"}),
            (400, {"networks": [{"port": used["id"]}, {"port": used["id"]}]}),
            (
                400,
                {
                    "networks": [{"uuid": self.net["id"]}],
                    "security_groups": [{"name": "no-such-group"}],
                },
            ),
        ):
            with self.subTest(what):
                said = self.refused(status, self.ask(**what))
                self.assertEqual({"badRequest"}, set(said))
        body = self.body()
        del body["server"]["networks"]
        said = self.member_.post("compute", "/servers", body, version="2.37")
        self.refused(400, said)
        self.refused(400, self.ask(version="2.51", tags=["x"]))
        tagged = [{"port": used["id"], "tag": "x"}]
        self.refused(400, self.ask(version="2.41", networks=tagged))
        self.refused(400, self.ask(version="2.89", hostname="x"))

    def test_images_that_do_not_fit(self):
        self.image = self.an_image(min_ram=4096)
        self.refused(400, self.ask())
        self.image = self.an_image(min_disk=50)
        self.refused(400, self.ask())
        self.image = self.an_image()
        path = f"/images/{self.image['id']}/actions/deactivate"
        self.expect(204, self.admin.post("image", path, None))
        said = self.refused(400, self.ask())
        self.assertIn("is not active", said["badRequest"]["message"])

    def test_what_its_project_may_not_use(self):
        """Administrators may: they see all."""
        other = self.member()
        self.refused(400, self.ask(other))  # the image is not its own
        path = f"/images/{self.image['id']}"
        shared = [{"op": "replace", "path": "/visibility", "value": "shared"}]
        headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
        self.admin.request("PATCH", "image", path, json=shared, headers=headers)
        self.refused(400, self.ask(other))
        member = {"member": other.project_id}
        self.expect(200, self.member_.post("image", f"{path}/members", member))
        body = {"name": f"{self.prefix}-p", "ram": 64, "vcpus": 1, "disk": 1}
        private = {**body, "os-flavor-access:is_public": False}
        flavor = self.make("compute", "/flavors", "flavor", **private)
        for status in (400, 202):
            said = self.ask(other, flavorRef=flavor["id"])
            self.assertEqual(status, said.status_code, said.text)
            path = f"/flavors/{flavor['id']}/action"
            access = {"addTenantAccess": {"tenant": other.project_id}}
            self.admin.post("compute", path, access)

    def test_readers_make_none(self):
        """But in older releases they do."""
        project = {"id": self.member_.project_id}
        project["name"] = self.member_.about["project"]["name"]
        reader = self.member(project, role="reader")
        said = self.ask(reader)
        self.assertEqual(403 if self.newer else 202, said.status_code)

    def test_quota(self):
        path = f"/os-quota-sets/{self.member_.project_id}"
        body = {"quota_set": {"instances": 0}}
        self.expect(200, self.admin.put("compute", path, body))
        self.later(self.admin.delete, "compute", path)
        said = self.refused(403, self.ask())
        self.assertIn("Quota exceeded for instances", said["forbidden"]["message"])

    def test_what_is_not_there(self):
        said = self.admin.get("compute", f"/servers/{NONE}")
        self.assertEqual({"itemNotFound"}, set(self.refused(404, said)))
        self.refused(404, self.admin.delete("compute", f"/servers/{NONE}"))
        self.refused(404, self.act(NONE, "suspend"))
        path = f"/servers/{NONE}/tags"
        self.refused(404, self.admin.put("compute", path, {"tags": []}, version="2.26"))

    # -- a whole life --------------------------------------------------------
    def test_as_asked_for(self):
        """Everything that was asked for shows, in all versions."""
        keypair = {"name": "mine", "public_key": KEY, "type": "ssh"}
        self.member_.post(
            "compute", "/os-keypairs", {"keypair": keypair}, version="2.92"
        )
        path = f"/os-keypairs/mine?user_id={self.member_.user_id}"
        self.later(lambda: self.admin.delete("compute", path, version="2.92"))
        ip = {"subnet_id": self._subnet(), "ip_address": "10.90.0.44"}
        port = self.make(
            "network",
            "/ports",
            "port",
            self.member_,
            network_id=self.net["id"],
            fixed_ips=[ip],
        )
        user_data = base64.b64encode(b"#!/bin/sh").decode()
        server = self.server(
            networks=[{"port": port["id"], "tag": "mgmt"}, {"uuid": self.net["id"]}],
            key_name="mine",
            metadata={"tier": "web"},
            tags=["b", "a"],
            user_data=user_data,
            description="so-so",
            config_drive=True,
            hostname="other-name",
            accessIPv4="192.0.2.1",
        )
        for name, value in (
            ("name", self.prefix),
            ("tenant_id", self.member_.project_id),
            ("user_id", self.member_.user_id),
            ("key_name", "mine"),
            ("metadata", {"tier": "web"}),
            ("tags", ["a", "b"]),
            ("OS-EXT-SRV-ATTR:user_data", user_data),
            ("description", "so-so"),
            ("config_drive", "True"),
            ("OS-EXT-SRV-ATTR:hostname", "other-name"),
            ("accessIPv4", "192.0.2.1"),
            ("locked", False),
            ("OS-EXT-STS:vm_state", "active"),
            ("OS-EXT-STS:power_state", 1),
            ("os-extended-volumes:volumes_attached", []),
        ):
            self.assertEqual(value, server[name], name)
        self._shows(server["id"])
        self._tagged(server["id"], port["id"])
        (addresses,) = server["addresses"].values()
        self.assertEqual(2, len(addresses))
        self.assertEqual(
            {
                "version": 4,
                "addr": "10.90.0.44",
                "OS-EXT-IPS:type": "fixed",
                "OS-EXT-IPS-MAC:mac_addr": port["mac_address"],
            },
            addresses[0],
        )
        self._ports(server, port)

    def _subnet(self):
        path = f"/networks/{self.net['id']}"
        return self.admin.get("network", path).json()["network"]["subnets"][0]

    def _shows(self, key):
        minors = (1, 46, 47, 75, 93, *((96, 100) if self.newer else ()))
        for minor in minors:
            version = f"2.{minor}"
            path = f"/servers/detail?all_tenants=1&name={self.prefix}"
            (listed,) = self.admin.get("compute", path, version=version).json()[
                "servers"
            ]
            alone = self.show(key, version)
            self.assertEqual(shapes.server(minor), set(listed), version)
            more = {"server_groups"} if minor >= 71 else set()
            self.assertEqual(more, set(alone) - set(listed), version)
            flavor = (
                {"id", "links"} if minor <= 46 else {"original_name", "vcpus", "ram"}
            )
            self.assertLessEqual(flavor, set(listed["flavor"]))
        mine = self.show(key, by=self.member_)
        self.assertNotIn("OS-EXT-SRV-ATTR:host", mine)
        self.assertIsNone(self.show(key, by=self.member()))

    def _tagged(self, key, tagged):
        """Device tags of NICs show from 2.70 on."""
        path = f"/servers/{key}/os-interface"
        for version, shown in (("2.69", [{}, {}]), ("2.70", [{"tag": None}] * 2)):
            said = self.admin.get("compute", path, version=version)
            nics = self.expect(200, said)["interfaceAttachments"]
            if shown[0]:
                shown = [
                    {"tag": "mgmt" if n["port_id"] == tagged else None} for n in nics
                ]
            found = [{k: n[k] for k in n if k == "tag"} for n in nics]
            self.assertEqual(shown, found, version)

    def _ports(self, server, port):
        path = f"/ports?device_id={server['id']}"
        ports = self.admin.get("network", path).json()["ports"]
        self.assertEqual(2, len(ports))
        for each in ports:
            self.assertEqual(
                ("compute:nova", "ACTIVE", server["OS-EXT-SRV-ATTR:host"]),
                (each["device_owner"], each["status"], each["binding:host_id"]),
            )
        again = self.ask(networks=[{"port": port["id"]}])
        said = self.refused(409, again)
        self.assertEqual({"conflictingRequest"}, set(said))
        self.remove(server["id"])
        free = self.admin.get("network", f"/ports/{port['id']}").json()["port"]
        self.assertEqual(
            ("", "", "", "DOWN"),
            tuple(
                free[n]
                for n in ("device_id", "device_owner", "binding:host_id", "status")
            ),
        )
        path = f"/ports?network_id={self.net['id']}"
        left = self.admin.get("network", path).json()["ports"]
        owners = ("network:dhcp", "network:distributed")
        left = [each["id"] for each in left if each["device_owner"] not in owners]
        self.assertEqual([port["id"]], left)

    def test_states(self):
        """Each change, and what is refused in between."""
        key = self.server()["id"]
        self.refused(409, self.act(key, "resume"))
        self.refused(409, self.act(key, "os-start"))
        self.expect(202, self.act(key, "suspend"))
        found = self.becomes(key, "SUSPENDED")
        self.assertEqual("suspended", found["OS-EXT-STS:vm_state"])
        self.assertNotIn("progress", found)
        said = self.refused(409, self.act(key, "os-stop"))
        self.assertIn("vm_state suspended", said["conflictingRequest"]["message"])
        self.refused(409, self.act(key, "suspend"))
        self.expect(202, self.act(key, "resume"))
        self.becomes(key, "ACTIVE")
        self.expect(202, self.act(key, "os-stop"))
        found = self.becomes(key, "SHUTOFF")
        self.assertEqual(4, found["OS-EXT-STS:power_state"])
        self.refused(409, self.act(key, "os-stop"))
        self.refused(409, self.act(key, "suspend"))
        self.expect(202, self.act(key, "os-start"))
        self.becomes(key, "ACTIVE")
        self.refused(400, self.act(key, "shoe"))
        self.expect(202, self.act(key, "pause"))
        self.becomes(key, "PAUSED")
        for action in ("os-stop", "suspend", "resume", "pause"):
            said = self.refused(409, self.act(key, action))
            self.assertIn("vm_state paused", said["conflictingRequest"]["message"])
        self.expect(202, self.act(key, "unpause"))
        self.becomes(key, "ACTIVE")
        self.expect(202, self.act(key, "os-resetState", {"state": "error"}))
        self.becomes(key, "ERROR")
        self.refused(409, self.act(key, "suspend"))

    def test_locks(self):
        """A lock keeps its owner out, not administrators."""
        key = self.server()["id"]
        reason = {"locked_reason": "moved"}
        self.expect(202, self.act(key, "lock", reason, version="2.72"))
        self.assertIsNone(self.show(key)["locked_reason"])
        self.expect(202, self.act(key, "lock", reason))
        found = self.show(key)
        self.assertEqual((True, "moved"), (found["locked"], found["locked_reason"]))
        self.refused(409, self.act(key, "os-stop", by=self.member_))
        gone = self.member_.delete("compute", f"/servers/{key}")
        self.refused(409, gone)
        self.expect(202, self.act(key, "os-stop"))
        self.becomes(key, "SHUTOFF")
        self.expect(202, self.act(key, "unlock"))
        self.assertIsNone(self.show(key)["locked_reason"])

    def test_tags_and_metadata(self):
        key = self.server(tags=["x"])["id"]
        path = f"/servers/{key}/tags"
        put = self.admin.put
        said = self.expect(
            200, put("compute", path, {"tags": ["b", "a"]}, version="2.26")
        )
        self.assertEqual(["a", "b"], sorted(said["tags"]))
        self.refused(404, put("compute", path, {"tags": []}, version="2.25"))
        self.refused(400, put("compute", path, {"tags": ["a,b"]}, version="2.26"))
        path = f"/servers/{key}/metadata"
        said = put("compute", path, {"metadata": {"a": "1"}})
        self.assertEqual({"a": "1"}, self.expect(200, said)["metadata"])

    def test_lists(self):
        first = self.server(tags=["t1", "t2"])
        second = self.server(name=f"{self.prefix}-two")
        one, two = first["id"], second["id"]
        mine = f"project_id={self.member_.project_id}"
        for query, wanted in (
            (f"all_tenants=1&{mine}", {one, two}),
            (f"all_tenants=1&{mine}&name=^{self.prefix}$", {one}),
            (f"all_tenants=1&{mine}&name={self.prefix}", {one, two}),
            (f"all_tenants=1&{mine}&tags=t1,t2", {one}),
            (f"all_tenants=1&{mine}&tags=t1,t3", set()),
            (f"all_tenants=1&{mine}&status=SHUTOFF", set()),
            (f"all_tenants=1&{mine}&user_id={self.member_.user_id}", {one, two}),
            ("", set()),
        ):
            path = f"/servers/detail?{query}"
            found = self.expect(200, self.admin.get("compute", path, version=NEWEST))
            there = {each["id"] for each in found["servers"]}
            self.assertEqual(wanted, there & {one, two}, query)
        refused = self.member_.get("compute", "/servers/detail?all_tenants=1")
        self.refused(403, refused)
        path = f"/servers/detail?all_tenants=1&{mine}&limit=1"
        page = self.admin.get("compute", path, version=NEWEST).json()
        # The newest first; those of one second by their ids.
        older, newer = one, two
        if first["created"] == second["created"]:
            newer, older = sorted((one, two))
        self.assertEqual([newer], [each["id"] for each in page["servers"]])
        following = page["servers_links"][0]["href"]
        page = self.admin.get("compute", following, version=NEWEST).json()
        self.assertEqual([older], [each["id"] for each in page["servers"]])
        self.refused(400, self.admin.get("compute", "/servers?marker=none"))
        details = self.admin.get(
            "compute", f"/os-quota-sets/{self.member_.project_id}/detail"
        ).json()["quota_set"]
        self.assertEqual(
            (2, 2, 128),
            tuple(details[n]["in_use"] for n in ("instances", "cores", "ram")),
        )
