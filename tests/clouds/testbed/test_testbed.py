# SPDX-License-Identifier: Apache-2.0
"""Seed and reset on the running testbed, and the faults of its services."""

import collections
import io
import os
import pathlib

import openstack
import requests
import testtools

from testbed.openstack.progress import Progress
from testbed.openstack.seed import apply, plan, reset, rest

PREFIX = "tbtest"
# what belongs to one cloud run and not to the seed
VOLATILE = {
    "updated_at",
    "updated",
    "created_at",
    "created",
    "progress",
    "revision_number",
}


class TestbedTestCase(testtools.TestCase):
    """A test on the testbed that OS_CLIENT_CONFIG_FILE names."""

    def setUp(self):
        super().setUp()
        if not os.environ.get("OS_CLIENT_CONFIG_FILE"):
            self.skipTest("no testbed: OS_CLIENT_CONFIG_FILE is not set")
        self.progress = Progress(io.StringIO())


def snapshot(cloud, prefix):
    """Everything with the prefix, and all that its projects own, as the APIs say."""
    admin, seen = cloud.admin, collections.defaultdict(dict)

    def note(kind, things):
        for thing in things:
            fields = {k: v for k, v in thing.items() if k not in VOLATILE}
            seen[kind][thing["id"]] = fields

    def ours(things):
        return [x for x in things if (x["name"] or "").startswith(f"{prefix}-")]

    for kind in ("projects", "users", "roles"):
        note(kind, ours(admin.listing("identity", f"/{kind}", kind)))
    for user_id in seen["users"]:
        found = admin.get("compute", "/os-keypairs", user_id=user_id)["keypairs"]
        for item in found:
            key = item["keypair"]
            seen["keypairs"][(user_id, key["name"])] = key["fingerprint"]
        found = admin.get("identity", "/role_assignments", **{"user.id": user_id})
        seen["assignments"][user_id] = sorted(
            (a["role"]["id"], a["scope"]["project"]["id"])
            for a in found["role_assignments"]
        )
    flavors = admin.listing("compute", "/flavors/detail", "flavors", is_public="None")
    note("flavors", ours(flavors))
    images = admin.listing("image", "/images", "images", visibility="all")
    note("images", ours(images))
    for project_id in seen["projects"]:
        mine = {"project_id": project_id}
        for kind in ("networks", "subnets", "ports", "routers", "floatingips"):
            note(kind, admin.listing("network", f"/{kind}", kind, **mine))
        groups = admin.listing("network", "/security-groups", "security_groups", **mine)
        note("groups", groups)
        servers = admin.listing(
            "compute", "/servers/detail", "servers", all_tenants="1", **mine
        )
        note("servers", servers)
        volumes = admin.listing(
            "volume", "/volumes/detail", "volumes", all_tenants="1", **mine
        )
        note("volumes", volumes)
    return {kind: things for kind, things in seen.items() if things}


class TestSeed(TestbedTestCase):
    def setUp(self):
        super().setUp()
        self.source, self.destination = rest.Cloud("source"), rest.Cloud("destination")
        self.addCleanup(self.reset)
        self.reset()

    def reset(self):
        for cloud in (self.source, self.destination):
            reset.reset(cloud, PREFIX, self.progress)

    def seed(self, cloud, other, **arguments):
        made = plan.make(prefix=PREFIX, image_size=1, **arguments)
        apply.seed(made, cloud, [other], self.progress)
        return made

    def test_twice_is_the_same_and_reset_removes_all(self):
        before = snapshot(self.source, PREFIX)
        others = self.others(self.source)
        made = self.seed(self.source, self.destination, servers=4, volumes=2)
        first = snapshot(self.source, PREFIX)
        self.seed(self.source, self.destination, servers=4, volumes=2)
        self.assertEqual(first, snapshot(self.source, PREFIX))
        self.check(made, first)

        locked = next(iter(first["servers"]))
        path = f"/servers/{locked}/action"
        self.source.admin.post("compute", path, {"lock": {"locked_reason": "moved"}})
        self.reset()
        self.assertEqual(before, snapshot(self.source, PREFIX))
        self.assertEqual(others, self.others(self.source))

    def test_reset_empties_the_destination_too(self):
        self.seed(self.destination, self.source, servers=1)
        self.assertNotEqual({}, snapshot(self.destination, PREFIX))
        self.reset()
        self.assertEqual({}, snapshot(self.destination, PREFIX))

    def others(self, cloud):
        """The names of what must still be there after a reset."""
        admin = cloud.admin
        return {
            kind: sorted(
                x["name"]
                for x in admin.listing("identity", f"/{kind}", kind)
                if not x["name"].startswith(f"{PREFIX}-")
            )
            for kind in ("projects", "users", "roles")
        }

    def check(self, made, found):
        """That the cloud has what the plan says, where it is easy to see."""
        project = made.projects[1]
        self.assertEqual(len(made.users()), len(found["users"]))
        self.assertEqual(len(made.flavors), len(found["flavors"]))
        self.assertEqual(1 + len(project.images), len(found["images"]))
        self.assertEqual(len(project.volumes), len(found["volumes"]))
        # Neutron makes a default group for a project that is only asked about
        names = {g["name"] for g in found["groups"].values()}
        self.assertEqual({g.name for g in project.groups}, names)
        status = {s["name"]: s["status"] for s in found["servers"].values()}
        wanted = {s.name: "ACTIVE" if s.running else "SHUTOFF" for s in project.servers}
        self.assertEqual(wanted, status)
        ports = {p["name"]: p for p in found["ports"].values()}
        for port in project.ports:
            self.assertEqual(port.mac, ports[port.name]["mac_address"])
            addresses = [ip["ip_address"] for ip in ports[port.name]["fixed_ips"]]
            self.assertIn(port.address, addresses)
        isolated = next(
            g for g in found["groups"].values() if g["name"].endswith("-isolated")
        )
        self.assertEqual(2, len(isolated["security_group_rules"]))
        golden = next(i for i in found["images"].values() if i["protected"])
        self.assertEqual(1 << 20, golden["size"])
        self.assertTrue(golden["os_hash_value"])


