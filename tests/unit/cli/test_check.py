# SPDX-License-Identifier: Apache-2.0
"""``pumphouse check``: how findings are shown, and what it ends with."""

from __future__ import annotations

from unittest import mock

from pumphouse import exceptions
from pumphouse.check.findings import Finding, Place, State
from tests.unit.cli.base import CommandTestCase, Ended

OK = Finding(State.OK, Place.FILES, "migration-file", "it can be used")
WARNING = Finding(State.WARNING, Place.SOURCE, "tls", "by http\x1b[2J, " + "o" * 200)
ERROR = Finding(State.ERROR, Place.DESTINATION, "token", "wrong password")


class CheckTest(CommandTestCase):
    def check(self, found: list[Finding], *words: str) -> Ended:
        with mock.patch("pumphouse.check.everything.check", return_value=found):
            return self.pumphouse("check", *words)

    def test_all_is_well(self) -> None:
        """No table, one line."""
        ended = self.check([OK])
        said = (
            exceptions.EXIT_OK,
            "",
            "ready: 0 errors, 0 warnings, 0 not looked at, 1 ok\n",
        )
        self.assertEqual(said, (ended.code, ended.out, ended.err))

    def test_warnings_do_not_fail(self) -> None:
        ended = self.check([WARNING, OK])
        self.assertEqual(exceptions.EXIT_OK, ended.code)
        self.assertIn("1 warning,", ended.err)

    def test_an_error(self) -> None:
        """Has a code of its own."""
        ended = self.check([ERROR, WARNING, OK])
        self.assertEqual(11, ended.code)
        self.assertIn("not ready: 1 error, 1 warning, 0 not looked at, 1 ok", ended.err)

    def test_a_table(self) -> None:
        """Fits, cannot steer a terminal, and leaves out what is well."""
        table = self.check([ERROR, WARNING, OK]).out
        self.assertGreaterEqual(100, max(map(len, table.splitlines())))
        self.assertNotIn("\x1b", table)
        self.assertNotIn("migration-file", table)
        self.assertIn("migration-file", self.check([ERROR, OK], "--all").out)

    def test_machine_output(self) -> None:
        """Has all of it."""
        rows = self.check([ERROR, OK], "-f", "json").json
        wanted = {
            "State": "error",
            "Where": "destination",
            "Check": "token",
            "Finding": "wrong password",
        }
        self.assertEqual(wanted, rows[0])
        self.assertEqual("ok", rows[1]["State"])
