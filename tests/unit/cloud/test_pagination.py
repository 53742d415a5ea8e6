# SPDX-License-Identifier: Apache-2.0
"""Lists are whole: every page of every service, every part of a long query."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import testtools
from hypothesis import given
from hypothesis import strategies as st

from pumphouse import exceptions as exc
from pumphouse.cloud import pagination
from tests.unit.cloud.base import CloudTestCase
from tests.unit.cloud.server import Got, Say, Server

# Values that fill a URL soon, as they are and quoted.
LONG = ("x" * 60, "\N{HIRAGANA LETTER A}" * 60, "a&b=c d" * 8)


class Pages(Server):
    """Serves 7 things in pages, linked the way each service links them."""

    things = [{"id": str(number), "name": f"n{number}"} for number in range(7)]
    vanishing: tuple[str, ...] | list[str] = ()  # when they are named as marker

    def answer(self, got: Got) -> Say:
        say = super().answer(got)
        _, service, *_, key = got.path.split("/")
        if say.status != 404 or key != "things":
            return say
        query = dict(got.query)
        size = int(query.get("limit", 3))
        ids = [thing["id"] for thing in self.things]
        if query.get("marker") in self.vanishing:
            self.vanishing.remove(query["marker"])
            self.things = [t for t in self.things if t["id"] != query["marker"]]
            ids.remove(query["marker"])
        if "marker" in query and query["marker"] not in ids:
            status = 400 if service in ("compute", "image") else 404
            return Say(status, {"error": {"message": "marker not found"}})
        start = ids.index(query["marker"]) + 1 if "marker" in query else 0
        page = self.things[start : start + size]
        body: dict[str, Any] = {"things": page}
        if start + size < len(self.things):
            after = urlencode([*query.items(), ("marker", page[-1]["id"])])
            # Behind a proxy services link to an address that nobody can reach
            link = f"http://inside.invalid:1{got.path}?{after}"
            if service == "v3":
                body["links"] = {"next": link, "previous": None}
            elif service == "image":
                body["next"] = f"/v2/things?{after}"
            elif service != "placement":
                body["things_links"] = [{"rel": "self"}, {"rel": "next", "href": link}]
        return Say(200, body)


class TestLists(CloudTestCase):
    server: Pages

    def make_server(self) -> Server:
        return Pages()

    def setUp(self) -> None:
        super().setUp()
        self.cloud = self.connect()

    def test_every_service(self) -> None:
        """Three requests for seven things, whatever the links look like."""
        for service in ("identity", "compute", "network", "image", "block-storage"):
            self.server.got.clear()
            found = self.cloud.list(service, "/things", "things", {"tag": "a b"})
            self.assertEqual(self.server.things, found)
            asked = [got for got in self.server.got if got.path.endswith("/things")]
            self.assertEqual(3, len(asked))
            self.assertEqual({"a b"}, {dict(got.query)["tag"] for got in asked})

    def test_page_size(self) -> None:
        found = self.cloud.list("network", "/things", "things", page_size=5)
        self.assertEqual(self.server.things, found)
        self.assertEqual(2, self.cloud.log.by["GET network /things"])

    def test_no_links(self) -> None:
        """A full page without a link is followed by marker."""
        found = self.cloud.list("placement", "/things", "things", page_size=3)
        self.assertEqual(self.server.things, found)

    def test_one_request_is_enough(self) -> None:
        """Nothing is asked for after a last page that is not full."""
        self.cloud.list("compute", "/things", "things", page_size=8)
        self.assertEqual(1, self.cloud.log.by["GET compute /things"])

    def test_links_that_lead_back(self) -> None:
        """A service that ignores markers must not be asked for ever."""
        page = {"users": [{"id": "1"}], "links": {"next": "http://x/?marker=1"}}
        self.server.script("GET", "/v3/users", Say(200, page))
        self.assertEqual(
            [{"id": "1"}], self.cloud.list("identity", "/users", "users", page_size=1)
        )
        self.assertEqual(2, len(self.server.asked("GET", "/v3/users")))

    def test_a_marker_that_vanishes(self) -> None:
        """Somebody deletes the last item of a page: the list begins again."""
        for service in ("compute", "network", "image", "placement"):
            self.server.things = Pages.things
            self.server.vanishing = ["2", "3"]
            found = self.cloud.list(service, "/things", "things", page_size=3)
            self.assertEqual(["0", "1", "4", "5", "6"], [one["id"] for one in found])

    def test_markers_that_always_vanish(self) -> None:
        """It is tried a few times, and said in the cloud's own words."""
        first = {"users": [{"id": "1"}], "links": {"next": "/?marker=1"}}
        gone = Say(404, {"error": {"message": "Marker 1 could not be found"}})
        answers = [Say(200, first), gone] * pagination.BEGINNINGS
        self.server.script("GET", "/v3/users", *answers)
        error = self.assertRaises(
            exc.ResourceMissing, self.cloud.list, "identity", "/users", "users"
        )
        self.assertIn("Marker 1", str(error))
        asked = len(self.server.asked("GET", "/v3/users"))
        self.assertEqual(2 * pagination.BEGINNINGS, asked)

    def test_what_is_refused_at_once_stays_refused(self) -> None:
        """No marker was named, so none is gone."""
        self.server.script("GET", "/v3/users", Say(400, {}))
        self.assertRaises(
            exc.UnexpectedAnswer, self.cloud.list, "identity", "/users", "users"
        )
        self.assertEqual(1, len(self.server.asked("GET", "/v3/users")))

    def test_cut_off_by_keystone(self) -> None:
        """list_limit in keystone.conf: a part must not pass for the whole."""
        page = {"users": [{"id": "1"}], "truncated": True, "links": {"next": None}}
        self.server.script("GET", "/v3/users", Say(200, page))
        error = self.assertRaises(
            exc.UnexpectedAnswer, self.cloud.list, "identity", "/users", "users"
        )
        self.assertIn("list_limit", error.hint)

    def test_cut_off_but_linked(self) -> None:
        """New Keystones say both on every page but the last."""
        pages = [
            {
                "users": [{"id": "1"}],
                "truncated": True,
                "links": {"next": "/?marker=1"},
            },
            {"users": [{"id": "2"}], "links": {"next": None}},
        ]
        self.server.script("GET", "/v3/users", *(Say(200, page) for page in pages))
        found = self.cloud.list("identity", "/users", "users")
        self.assertEqual([{"id": "1"}, {"id": "2"}], found)

    def test_items_without_an_id(self) -> None:
        """Role assignments have none; equal ones are two."""
        page = {"role_assignments": [{"role": 1}, {"role": 1}]}
        self.server.script("GET", "/v3/role_assignments", Say(200, page))
        found = self.cloud.list("identity", "/role_assignments", "role_assignments")
        self.assertEqual(page["role_assignments"], found)

    def test_key_pairs_are_wrapped(self) -> None:
        """The marker of a wrapped item is the name inside."""
        self.server.script(
            "GET",
            "/compute/v2.1/os-keypairs",
            Say(200, {"keypairs": [{"keypair": {"name": "a"}}]}),
            Say(200, {"keypairs": []}),
        )
        self.cloud.list("compute", "/os-keypairs", "keypairs", page_size=1)
        last = self.server.asked("GET", "/compute/v2.1/os-keypairs")[-1]
        self.assertEqual([("limit", "1"), ("marker", "a")], last.query)

    def test_many_ids(self) -> None:
        """More ids than fit an URL are dealt out over a few requests."""
        ids = [f"{number:032x}" for number in range(500)]
        self.server.script("GET", "/network/v2.0/ports", Say(200, {"ports": []}))
        self.cloud.list("network", "/ports", "ports", {"id": ids, "fields": "id"})
        asked = self.server.asked("GET", "/network/v2.0/ports")
        self.assertTrue(4 <= len(asked) <= 6)
        self.assertEqual(
            ids, [value for got in asked for name, value in got.query if name == "id"]
        )
        for got in asked:
            self.assertIn(("fields", "id"), got.query)