class TestClouds(TestbedTestCase):
    def test_ids_differ_between_the_clouds(self):
        seen = {}
        for name in ("source", "destination"):
            admin = rest.Cloud(name).admin
            things = [
                *admin.listing("identity", "/projects", "projects"),
                *admin.listing("identity", "/users", "users"),
                *admin.listing("identity", "/roles", "roles"),
                *admin.listing("volume", "/types", "volume_types"),
            ]
            seen[name] = {x["id"] for x in things}
        self.assertEqual(set(), seen["source"] & seen["destination"])

    def test_clouds_yaml_is_for_its_owner(self):
        path = pathlib.Path(os.environ["OS_CLIENT_CONFIG_FILE"])
        self.assertEqual(0, path.stat().st_mode & 0o077)


class TestFaults(TestbedTestCase):
    """On both clouds, as they have different web servers."""

    def on_both(self, check):
        for name in ("source", "destination"):
            cloud = openstack.connect(cloud=name)
            self.addCleanup(cloud.close)
            check(cloud)

    def control(self, cloud, service, what):
        endpoint = self.endpoint(cloud, service)
        root = "/".join(endpoint.split("/")[:3])
        url = f"{root}/_testbed/{what}"
        self.addCleanup(requests.delete, url, timeout=10)
        return url

    def endpoint(self, cloud, service):
        if service == "identity":
            return cloud.config.config["auth"]["auth_url"]
        return getattr(cloud, service).get_endpoint()

    def faults(self, cloud, service, *rules):
        url = self.control(cloud, service, "faults")
        requests.post(url, json=list(rules), timeout=10).raise_for_status()

    def test_a_request_fails_once(self):
        def check(cloud):
            self.faults(
                cloud,
                "network",
                {"path_regex": "/networks", "status": 418, "agent_regex": "^testbed"},
            )
            url = cloud.network.get_endpoint().rstrip("/") + "/v2.0/networks"
            url = url.replace("/v2.0/v2.0", "/v2.0")
            headers = {"X-Auth-Token": cloud.auth_token, "User-Agent": "testbed-test"}
            answers = [requests.get(url, headers=headers, timeout=30) for _ in "12"]
            self.assertEqual([418, 200], [a.status_code for a in answers])

        self.on_both(check)

    def test_a_download_breaks_off(self):
        def check(cloud):
            image = cloud.image.create_image(
                name=f"{PREFIX}-cut",
                disk_format="raw",
                container_format="bare",
                data=io.BytesIO(b"x" * 300000),
            )
            self.addCleanup(cloud.image.delete_image, image)
            self.faults(
                cloud, "image", {"path_regex": "/file$", "truncate_body_after": 100000}
            )
            error = self.assertRaises(
                requests.RequestException, self.download, cloud, image.id
            )
            self.assertIn("100000 bytes read", str(error))
            self.assertEqual(300000, len(self.download(cloud, image.id)))

        self.on_both(check)

    def download(self, cloud, image_id):
        root = "/".join(cloud.image.get_endpoint().split("/")[:3])
        return requests.get(
            f"{root}/v2/images/{image_id}/file",
            headers={"X-Auth-Token": cloud.auth_token},
            timeout=30,
        ).content

    def test_requests_are_counted(self):
        def check(cloud):
            project = cloud.current_project_id
            url = self.control(cloud, "identity", "requests")
            before = requests.get(url, timeout=10).json()["by"]
            cloud.identity.get_project(project)
            after = requests.get(url, timeout=10).json()["by"]
            key = "GET /v3/projects/*"
            self.assertEqual(before.get(key, 0) + 1, after[key])

        self.on_both(check)
