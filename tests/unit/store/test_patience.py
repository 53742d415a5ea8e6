# SPDX-License-Identifier: Apache-2.0
"""Transactions are tried again while a server is away, and only then."""

from __future__ import annotations

import sqlite3
from typing import Any

import fixtures
import psycopg
import testtools
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from pumphouse import exceptions
from pumphouse.store.connect import store_error
from pumphouse.store.patience import Patience, passing


def said(kind: type[Exception]) -> DBAPIError:
    return DBAPIError.instance(None, None, kind("no"), psycopg.Error)  # type: ignore


class TestPassing(testtools.TestCase):
    def test_what_goes_away_by_itself(self) -> None:
        for kind in (
            psycopg.OperationalError,  # no connection, or it broke
            psycopg.errors.AdminShutdown,
            psycopg.errors.CannotConnectNow,
            psycopg.errors.TooManyConnections,
            psycopg.errors.LockNotAvailable,
            psycopg.errors.DeadlockDetected,
            psycopg.errors.IdleInTransactionSessionTimeout,
        ):
            self.assertTrue(passing(said(kind)), kind)
            error = store_error(said(kind), "database x")
            error.__cause__ = said(kind)
            self.assertTrue(passing(error), kind)

    def test_what_would_come_again(self) -> None:
        for error in (
            said(psycopg.errors.UniqueViolation),
            said(psycopg.errors.QueryCanceled),
            said(psycopg.errors.InsufficientPrivilege),
            OperationalError("", None, sqlite3.OperationalError("database is locked")),
            IntegrityError("", None, sqlite3.IntegrityError("no")),
            exceptions.RunBusy("taken over"),
            ValueError(),
        ):
            self.assertFalse(passing(error), error)


class TestPatience(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 0.0
        self.log = self.useFixture(fixtures.FakeLogger())
        self.patience = Patience("database x", 60.0, self.sleep, lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def away_until(self, when: float) -> Any:
        def function() -> float:
            if self.now < when:
                raise said(psycopg.OperationalError)
            return self.now

        return function

    def test_it_waits_until_the_server_is_back_and_says_so_once(self) -> None:
        back = self.patience.run(self.away_until(55.0))
        self.assertTrue(55.0 <= back < 58.0, back)
        self.assertEqual(
            ["database x is away; trying for 60 s", "database x is back"],
            self.log.output.splitlines(),
        )

    def test_it_gives_up(self) -> None:
        self.assertRaises(DBAPIError, self.patience.run, self.away_until(1e9))
        self.assertTrue(57.0 < self.now <= 60.0, self.now)

    def test_each_time_anew(self) -> None:
        for when in (50.0, 100.0, 150.0):
            self.patience.run(self.away_until(when))

    def test_another_error_is_raised_at_once(self) -> None:
        def function() -> None:
            raise said(psycopg.errors.UniqueViolation)

        self.assertRaises(IntegrityError, self.patience.run, function)
        self.assertEqual((0.0, ""), (self.now, self.log.output))