class TestQueries(testtools.TestCase):
    def test_params(self) -> None:
        """Mappings, pairs, lists and the Python values that are none of HTTP's."""
        params = {"a": True, "b": None, "c": [1, "x"], "d": 0, "e": ""}
        pairs = [("a", "true"), ("c", "1"), ("c", "x"), ("d", "0"), ("e", "")]
        self.assertEqual(pairs, pagination.query_of(params))
        self.assertEqual(pairs, pagination.query_of(pairs))
        self.assertEqual([], pagination.query_of(None))

    @given(
        ids=st.lists(st.sampled_from(LONG) | st.text(max_size=9), max_size=300),
        rest=st.lists(
            st.tuples(st.sampled_from("bc"), st.text(max_size=9)), max_size=2
        ),
    )
    def test_split_loses_nothing(
        self, ids: list[str], rest: list[tuple[str, str]]
    ) -> None:
        """Every value stands in just one part, all else in each, none too long."""
        query = [*rest, *(("id", one) for one in ids)]
        parts = list(pagination.split_query(query))
        found = [value for part in parts for name, value in part if name == "id"]
        self.assertEqual(ids, found)
        for part in parts:
            self.assertEqual(rest, [pair for pair in part if pair[0] != "id"])
            if len(part) > len(rest) + 1:
                self.assertTrue(len(urlencode(part)) <= pagination.LONGEST_QUERY)
