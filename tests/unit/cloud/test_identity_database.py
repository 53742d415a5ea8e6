# SPDX-License-Identifier: Apache-2.0
"""Hashes go from one Keystone's database to another's, and nowhere else.

The tables here are as Keystone makes them.  Set PUMPHOUSE_TEST_DATABASE to the
URL of an empty MySQL or PostgreSQL database to run all this there as well.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import fixtures
import sqlalchemy as sa
import testtools

from pumphouse.cloud import identity_database as module
from pumphouse.cloud import identity_url
from pumphouse.cloud.identity_database import IdentityDatabase, PasswordHash
from pumphouse.exceptions import IdentityDatabaseError

CANARY = "$2b$04$canarycanarycanarycanary"
EPOCH = datetime(1970, 1, 1)


def a_hash(value: str = CANARY, at: int = 1_000_000) -> PasswordHash:
    """A hash made *at* microseconds after 1970 that ends a day later."""
    made, ends = EPOCH + timedelta(microseconds=at), EPOCH + timedelta(days=1)
    return PasswordHash(value, at, 86_400_000_000, made, ends)


class DatabaseTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        path = Path(self.useFixture(fixtures.TempDir()).path, "keystone.db")
        self.url = os.environ.get("PUMPHOUSE_TEST_DATABASE") or f"sqlite:///{path}"
        self.engine = sa.create_engine(self.url)
        module._TABLES.drop_all(self.engine)
        module._TABLES.create_all(self.engine)
        self.addCleanup(self.engine.dispose)
        self.addCleanup(module._TABLES.drop_all, self.engine)
        self.database = self.open(self.url)

    def open(self, url: str) -> IdentityDatabase:
        database = IdentityDatabase(url, "source")
        self.addCleanup(database.close)
        return database

    def user(self, name: str, *hashes: PasswordHash | None) -> str:
        """A local user with such passwords, the first the oldest; its id."""
        with self.engine.begin() as connection:
            row = sa.insert(module._USER).values(
                user_id=f"id-{name}", domain_id="default", name=name
            )
            made = connection.execute(row).inserted_primary_key
            assert made is not None
            for one in hashes:
                self._password(connection, made[0], one)
        return f"id-{name}"

    def _password(
        self, connection: sa.Connection, local_id: int, one: PasswordHash | None
    ) -> None:
        base = one or a_hash("")
        values = {
            name: getattr(base, name)
            for name in PasswordHash.__dataclass_fields__
            if name != "value"
        }
        connection.execute(
            sa.insert(module._PASSWORD).values(
                local_user_id=local_id,
                password_hash=one.value if one else None,
                **values,
            )
        )

    def rows(self) -> list[str]:
        with self.engine.connect() as connection:
            query = sa.select(module._PASSWORD.c.password_hash)
            return list(connection.scalars(query.order_by(module._PASSWORD.c.id)))


class TestApplicationCredentials(DatabaseTestCase):
    def test_are_named_for_those_users_who_have_any(self):
        rows = [
            {"name": name, "user_id": user}
            for user, name in (("a", "two"), ("a", "one"), ("b", "x"), ("c", "y"))
        ]
        with self.engine.begin() as connection:
            connection.execute(sa.insert(module._APPLICATION), rows)
        found = self.database.application_credentials(["b", "a", "nobody"])
        self.assertEqual({"a": ["one", "two"], "b": ["x"]}, found)


class TestRead(DatabaseTestCase):
    def test_the_current_hash(self) -> None:
        """The newest row counts, wherever it stands; no password, no entry."""
        new = a_hash("new", 9_000_000)
        one = self.user("one", new, a_hash("old", 3_000_000))
        two = self.user("two")
        three = self.user("three", None)
        four = self.user("four", a_hash("gone", 1), None)
        found = self.database.hashes([one, two, three, four, "nobody", one])
        self.assertEqual({one: new}, found)

    def test_many(self) -> None:
        """More users than fit one query."""
        self.useFixture(fixtures.MockPatchObject(module, "_AT_ONCE", 3))
        users = [self.user(f"u{n}", a_hash(f"h{n}")) for n in range(10)]
        found = self.database.hashes(iter(users))
        self.assertEqual([f"h{n}" for n in range(10)], [found[u].value for u in users])
        self.assertEqual({}, self.database.hashes([]))


class TestReadOnly(DatabaseTestCase):
    """The source's is opened so that nothing can be written."""

    def setUp(self) -> None:
        super().setUp()
        self.reader = IdentityDatabase(self.url, "source", read_only=True)
        self.addCleanup(self.reader.close)

    def test_it_is_read(self) -> None:
        user = self.user("one", a_hash("one"))
        self.reader.check()
        self.assertEqual("one", self.reader.hashes([user])[user].value)

    def test_the_database_refuses(self) -> None:
        user = self.user("one", a_hash("one"))
        for write in (
            lambda: self.reader.put(user, a_hash("two", 5)),
            lambda: self.reader.check(writable=True),
        ):
            self.assertRaises(IdentityDatabaseError, write)
        with self.reader._engine.connect() as connection:
            statement = sa.text("delete from password")
            self.assertRaises(sa.exc.DBAPIError, connection.execute, statement)
        self.assertEqual(["one"], self.rows())

    def test_a_file_that_is_not_there_is_not_made(self) -> None:
        path = Path(self.useFixture(fixtures.TempDir()).path, "keystone.db")
        for read_only in (True, False):
            database = IdentityDatabase(f"sqlite:///{path}", read_only=read_only)
            error = self.assertRaises(IdentityDatabaseError, database.check)
            self.assertIn("unable to open database file", str(error))
            self.assertFalse(path.exists())


