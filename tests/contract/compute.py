# SPDX-License-Identifier: Apache-2.0
"""The contract of Nova: flavors, keypairs, quotas, versions."""

from __future__ import annotations

from tests.contract.base import Contract
from tests.contract.shapes import fields

KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICE9fdBQZqqtyHyBK3OyRsdlfiv1fPlVgQ/1bHIZcJ0o "
    "someone@work"
)
FINGERPRINT = "30:0b:d1:a3:e0:ec:ca:e8:8b:cb:36:96:fa:d7:1f:e2"


class Compute(Contract):
    """What servers need."""

    def flavor(self, **more):
        body = {"name": f"{self.prefix}-f", "ram": 64, "vcpus": 1, "disk": 1, **more}
        return self.make("compute", "/flavors", "flavor", **body)

    # -- versions ------------------------------------------------------------
    def test_versions(self):
        version = self.expect(200, self.admin.get("compute", "/"))["version"]
        wanted = "2.104" if self.newer else "2.93"
        self.assertEqual((wanted, "2.1"), (version["version"], version["min_version"]))
        answer = self.admin.get("compute", self.admin.root("compute"))
        self.assertEqual(2, len(self.expect(200, answer)["versions"]))

    def test_microversions(self):
        answer = self.admin.get("compute", "/flavors", version="2.60")
        self.assertEqual("compute 2.60", answer.headers["OpenStack-API-Version"])
        answer = self.admin.get("compute", "/flavors")
        self.assertEqual("compute 2.1", answer.headers["OpenStack-API-Version"])
        said = self.admin.get("compute", "/flavors", version="2.999")
        self.assertEqual({"computeFault"}, set(self.refused(406, said)))
        said = self.admin.get("compute", "/flavors", version="2.x")
        self.assertEqual(400, said.status_code)
        answer = self.admin.get("compute", "/flavors", version="latest")
        wanted = "compute 2.104" if self.newer else "compute 2.93"
        self.assertEqual(wanted, answer.headers["OpenStack-API-Version"])

    # -- flavors -------------------------------------------------------------
    def test_flavors(self):
        """Their fields at each version."""
        flavor = self.flavor(swap=0, description="so-so")
        key = flavor["id"]
        every = fields("flavor", newer=self.newer)
        for version, wanted, swap in (
            ("", every - {"description", "extra_specs"}, ""),
            ("2.55", every - {"extra_specs"}, ""),
            ("2.61", every, ""),
            ("2.75", every, 0),
        ):
            found = self.admin.get("compute", f"/flavors/{key}", version=version).json()
            self.assertEqual(wanted, set(found["flavor"]), version)
            self.assertEqual(swap, found["flavor"]["swap"])
            listed = self.admin.get(
                "compute", "/flavors/detail?is_public=None", version=version
            ).json()["flavors"]
            (one,) = [each for each in listed if each["id"] == key]
            self.assertEqual(found["flavor"], one)
        if self.newer:
            found = self.admin.get("compute", f"/flavors/{key}", version="2.102").json()
            gone = {"OS-FLV-DISABLED:disabled", "rxtx_factor"}
            self.assertEqual(every - gone, set(found["flavor"]))

    def test_a_flavor_is_made_once(self):
        flavor = self.flavor()
        body = {"name": flavor["name"], "ram": 64, "vcpus": 1, "disk": 1}
        again = self.admin.post("compute", "/flavors", {"flavor": body})
        self.assertEqual({"conflictingRequest"}, set(self.refused(409, again)))
        body = {"name": "x", "ram": 64, "vcpus": 1, "disk": 1, "id": flavor["id"]}
        self.refused(409, self.admin.post("compute", "/flavors", {"flavor": body}))
        self.refused(400, self.admin.post("compute", "/flavors", {"flavor": {}}))
        missing = self.admin.get("compute", "/flavors/none")
        self.assertEqual({"itemNotFound"}, set(self.refused(404, missing)))

    def test_names_that_the_database_takes_for_one_another(self):
        """Neither case nor accents count, in names and in ids."""
        gold = f"{self.prefix}-Gold"
        flavor = self.flavor(id=gold, name=gold)
        name, key = flavor["name"], flavor["id"]
        body = {"ram": 64, "vcpus": 1, "disk": 1}
        for alike in (name.upper(), name.replace("o", "\u00f3")):
            again = {"flavor": {**body, "name": alike}}
            self.refused(409, self.admin.post("compute", "/flavors", again))
        again = {"flavor": {**body, "name": "x", "id": key.upper()}}
        self.refused(409, self.admin.post("compute", "/flavors", again))
        found = self.admin.get("compute", f"/flavors/{key.upper()}")
        self.assertEqual(key, self.expect(200, found)["flavor"]["id"])
        # In a path accents are garbled, so that nothing is found by one.
        accented = key.replace("Gold", "G\u00f3ld")
        self.refused(404, self.admin.get("compute", f"/flavors/{accented}"))

    def test_extra_specs(self):
        path = f"/flavors/{self.flavor()['id']}/os-extra_specs"
        specs = {"extra_specs": {"hw:cpu_policy": "shared"}}
        self.assertEqual(
            specs, self.expect(200, self.admin.post("compute", path, specs))
        )
        self.assertEqual(specs, self.admin.get("compute", path).json())

    def test_access(self):
        """A private flavor is for those on its list."""
        flavor = self.flavor(**{"os-flavor-access:is_public": False})
        member = self.member()
        path = f"/flavors/{flavor['id']}"
        self.refused(404, member.get("compute", path))
        add = {"addTenantAccess": {"tenant": member.project_id}}
        said = self.expect(200, self.admin.post("compute", f"{path}/action", add))
        access = {"flavor_id": flavor["id"], "tenant_id": member.project_id}
        self.assertEqual({"flavor_access": [access]}, said)
        self.refused(409, self.admin.post("compute", f"{path}/action", add))
        self.expect(200, member.get("compute", path))
        listed = member.get("compute", "/flavors").json()["flavors"]
        self.assertIn(flavor["id"], [each["id"] for each in listed])
        shown = self.admin.get("compute", f"{path}/os-flavor-access")
        self.assertEqual([access], self.expect(200, shown)["flavor_access"])
        remove = {"removeTenantAccess": {"tenant": member.project_id}}
        self.expect(200, self.admin.post("compute", f"{path}/action", remove))
        self.refused(404, self.admin.post("compute", f"{path}/action", remove))

    def test_public_flavors_have_no_list(self):
        path = f"/flavors/{self.flavor()['id']}/os-flavor-access"
        self.refused(404, self.admin.get("compute", path))

    def test_pages(self):
        made = {
            self.flavor(name=f"{self.prefix}-{number}")["id"] for number in range(3)
        }
        query, seen, rounds = "/flavors/detail?is_public=None&limit=1", [], 0
        while query and rounds < 200:
            page, rounds = self.admin.get("compute", query).json(), rounds + 1
            seen += [each["id"] for each in page["flavors"]]
            query = page["flavors_links"][0]["href"] if "flavors_links" in page else ""
        self.assertLessEqual(made, set(seen))
        self.assertEqual(len(seen), len(set(seen)))
        unknown = self.admin.get("compute", "/flavors?marker=none")
        self.refused(400, unknown)

    def test_members_make_no_flavors(self):
        body = {"flavor": {"name": "x", "ram": 64, "vcpus": 1, "disk": 1}}
        said = self.member().post("compute", "/flavors", body)
        self.assertEqual({"forbidden"}, set(self.refused(403, said)))

    # -- keypairs ------------------------------------------------------------
    def keypair(self, api, name="mine", status=201, version="2.92", **more):
        body = {"keypair": {"name": name, "public_key": KEY, "type": "ssh", **more}}
        said = api.post("compute", "/os-keypairs", body, version=version)
        found = self.expect(status, said)
        if status == 201:
            user = more.get("user_id", api.user_id)
            path = f"/os-keypairs/{name}?user_id={user}"
            self.later(lambda: self.admin.delete("compute", path, version="2.92"))
        return found

    def test_keypairs(self):
        member = self.member()
        made = self.keypair(member)["keypair"]
        self.assertEqual(fields("keypair", newer=self.newer) | {"user_id"}, set(made))
        self.assertEqual(FINGERPRINT, made["fingerprint"])
        listed = member.get("compute", "/os-keypairs", version="2.92").json()
        (one,) = [each["keypair"] for each in listed["keypairs"]]
        self.assertEqual(fields("keypair", newer=self.newer), set(one))
        alone = member.get("compute", "/os-keypairs/mine", version="2.92")
        alone = self.expect(200, alone)["keypair"]
        self.assertEqual(fields("keypair alone", newer=self.newer), set(alone))
        self.keypair(member, status=409)
        path = "/os-keypairs/mine"
        gone = member.delete("compute", path, version="2.92")
        self.expect(204, gone)
        self.refused(404, member.delete("compute", path, version="2.92"))
        self.refused(404, member.get("compute", path, version="2.92"))

    def test_keypairs_of_others(self):
        """Administrators look after everybody's; nobody else does."""
        member = self.member()
        self.keypair(self.admin, "theirs", user_id=member.user_id)
        listed = member.get("compute", "/os-keypairs", version="2.92").json()
        self.assertEqual(["theirs"], [k["keypair"]["name"] for k in listed["keypairs"]])
        path = f"/os-keypairs?user_id={member.user_id}"
        listed = self.admin.get("compute", path, version="2.92").json()
        self.assertEqual(1, len(listed["keypairs"]))
        own = self.admin.get("compute", path, version="2.1").json()["keypairs"]
        self.assertNotIn("theirs", [k["keypair"]["name"] for k in own])
        path = f"/os-keypairs?user_id={self.admin.user_id}"
        self.refused(403, member.get("compute", path, version="2.92"))

    def test_names_of_keypairs(self):
        member = self.member()
        self.keypair(member, "a.b@c d-e_f")
        self.keypair(member, "a.b", status=400, version="2.91")
        self.keypair(member, "a/b", status=400)
        self.keypair(member, "bad", status=400, public_key="nonsense")

    def test_keypairs_that_differ_by_case(self):
        member = self.member()
        self.keypair(member, "Team")
        self.keypair(member, "team", status=409)
        found = member.get("compute", "/os-keypairs/tEAM", version="2.92")
        self.assertEqual("Team", self.expect(200, found)["keypair"]["name"])
        self.keypair(self.member(), "team")

    def test_a_keypair_of_several_lines(self):
        """Nova looks at the first and keeps all of them."""
        lines = f"{KEY.strip()}\r\n{KEY.strip()} again\n"
        member = self.member()
        self.keypair(member, public_key=lines)
        found = member.get("compute", "/os-keypairs/mine", version="2.92")
        found = self.expect(200, found)["keypair"]
        self.assertEqual(
            (lines, FINGERPRINT), (found["public_key"], found["fingerprint"])
        )

    # -- quotas --------------------------------------------------------------
    def test_quotas(self):
        project = self.project()["id"]
        path = f"/os-quota-sets/{project}"
        self.later(self.admin.delete, "compute", path)
        found = self.admin.get("compute", path).json()["quota_set"]
        default = self.admin.get("compute", f"{path}/defaults").json()["quota_set"]
        self.assertEqual(default, found)
        self.assertEqual(
            (10, 20, 51200, 100),
            tuple(found[name] for name in ("instances", "cores", "ram", "key_pairs")),
        )
        details = self.admin.get("compute", f"{path}/detail").json()["quota_set"]
        wanted = {"limit": 10, "in_use": 0, "reserved": 0}
        self.assertEqual(wanted, details["instances"])
        body = {"quota_set": {"instances": 3}}
        said = self.expect(200, self.admin.put("compute", path, body))
        self.assertEqual(3, said["quota_set"]["instances"])
        self.assertEqual(set(default) - {"id"}, set(said["quota_set"]))
        nonsense = {"quota_set": {"shoes": 3}}
        self.refused(400, self.admin.put("compute", path, nonsense))

    def test_volumes(self):
        """What there is of Cinder: lists, and versions."""
        found = self.admin.get("block-storage", "/volumes?all_tenants=1&project_id=x")
        self.assertEqual([], self.expect(200, found)["volumes"])
        said = self.admin.get("block-storage", "/volumes/none")
        self.assertEqual({"itemNotFound"}, set(self.refused(404, said)))
        answer = self.admin.get("block-storage", self.admin.root("block-storage"))
        (version,) = self.expect(300, answer)["versions"]
        self.assertEqual("3.71" if self.newer else "3.70", version["version"])
