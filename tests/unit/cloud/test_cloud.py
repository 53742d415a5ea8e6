# SPDX-License-Identifier: Apache-2.0
"""What a ``Cloud`` sends, how often, and what it makes of the answers."""

from __future__ import annotations

from pumphouse import exceptions as exc
from pumphouse.cloud.cloud import Cloud
from tests.unit.cloud.base import CloudTestCase
from tests.unit.cloud.server import Say


class TestCloud(CloudTestCase):
    cloud: Cloud

    def setUp(self) -> None:
        super().setUp()
        self.cloud = self.connect()

    def test_connecting_sends_nothing(self) -> None:
        """Commands that need no cloud must not wait for one."""
        self.assertEqual(f"{self.server.url}/v3|One", self.cloud.identity)
        self.assertEqual("One", self.cloud.region)
        self.assertEqual("source cloud lab", str(self.cloud))
        self.assertEqual([], self.server.got)

    def test_one_token_and_no_discovery(self) -> None:
        """A request to each service costs one request each, plus one token."""
        wanted = {
            "identity": "/v3/things",
            "compute": "/compute/v2.1/things",
            "network": "/network/v2.0/things",
            "image": "/image/v2/things",
            "block-storage": "/volume/v3/p1/things",
            "placement": "/placement/things",
        }
        for service, path in wanted.items():
            self.server.script("GET", path, Say(200, {"ok": service}))
            self.assertEqual(service, self.cloud.get(service, "/things", "ok"))
        self.assertEqual(7, self.cloud.log.total)
        self.assertEqual(7, len(self.server.got))
        self.assertEqual(1, self.cloud.log.by["POST identity /auth/tokens"])
        self.assertEqual(1, self.cloud.log.by["GET block-storage /things"])

    def test_versions_of_a_service_without_microversions(self) -> None:
        """The newest counts as a number, and is asked for once."""
        found = [{"id": each} for each in ("v2.9", "v2.17", "v2.2", "v1", "")]
        self.server.script("GET", "/image/versions", Say(300, {"versions": found}))
        for _ in range(2):
            self.assertEqual((2, 17), self.cloud.api_version("image"))
        self.assertEqual(1, len(self.server.asked("GET", "/image/versions")))

    def test_a_service_that_lists_no_versions(self) -> None:
        self.server.script("GET", "/image/versions", Say(200, {"versions": []}))
        self.assertEqual((0, 0), self.cloud.api_version("image"))
        other = self.connect()
        self.server.script("GET", "/image/versions", Say(200, {}))
        self.assertRaises(exc.UnexpectedAnswer, other.api_version, "image")

    def test_who(self) -> None:
        """User and project come with the token, and cost nothing more."""
        self.assertEqual(("u1", "p1"), (self.cloud.user_id, self.cloud.project_id))
        self.assertEqual(1, self.cloud.log.total)

    def test_one_token_for_many_threads(self) -> None:
        """32 threads that start at once ask for one token together."""
        self.server.script("GET", "/v3/users", Say(200, {"users": []}))
        got = self.in_threads(
            32, lambda: self.cloud.list("identity", "/users", "users")
        )
        self.assertEqual([[]] * 32, got)
        self.assertEqual(
            {"GET identity /users": 32, "POST identity /auth/tokens": 1},
            self.cloud.log.by,
        )

    def test_a_snapshot_asks_for_equal_lists_once(self) -> None:
        """Each caller gets its own records, as it may write into them."""
        things = {"things": [{"id": "1"}]}
        self.server.script("GET", "/v3/things", Say(200, things))
        snapshot = self.cloud.snapshot()

        def read(**params: str) -> list[dict[str, str]]:
            return snapshot.list("identity", "/things", "things", params=params)

        for mine in (read(), read()):
            self.assertEqual([{"id": "1"}], mine)
            mine[0]["id"] = "changed"
        read(name="x")
        self.assertEqual(2, self.cloud.log.by["GET identity /things"])
        self.cloud.list("identity", "/things", "things")
        self.assertEqual(3, self.cloud.log.by["GET identity /things"])

    def test_a_snapshot_tells_what_it_knows_without_asking(self) -> None:
        """The whole list only, and only once somebody has asked for that."""
        things = {"things": [{"id": "1"}]}
        self.server.script("GET", "/v3/things", Say(200, things))
        snapshot = self.cloud.snapshot()
        question = ("identity", "/things", "things")
        self.assertEqual([], snapshot.listed(*question))
        snapshot.list(*question, params={"name": "x"})
        self.assertEqual([], snapshot.listed(*question))
        snapshot.list(*question)
        for mine in (snapshot.listed(*question), snapshot.listed(*question)):
            self.assertEqual([{"id": "1"}], mine)
            mine[0]["id"] = "changed"
        self.assertEqual([], self.cloud.listed(*question))
        self.assertEqual(2, self.cloud.log.by["GET identity /things"])

    def test_headers_of_a_list_are_part_of_the_question(self) -> None:
        self.server.script("GET", "/v3/things", Say(200, {"things": []}))
        snapshot = self.cloud.snapshot()
        for sudo in ("a", "b", "a"):
            headers = {"X-Sudo": sudo}
            snapshot.list("identity", "/things", "things", headers=headers)
        asked = self.server.asked("GET", "/v3/things")
        self.assertEqual(["a", "b"], [each.headers["x-sudo"] for each in asked])

    def test_json_goes_out(self) -> None:
        """Body, query and headers arrive as they were given."""
        self.server.script("POST", "/v3/users", Say(201, {"user": {"id": "1"}}))
        made = self.cloud.post(
            "identity", "/users", {"user": {"name": "ö"}}, "user", params={"a": [1, 2]}
        )
        self.assertEqual({"id": "1"}, made)
        (got,) = self.server.asked("POST", "/v3/users")
        self.assertEqual({"user": {"name": "ö"}}, got.json)
        self.assertEqual([("a", "1"), ("a", "2")], got.query)
        self.assertEqual("application/json", got.headers["content-type"])
        self.assertEqual("token-1", got.headers["x-auth-token"])

    def test_no_body_is_an_empty_answer(self) -> None:
        self.server.script("PUT", "/v3/x", Say(204))
        self.assertEqual({}, self.cloud.put("identity", "/x", None))

    def test_find_and_delete_take_404(self) -> None:
        """What is not there is None, and deleting it again is no error."""
        self.assertIsNone(self.cloud.find("identity", "/users/1", "user"))
        self.assertFalse(self.cloud.delete("identity", "/users/1"))
        self.server.script("DELETE", "/v3/users/1", Say(204))
        self.assertTrue(self.cloud.delete("identity", "/users/1"))

    def test_get_raises_404(self) -> None:
        missing = self.assertRaises(
            exc.ResourceMissing, self.cloud.get, "identity", "/users/1?secret=x"
        )
        self.assertEqual("source cloud lab", missing.resource)
        self.assertEqual(404, missing.status)
        self.assertEqual("GET identity /users/1", missing.request)
        self.assertEqual("req-2", missing.request_id)

    def test_nonsense(self) -> None:
        """An answer that is not what it should be is an error, never a crash."""
        for body in (b"<html>welcome</html>", {"other": 1}, [1], b"\xff\xfe"):
            self.server.script("GET", "/v3/x", Say(200, body))
            error = self.assertRaises(
                exc.UnexpectedAnswer, self.cloud.get, "identity", "/x", "user"
            )
            self.assertEqual(200, error.status)

    def test_streamed_upload(self) -> None:
        """An iterable goes out chunked, once, as bytes."""
        self.server.script("PUT", "/image/v2/images/1/file", Say(204))
        chunks = (b"x" * 1000 for _ in range(10))
        self.cloud.request("image", "PUT", "/images/1/file", data=chunks)
        (got,) = self.server.asked("PUT", "/image/v2/images/1/file")
        self.assertEqual(b"x" * 10_000, got.body)
        self.assertEqual("application/octet-stream", got.headers["content-type"])

    def test_streamed_download(self) -> None:
        """The headers come back first; the body is read by the caller."""
        self.server.script("GET", "/image/v2/images/1/file", Say(200, b"y" * 5000))
        answer = self.cloud.request("image", "GET", "/images/1/file", stream=True)
        self.assertEqual(5000, sum(map(len, answer.iter_content(512))))

    def test_microversions(self) -> None:
        """The wanted one, or the cloud's newest; asked once for each service."""
        nova = {"version": {"version": "2.93", "min_version": "2.1"}}
        self.server.script("GET", "/compute/v2.1/", Say(200, nova))
        cinder = {"versions": [{"version": "3.70", "min_version": "3.0"}]}
        self.server.script("GET", "/volume/v3/", Say(200, cinder))
        self.server.script("GET", "/compute/v2.1/servers", Say(200, {"servers": []}))
        found = self.in_threads(16, lambda: self.cloud.microversion("compute", "2.100"))
        self.assertEqual(["2.93"] * 16, found)
        self.assertEqual("2.9", self.cloud.microversion("compute", "2.9"))
        self.assertEqual("3.70", self.cloud.microversion("block-storage", "latest"))
        self.assertEqual("", self.cloud.microversion("network", "2.1"))
        self.cloud.list("compute", "/servers", "servers", microversion="2.96")
        (got,) = self.server.asked("GET", "/compute/v2.1/servers")
        self.assertEqual("compute 2.93", got.headers["openstack-api-version"])
        self.assertEqual("2.93", got.headers["x-openstack-nova-api-version"])
        self.assertEqual(1, self.cloud.log.by["GET compute /"])
        self.assertEqual(1, self.cloud.log.by["GET block-storage /"])
        self.assertEqual(4, self.cloud.log.total)

    def test_extensions(self) -> None:
        aliases = {"extensions": [{"alias": "router"}, {"alias": "quotas"}]}
        self.server.script("GET", "/network/v2.0/extensions", Say(200, aliases))
        for _ in range(3):
            self.assertEqual({"router", "quotas"}, self.cloud.extensions())
        self.assertEqual(1, self.cloud.log.by["GET network /extensions"])

    def test_services(self) -> None:
        """A service that the catalogue lacks is absent, and using it says so."""
        del self.server.services["volumev3"]
        self.assertIn("compute", self.cloud.services())
        self.assertNotIn("block-storage", self.cloud.services())
        error = self.assertRaises(
            exc.UnexpectedAnswer, self.cloud.get, "block-storage", "/volumes"
        )
        self.assertIn("no block-storage endpoint (public) in region One", str(error))

    def test_no_project(self) -> None:
        """A token without a project has no catalogue; that is what is said."""
        self.server.services.clear()
        error = self.assertRaises(exc.UnexpectedAnswer, self.cloud.get, "image", "/x")
        self.assertIn("project_name", error.hint)

    def test_several_regions(self) -> None:
        """None is picked by chance: bindings would go with it."""
        more = {**self.server._endpoint("/x"), "region_id": "Two", "region": "Two"}
        token = self.server.token()
        token.body["token"]["catalog"][0]["endpoints"].append(more)
        self.server.script("POST", "/v3/auth/tokens", token)
        cloud = self.connect(config_file=self.clouds_yaml(region_name=None))
        error = self.assertRaises(exc.InputError, lambda: cloud.identity)
        self.assertIn("One, Two", str(error))

    def test_region_of_the_catalogue(self) -> None:
        """Without region_name the only region there is; bindings need a name."""
        cloud = self.connect(config_file=self.clouds_yaml(region_name=None))
        self.assertEqual(f"{self.server.url}/v3|One", cloud.identity)

    def test_wrong_region(self) -> None:
        cloud = self.connect(region="Two")
        error = self.assertRaises(exc.InputError, cloud.get, "compute", "/x")
        self.assertIn("there are: One", str(error))