class TestUrls(testtools.TestCase):
    def test_as_keystone_writes_them(self) -> None:
        """The driver that is there, whichever was named."""
        for given, driver in (
            ("mysql://k:x@h/keystone", "mysql+pymysql"),
            ("mariadb://k:x@h/keystone", "mysql+pymysql"),
            ("mysql+mysqldb://k:x@h/keystone", "mysql+pymysql"),
            ("postgres://k:x@h/keystone", "postgresql+psycopg"),
            ("postgresql+psycopg2://k:x@h/keystone", "postgresql+psycopg"),
        ):
            self.assertEqual(driver, identity_url.parse(given).drivername)

    def test_of_another_kind(self) -> None:
        for url in ("oracle://k:canary@h/keystone", "mssql+pyodbc://k:canary@h/k"):
            error = self.assertRaises(IdentityDatabaseError, IdentityDatabase, url)
            self.assertIn("names no database that Keystone runs on", str(error))
            self.assertNotIn("canary", str(error))


class TestWrite(DatabaseTestCase):
    def put(self, user: str, one: PasswordHash) -> bool:
        """Puts it, checks that it is there, and that twice is once."""
        changed = self.database.put(user, one)
        there = self.database.hashes([user])[user]
        self.assertTrue(one.equal(there))
        self.assertTrue(self.database.equal(user, one))
        before = self.rows()
        self.assertFalse(self.database.put(user, one))
        self.assertEqual(before, self.rows())
        return changed

    def test_no_password_yet(self) -> None:
        user = self.user("one")
        self.assertTrue(self.put(user, a_hash()))
        self.assertEqual({user: a_hash()}, self.database.hashes([user]))

    def test_an_empty_row(self) -> None:
        """What some Keystones make for a user without a password."""
        self.assertTrue(self.put(self.user("one", None), a_hash()))
        self.assertEqual([CANARY], self.rows())

    def test_another_password(self) -> None:
        """It is replaced, not added to the history."""
        self.assertTrue(self.put(self.user("one", a_hash("x", 5)), a_hash()))
        self.assertEqual([CANARY], self.rows())

    def test_history_stays_history(self) -> None:
        """An older row with a later date than the source's must not take over."""
        user = self.user("one", a_hash("older", 2**50), a_hash("current", 2**51))
        self.assertTrue(self.put(user, a_hash()))
        self.assertEqual(["older", CANARY], self.rows())

    def test_the_end_goes_along(self) -> None:
        """An expiry is kept, also its absence."""
        user = self.user("one", a_hash())
        self.assertTrue(self.put(user, replace(a_hash(), expires_at_int=7_000_000)))
        forever = replace(a_hash(), expires_at_int=None, expires_at=None)
        self.assertTrue(self.put(user, forever))

    def test_not_local(self) -> None:
        error = self.assertRaises(
            IdentityDatabaseError, self.database.put, "nobody", a_hash()
        )
        self.assertIn("does not keep user nobody", str(error))
        self.assertIn("LDAP", error.hint)
        self.assertEqual([], self.rows())

    def test_others_are_left_alone(self) -> None:
        other = self.user("other", a_hash("theirs"))
        self.put(self.user("one"), a_hash())
        self.assertEqual("theirs", self.database.hashes([other])[other].value)

    def test_equal(self) -> None:
        user = self.user("one")
        self.assertTrue(self.database.equal(user, None))
        self.assertFalse(self.database.equal(user, a_hash()))
        self.put(user, a_hash())
        self.assertFalse(self.database.equal(user, None))
        self.assertFalse(self.database.equal(user, a_hash("x")))


