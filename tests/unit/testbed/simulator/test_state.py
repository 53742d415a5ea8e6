# SPDX-License-Identifier: Apache-2.0
"""Tables, ids, jobs to come, and keeping it all."""

from __future__ import annotations

import uuid

import testtools

from testbed.simulator.router import Router
from testbed.simulator.state import State
from testbed.simulator.tables import Table


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class TestTable(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.table = Table("colour")
        for number, colour in enumerate(("red", "blue", "red")):
            self.table.add({"id": str(number), "colour": colour})

    def ids(self, records):
        return [record["id"] for record in records]

    def test_indexes_follow_changes(self):
        self.assertEqual(["0", "2"], self.ids(self.table.by("colour", "red")))
        self.table.change("0", {"colour": "blue"})
        self.assertEqual(["2"], self.ids(self.table.by("colour", "red")))
        self.assertEqual(["1", "0"], self.ids(self.table.by("colour", "blue")))
        self.table.remove("2")
        self.assertEqual([], self.ids(self.table.by("colour", "red")))
        self.assertIsNone(self.table.remove("2"))

    def test_among_narrows_by_id_or_index(self):
        self.assertEqual(["1"], self.ids(self.table.among({"id": ["1", "9"]})))
        self.assertEqual(["1"], self.ids(self.table.among({"colour": ["blue"]})))
        self.assertEqual(3, len([*self.table.among({"shape": ["round"]})]))


class TestState(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.clock = Clock()
        self.state = State("seed", self.clock)

    def test_ids_follow_from_the_seed(self):
        other = State("seed", self.clock)
        made = [self.state.uuid() for _ in range(100)]
        self.assertEqual(made, [other.uuid() for _ in range(100)])
        self.assertEqual(100, len(set(made)))
        for each in made:
            self.assertEqual(4, uuid.UUID(each).version)
        self.assertNotEqual(self.state.hex(), State("other", self.clock).hex())

    def test_jobs_come_due_in_order(self):
        self.state.later(2, "b")
        self.state.later(1, "a", "x")
        self.assertEqual([], self.state.due())
        self.clock.now += 2
        self.assertEqual([("a", ("x",)), ("b", ())], self.state.due())
        self.assertEqual([], self.state.due())

    def test_what_is_kept_comes_back(self):
        """Records, ids to come, and jobs, as far in the future as they were."""
        self.state.networks.add({"id": "1", "project_id": "p"})
        self.state.later(5, "job")
        kept = self.state.keep()
        following = self.state.uuid()
        self.state.networks.remove("1")
        self.clock.now += 100
        self.state.restore(kept)
        self.assertEqual(following, self.state.uuid())
        self.assertEqual(1, len(self.state.networks.by("project_id", "p")))
        self.assertEqual([], self.state.due())
        self.clock.now += 5
        self.assertEqual([("job", ())], self.state.due())

    def test_a_dump_holds_no_secrets(self):
        self.state.passwords.add({"id": "u", "digest": "d"})
        self.state.users.add({"id": "u", "name": "n"})
        self.assertEqual({"users": {"u": {"id": "u", "name": "n"}}}, self.state.dump())


class TestRouter(testtools.TestCase):
    def test_words_go_before_wildcards_and_back(self):
        """``/a/{id}`` does not hide what only another branch has."""
        router = Router()
        for pattern in ("/a", "/a/detail", "/a/{id}", "/{kind}/{id}/tags"):
            router.add("GET", pattern, lambda: None)
        for path, name, values in (
            ("/a", "GET /a", []),
            ("/a/detail", "GET /a/detail", []),
            ("/a/7", "GET /a/{id}", ["7"]),
            ("/a/7/tags", "GET /{kind}/{id}/tags", ["a", "7"]),
        ):
            found, there, known = router.find("GET", path.strip("/").split("/"))
            self.assertEqual((name, values, True), (found.name, there, known))
        self.assertEqual((None, [], True), router.find("PUT", ["a"]))
        self.assertEqual((None, [], False), router.find("GET", ["b"]))
        self.assertEqual("GET /a", router.find("HEAD", ["a"])[0].name)
