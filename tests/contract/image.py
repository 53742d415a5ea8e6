# SPDX-License-Identifier: Apache-2.0
"""The contract of Glance."""

from __future__ import annotations

import hashlib
import uuid

import requests

from tests.contract.base import Contract
from tests.contract.shapes import fields

DATA = bytes(range(256)) * 1024
_PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
_DATA = {"Content-Type": "application/octet-stream"}


class Images(Contract):
    """Records, data, members."""

    def image(self, by=None, **more):
        body = {"name": self.prefix, "disk_format": "raw", "container_format": "bare"}
        answer = (by or self.admin).post("image", "/images", {**body, **more})
        made = self.expect(201, answer)
        self.later(self.admin.delete, "image", f"/images/{made['id']}")
        return made

    def upload(self, image, data=DATA, by=None, **headers):
        return (by or self.admin).request(
            "PUT",
            "image",
            f"/images/{image['id']}/file",
            data=data,
            headers={**_DATA, **headers},
        )

    def full(self, **more):
        image = self.image(**more)
        self.expect(204, self.upload(image))
        return self.admin.get("image", f"/images/{image['id']}").json()

    # -- records -------------------------------------------------------------
    def test_shapes(self):
        queued = self.image(os_distro="debian", tags=["b", "a"])
        wanted = fields("image", newer=self.newer) | {"os_distro"}
        self.assertEqual(wanted, set(queued))
        full = self.full()
        wanted = fields("image", newer=self.newer) | {"stores"}
        self.assertEqual(wanted, set(full))
        (listed,) = self.admin.get("image", f"/images?id={full['id']}").json()["images"]
        self.assertEqual(full, listed)

    def test_defaults(self):
        queued = self.image()
        for name, value in (
            ("status", "queued"),
            ("visibility", "shared"),
            ("protected", False),
            ("os_hidden", False),
            ("min_ram", 0),
            ("size", None),
            ("checksum", None),
            ("os_hash_value", None),
            ("owner", self.admin.project_id),
            ("tags", []),
        ):
            self.assertEqual(value, queued[name], name)

    def test_an_id_is_given_once_for_ever(self):
        key = str(uuid.uuid4())
        image = self.image(id=key)
        self.assertEqual(key, image["id"])
        self.refused(409, self.admin.post("image", "/images", {"id": key}))
        self.expect(204, self.admin.delete("image", f"/images/{key}"))
        self.refused(404, self.admin.get("image", f"/images/{key}"))
        self.refused(404, self.admin.delete("image", f"/images/{key}"))
        self.refused(409, self.admin.post("image", "/images", {"id": key}))
        self.refused(400, self.admin.post("image", "/images", {"id": "no-uuid"}))

    def test_whose(self):
        member, other = self.member(), self.member()
        image = self.image(member)
        self.assertEqual(member.project_id, image["owner"])
        path = f"/images/{image['id']}"
        self.refused(404, other.get("image", path))
        self.refused(404, other.delete("image", path))
        body = {"name": "x", "visibility": "public"}
        self.refused(403, member.post("image", "/images", body))
        body = {"name": "x", "owner": other.project_id}
        self.refused(403, member.post("image", "/images", body))
        given = self.image(owner=other.project_id)
        self.assertEqual(other.project_id, given["owner"])

    def test_readers(self):
        """They make and change no images, but in older releases they do."""
        member = self.member()
        project = {"id": member.project_id, "name": member.about["project"]["name"]}
        reader, image = self.member(project, role="reader"), self.image(member)
        path = f"/images/{image['id']}"
        self.expect(200, reader.get("image", path))
        said = reader.put("image", f"{path}/tags/x")
        self.assertEqual(403 if self.newer else 204, said.status_code)
        said = reader.post("image", "/images", {"name": self.prefix})
        if said.status_code == 201:
            self.later(self.admin.delete, "image", f"/images/{said.json()['id']}")
        self.assertEqual(403 if self.newer else 201, said.status_code)

    def test_changes(self):
        image = self.image(shoe="43")
        path = f"/images/{image['id']}"
        change = [
            {"op": "replace", "path": "/shoe", "value": "44"},
            {"op": "add", "path": "/hat", "value": "55"},
        ]
        said = self.admin.request("PATCH", "image", path, json=change, headers=_PATCH)
        found = self.expect(200, said)
        self.assertEqual(("44", "55"), (found["shoe"], found["hat"]))
        change = [{"op": "replace", "path": "/none", "value": "44"}]
        said = self.admin.request("PATCH", "image", path, json=change, headers=_PATCH)
        self.refused(409, said)
        change = [{"op": "replace", "path": "/status", "value": "active"}]
        said = self.admin.request("PATCH", "image", path, json=change, headers=_PATCH)
        self.refused(403, said)
        self.expect(204, self.admin.put("image", f"{path}/tags/one"))
        self.assertEqual(["one"], self.admin.get("image", path).json()["tags"])

    def test_protected(self):
        image = self.image(protected=True)
        path = f"/images/{image['id']}"
        self.refused(403, self.admin.delete("image", path))
        change = [{"op": "replace", "path": "/protected", "value": False}]
        said = self.admin.request("PATCH", "image", path, json=change, headers=_PATCH)
        self.expect(200, said)
        self.expect(204, self.admin.delete("image", path))

    # -- data ----------------------------------------------------------------
    def test_data(self):
        """What goes up is hashed, and comes down again, whole or in part."""
        full = self.full()
        for name, value in (
            ("status", "active"),
            ("size", len(DATA)),
            ("checksum", hashlib.md5(DATA, usedforsecurity=False).hexdigest()),
            ("os_hash_algo", "sha512"),
            ("os_hash_value", hashlib.sha512(DATA).hexdigest()),
        ):
            self.assertEqual(value, full[name], name)
        path = f"/images/{full['id']}/file"
        down = self.admin.get("image", path)
        self.assertEqual((200, DATA), (down.status_code, down.content))
        self.assertEqual(full["checksum"], down.headers["Content-MD5"])
        part = self.admin.get("image", path, headers={"Range": "bytes=70000-"})
        self.assertEqual((206, DATA[70000:]), (part.status_code, part.content))
        part = self.admin.get("image", path, headers={"Range": f"bytes={len(DATA)}-"})
        self.assertEqual(416, part.status_code)

    def test_data_goes_up_once(self):
        full = self.full()
        self.refused(409, self.upload(full))

    def test_data_in_chunks(self):
        image = self.image()
        chunks = (DATA[at : at + 1000] for at in range(0, len(DATA), 1000))
        self.expect(204, self.upload(image, chunks))
        now = self.admin.get("image", f"/images/{image['id']}").json()
        self.assertEqual(hashlib.sha512(DATA).hexdigest(), now["os_hash_value"])

    def test_an_upload_that_breaks_off_leaves_it_queued(self):
        image = self.image()
        looker = self.connect()

        def becomes(status):
            path = f"/images/{image['id']}"
            self.until(
                lambda: looker.get("image", path).json()["status"] == status,
                f"the image to be {status}",
            )

        def chunks():
            yield DATA
            becomes("saving")
            raise OSError("the source went away")

        broken = (OSError, requests.RequestException)
        self.assertRaises(broken, self.upload, image, chunks())
        becomes("queued")
        self.expect(204, self.upload(image))

    def test_uploads_that_cannot_be(self):
        image = self.image()
        wrong = self.upload(image, **{"Content-Type": "text/plain"})
        self.refused(415, wrong)
        bare = self.image(disk_format=None)
        self.refused(400, self.upload(bare))
        self.refused(404, self.upload({"id": str(uuid.uuid4())}))

    def test_data_that_is_not_what_its_format_says(self):
        """Newer releases look at it, and never take any for that image again."""
        image = self.image(disk_format="qcow2")
        path = f"/images/{image['id']}"
        said = self.upload(image)
        if not self.newer:
            self.expect(204, said)
            return
        self.refused(415, said)
        self.assertEqual("queued", self.admin.get("image", path).json()["status"])
        self.refused(500, self.upload(image, b"QFI\xfb\0\0\0\3" + bytes(504)))
        self.assertEqual("queued", self.admin.get("image", path).json()["status"])

    def test_data_that_is_more_than_raw(self):
        """What claims to be raw may be anything that is safe."""
        backed = b"QFI\xfb\0\0\0\3" + bytes(7) + b"x" + bytes(496)
        odd = bytes(510) + b"\x55\xaa"  # the mark of an MBR, and no partition
        for data, disk_format, container, wanted in (
            (b"QFI\xfb\0\0\0\3" + bytes(504), "raw", "bare", 204),
            (backed, "raw", "bare", 415),
            (backed, "qcow2", "bare", 415),
            (odd, "raw", "bare", 415),
            (odd, "ari", "bare", 415),
            (odd, "ari", "ari", 204),
            (bytes(512), "ploop", "bare", 204),
            (bytes(512), "qcow2", "ovf", 204),
        ):
            more = {"disk_format": disk_format, "container_format": container}
            said = self.upload(self.image(**more), data)
            wanted = wanted if self.newer else 204
            self.assertEqual(wanted, said.status_code, (data[:4], more))

    def test_no_data_at_all(self):
        empty = self.image()
        self.expect(204, self.upload(empty, b""))
        path = f"/images/{empty['id']}"
        now = self.admin.get("image", path).json()
        self.assertEqual(("active", 0), (now["status"], now["size"]))
        self.assertEqual(hashlib.sha512(b"").hexdigest(), now["os_hash_value"])
        said = self.upload(self.image(disk_format="qcow2"), b"")
        self.assertEqual(415 if self.newer else 204, said.status_code)

    def test_the_first_bytes(self):
        path = f"/images/{self.full()['id']}/file"
        part = self.admin.get("image", path, headers={"Range": "bytes=0-99"})
        self.assertEqual((206, DATA[:100]), (part.status_code, part.content))

    def test_what_is_taken(self):
        """The schema says so, to everybody."""
        schema = self.expect(200, self.member().get("image", "/schemas/image"))
        known = schema["properties"]
        for name in ("disk_format", "container_format"):
            self.assertIn(self.image()[name], known[name]["enum"])
            self.assertNotIn("paper", known[name]["enum"])
            body = {"name": self.prefix, name: "paper"}
            self.refused(400, self.admin.post("image", "/images", body))
        self.assertTrue(known["status"]["readOnly"])
        self.assertEqual(255, known["name"]["maxLength"])
        self.refused(400, self.admin.post("image", "/images", {"name": "x" * 256}))
        self.refused(403, self.admin.post("image", "/images", {"status": "active"}))
        self.assertEqual({"type": "string"}, schema["additionalProperties"])

    def test_limits(self):
        """None, unless somebody sets them in Keystone."""
        found = self.expect(200, self.admin.get("image", "/info/usage"))
        self.assertEqual({"usage": {}}, found)

    def test_no_data_yet(self):
        path = f"/images/{self.image()['id']}/file"
        self.assertEqual(204, self.admin.get("image", path).status_code)

    def test_deactivated(self):
        member = self.member()
        image = self.image(member)
        self.expect(204, self.upload(image, by=member))
        path = f"/images/{image['id']}"
        deactivate = f"{path}/actions/deactivate"
        self.expect(204, self.admin.post("image", deactivate, None))
        self.assertEqual("deactivated", self.admin.get("image", path).json()["status"])
        self.refused(403, member.get("image", f"{path}/file"))
        self.expect(204, self.admin.post("image", deactivate, None))
        reactivate = f"{path}/actions/reactivate"
        self.expect(204, self.admin.post("image", reactivate, None))

    # -- members -------------------------------------------------------------
    def test_members(self):
        image, other = self.image(), self.member()
        path = f"/images/{image['id']}/members"
        member = {"member": other.project_id}
        self.refused(404, other.get("image", f"/images/{image['id']}"))
        made = self.expect(200, self.admin.post("image", path, member))
        self.assertEqual(fields("member", newer=self.newer), set(made))
        self.assertEqual("pending", made["status"])
        self.refused(409, self.admin.post("image", path, member))
        self.expect(200, other.get("image", f"/images/{image['id']}"))
        mine = f"{path}/{other.project_id}"
        said = other.put("image", mine, {"status": "accepted"})
        self.assertEqual("accepted", self.expect(200, said)["status"])
        self.expect(204, self.admin.delete("image", mine))
        self.refused(404, self.admin.delete("image", mine))

    def test_only_shared_images_have_members(self):
        path = f"/images/{self.image(visibility='private')['id']}/members"
        self.refused(403, self.admin.get("image", path))
        self.refused(403, self.admin.post("image", path, {"member": "x"}))

    # -- lists ---------------------------------------------------------------
    def listed(self, query, by=None):
        found = self.expect(200, (by or self.admin).get("image", f"/images?{query}"))
        return {each["id"] for each in found["images"]}

    def test_lists(self):
        one = self.image(tags=["x"], shoe="43")
        two = self.image(name=f"{self.prefix} b", visibility="community")
        hid = self.image(os_hidden=True)
        both = f'name=in:"{self.prefix}","{self.prefix} b"'
        ids = f'id=in:"{one["id"]}","{two["id"]}"'
        for query, wanted in (
            (f"name={self.prefix}", {one["id"]}),
            (both, {one["id"], two["id"]}),
            (f"{both}&visibility=all", {one["id"], two["id"]}),
            (f"{both}&visibility=community", {two["id"]}),
            (ids, {one["id"], two["id"]}),
            (f"name={self.prefix}&os_hidden=true", {hid["id"]}),
            (f"name={self.prefix}&tag=x", {one["id"]}),
            (f"name={self.prefix}&shoe=43", {one["id"]}),
            (f"name={self.prefix}&shoe=44", set()),
            (f"name={self.prefix}&owner={self.admin.project_id}", {one["id"]}),
            (f"name={self.prefix}&status=active", set()),
            (f"{both}&sort_key=name&sort_dir=asc", {one["id"], two["id"]}),
        ):
            self.assertEqual(wanted, self.listed(query), query)
        member = self.member()
        self.assertEqual(set(), self.listed(both, member))
        self.assertEqual({two["id"]}, self.listed(f"{both}&visibility=all", member))

    def test_pages(self):
        made = {self.image()["id"] for _ in range(3)}
        query, seen, rounds = f"/images?name={self.prefix}&limit=2", [], 0
        while query and rounds < 5:
            page, rounds = self.admin.get("image", query).json(), rounds + 1
            seen += [each["id"] for each in page["images"]]
            query = page.get("next", "").removeprefix("/v2")
        self.assertEqual((made, 3), (set(seen), len(seen)))
        self.refused(400, self.admin.get("image", "/images?limit=-1"))
        self.refused(400, self.admin.get("image", "/images?limit=x"))
        self.assertEqual(set(), self.listed("limit=0"))

    def test_versions(self):
        answer = self.admin.get("image", self.admin.root("image"))
        newest = self.expect(300, answer)["versions"]
        listed = self.admin.get("image", self.admin.root("image") + "versions")
        self.assertEqual(newest, self.expect(200, listed)["versions"])
        current = [each["id"] for each in newest if each["status"] == "CURRENT"]
        self.assertEqual(["v2.17" if self.newer else "v2.15"], current)
