# SPDX-License-Identifier: Apache-2.0
"""A side's identity database, without a Keystone."""

from __future__ import annotations

from typing import Any
from unittest import mock

import sqlalchemy as sa

from pumphouse.check import identity
from pumphouse.check.findings import Looks, Place
from pumphouse.cloud import identity_database as module
from tests.unit.check.clouds import ToyCloud
from tests.unit.cloud.test_identity_database import DatabaseTestCase


class IdentityTest(DatabaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cloud: Any = ToyCloud("source")

    def told(self, place: Place = Place.DESTINATION) -> tuple[str, str]:
        (found,) = identity.look(Looks(place), self.url, self.cloud)
        self.assertEqual("identity-database", found.check)
        return found.state.value, found.text

    def rows(self) -> list[Any]:
        with self.engine.begin() as connection:
            return [*connection.execute(sa.select(module._PASSWORD))]

    def test_by_its_user(self) -> None:
        """Nothing is written, although that it may be is known then."""
        self.cloud.user_id = self.user("admin", None)
        before = self.rows()
        self.assertEqual(
            ("ok", "it may be read and written, and is this cloud's"), self.told()
        )
        self.assertEqual(before, self.rows())

    def test_what_is_asked_of_it(self) -> None:
        """The source's is never opened for writing; the destination's has to be."""
        for place, writable in ((Place.SOURCE, False), (Place.DESTINATION, True)):
            with mock.patch.object(identity, "IdentityDatabase") as opened:
                self.assertEqual("ok", self.told(place)[0])
            opened.assert_called_once_with(self.url, place, read_only=not writable)
            opened.return_value.check.assert_called_once_with(writable=writable)
            opened.return_value.close.assert_called_once_with()

    def test_by_its_users(self) -> None:
        """Where Pumphouse's own is in a directory; one may have gone meanwhile."""
        for name in ("first", "second", "third", "gone"):
            self.user(name, None)
        self.cloud.answers["identity", "/users/id-third"] = {"user": {}}
        self.assertEqual("ok", self.told()[0])
        self.assertEqual(2, len(self.cloud.asked))

    def test_of_another_cloud(self) -> None:
        self.user("stranger", None)
        state, text = self.told()
        self.assertEqual("error", state)
        self.assertIn("Correct destination.identity_database", text)

    def test_without_users(self) -> None:
        """Nothing shows whose it is, and nothing is claimed."""
        self.assertEqual("not looked at", self.told()[0])

    def test_without_a_token(self) -> None:
        """Whether it is that cloud's is not claimed."""
        self.cloud = None
        state, text = self.told()
        self.assertEqual("not looked at", state)
        self.assertIn("whether it is this cloud's", text)

    def test_none_of_keystone(self) -> None:
        module._TABLES.drop_all(self.engine)
        state, text = self.told()
        self.assertEqual("error", state)
        self.assertIn("Is it Keystone's database?", text)

    def test_a_bad_url(self) -> None:
        self.url = "oracle://secret@host/x"
        state, text = self.told()
        self.assertEqual("error", state)
        self.assertNotIn("secret", text)

    def test_one_or_none_is_named(self) -> None:
        one, none = identity.neither("x", ""), identity.neither("", "")
        assert one
        assert none
        self.assertIn("destination.identity_database is not", one.text)
        self.assertIn("without a password", none.text)
        self.assertIsNone(identity.neither("x", "y"))