class TestCheck(DatabaseTestCase):
    def test_good(self) -> None:
        """Checking for writing writes nothing."""
        self.user("one", a_hash())
        self.database.check()
        self.database.check(writable=True)
        self.assertEqual({"id-one": a_hash()}, self.database.hashes(["id-one"]))

    def test_no_table(self) -> None:
        module._PASSWORD.drop(self.engine)
        error = self.assertRaises(IdentityDatabaseError, self.database.check)
        self.assertEqual("it has no table password", error.what)
        self.assertEqual("source identity database", error.resource)

    def test_old_schema(self) -> None:
        """Says which columns are missing."""
        module._PASSWORD.drop(self.engine)
        with self.engine.begin() as connection:
            connection.execute(sa.text("create table password (id int, password int)"))
        error = self.assertRaises(IdentityDatabaseError, self.database.check)
        self.assertIn("password_hash", error.what)
        self.assertIn("created_at_int", error.what)


class TestSecrecy(DatabaseTestCase):
    def test_bad_urls(self) -> None:
        """Neither the URL nor what is in it is ever said."""
        for url in (
            "canary",
            "canary://u:canary@h/x",
            "mysql+pymysql://u:canary@127.0.0.1:1/keystone",
            "mysql+canary://u:canary@127.0.0.1:1/keystone",
            "mysql+pymysql://u:canary@127.0.0.1:x/keystone",
            "mysql+pymysql://u:canary@127.0.0.1:1/keystone?nonsense=canary",
        ):
            error = self.assertRaises(IdentityDatabaseError, self._check, url)
            self.assertNotIn("canary", f"{error} {error!r} {error.__cause__!r}")
            self.assertEqual(6, error.exit_code)
            self.assertEqual(1, len(str(error).splitlines()))

    def test_statements_hold_hashes(self) -> None:
        """What SQLAlchemy says of a statement that failed is not passed on."""
        user = self.user("one")
        with self.engine.begin() as connection:
            connection.execute(sa.text("drop table password"))
        for call in (
            lambda: self.database.put(user, a_hash()),
            lambda: self.database.hashes([user]),
        ):
            error = self.assertRaises(IdentityDatabaseError, call)
            self.assertNotIn(CANARY, f"{error} {error!r}")

    def test_repr(self) -> None:
        self.assertEqual("<source identity database>", repr(self.database))

    def _check(self, url: str) -> None:
        self.open(url).check()
