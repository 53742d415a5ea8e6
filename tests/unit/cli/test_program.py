# SPDX-License-Identifier: Apache-2.0
"""The ``pumphouse`` program: wrong words, faults of its own, lists and bindings."""

from __future__ import annotations

import errno
import os
from typing import Any
from unittest import mock

from pumphouse import exceptions
from pumphouse.cli import main
from pumphouse.resources.registry import resource_types
from tests.unit.cli.base import CommandTestCase, Ended


class TestProgram(CommandTestCase):
    def test_an_unknown_command_is_one_line(self):
        ended = self.pumphouse("emigrate")
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertEqual(1, len(ended.err.splitlines()))

    def test_a_bug_is_one_line_and_its_own_code(self):
        def broken(kind: str) -> Any:
            raise ZeroDivisionError("on\ntwo lines")

        self.source.all = broken  # type: ignore[method-assign]
        ended = self.pumphouse("plan", "project", "inn")
        self.assertEqual(exceptions.EXIT_BUG, ended.code)
        self.assertEqual(1, len(ended.err.splitlines()), ended.err)
        self.assertIn("--debug", ended.err)

    def test_what_this_machine_lacks_is_no_fault_of_pumphouse(self):
        """It says what to raise; what was cut off can be resumed."""
        for error, what in (
            (RuntimeError("can't start new thread"), "threads"),
            (OSError(errno.EMFILE, "Too many open files"), "open files"),
            (OSError(errno.ENOSPC, "No space left on device", "/tmp/x"), "/tmp/x"),
            (MemoryError(), "memory"),
        ):

            def lacking(kind: str, error: Exception = error) -> Any:
                raise error

            self.source.all = lacking  # type: ignore[method-assign]
            ended = self.pumphouse("plan", "project", "inn")
            self.assertEqual(exceptions.EXIT_FAILED, ended.code, ended)
            self.assertEqual(1, len(ended.err.splitlines()), ended.err)
            self.assertIn(what, ended.err)
            self.assertNotIn("fault of Pumphouse", ended.err)

    def test_what_a_cloud_says_at_length_is_cut(self):
        def talkative(kind: str) -> Any:
            raise exceptions.ServiceError("no " * 100_000)

        self.source.all = talkative  # type: ignore[method-assign]
        ended = self.pumphouse("plan", "project", "inn")
        self.assertLess(len(ended.err), 2100)
        self.assertTrue(ended.err.endswith("…\n"), ended.err[-20:])

    def test_a_working_directory_that_is_gone(self):
        gone = FileNotFoundError(errno.ENOENT, "No such file or directory")
        with mock.patch("os.getcwd", side_effect=gone):
            ended = self.pumphouse("plan", "list")
        self.assertEqual(exceptions.EXIT_INPUT, ended.code, ended.err)
        self.assertIn("working directory cannot be used: No such file", ended.err)

    def test_a_user_without_a_home(self):
        """In a container, say, under an id that nobody has given a name."""
        with (
            mock.patch.dict("os.environ"),
            mock.patch("pwd.getpwuid", side_effect=KeyError),
        ):
            os.environ.pop("HOME", None)
            ended = self.pumphouse("plan", "list")
        self.assertEqual(exceptions.EXIT_INPUT, ended.code, ended.err)
        self.assertIn("has no home directory. Set HOME", ended.err)

    def test_bytes_that_are_no_text(self):
        """A database would refuse them, a cloud be asked for something else."""
        odd = "w\udcffb"  # as Python decodes what its locale has no character for
        for words in (
            ("plan", "project", odd),
            ("plan", "show", odd),
            ("plan", "show", "aaaa", "--name", odd),
            ("plan", "delete", "aaaa", odd),
            ("run", "show", odd),
            ("verify", odd),
            ("binding", "show", "town", odd),
            ("register", "town", odd, "T"),
            ("unregister", "town", odd),
        ):
            ended = self.pumphouse(*words)
            self.assertEqual(exceptions.EXIT_INPUT, ended.code, ended)
            self.assertEqual(1, len(ended.err.splitlines()), ended.err)
            self.assertIn("'w\\udcffb' is not text in ", ended.err)

    def test_an_empty_variable_counts_as_none(self):
        """A shell's ``export PUMPHOUSE_MIGRATION=``."""
        with mock.patch.dict("os.environ", {"PUMPHOUSE_MIGRATION": ""}):
            options = main.Pumphouse().parser.parse_args([])
        self.assertEqual("migration.yaml", options.migration)

    def test_bindings_are_listed_for_machines(self):
        self.pumphouse("migrate", "project", "inn", "--yes")
        rows = self.pumphouse("binding", "list", "-f", "json").json
        self.assertEqual({"town", "house", "person"}, {row["Type"] for row in rows})

    def test_what_was_registered_takes_its_place(self):
        self.destination.records["town"] = [{"id": "T", "name": "Neu-Ulm"}]
        ended = self.pumphouse("register", "town", "t1", "Neu-Ulm")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        rows = self.pumphouse("plan", "project", "inn", "-f", "json").json
        town = next(row for row in rows if row["Type"] == "town")
        self.assertEqual(("map", "T"), (town["Action"], town["Destination ID"]))
        self.assertEqual(0, self.pumphouse("unregister", "town", "t1").code)
        gone = self.pumphouse("unregister", "town", "t1")
        self.assertEqual(exceptions.EXIT_NOT_FOUND, gone.code)

    def test_what_is_listed_is_nothing_yet(self):
        for words in ("run list", "plan list", "binding list"):
            ended = self.pumphouse(*words.split())
            self.assertEqual((exceptions.EXIT_OK, ""), (ended.code, ended.out))
            self.assertEqual(1, len(ended.err.splitlines()), words)
            self.assertEqual([], self.pumphouse(*words.split(), "-f", "json").json)

    def test_types_are_told_in_plain_text(self):
        """Their descriptions are written for the documentation."""
        self.replace(main.Workspace, "types", resource_types())
        listed = self.pumphouse("resource", "type", "list")
        self.assertIn("<router id>/<port id>", listed.out)
        shown = [
            self.pumphouse("resource", "type", "show", t) for t in resource_types()
        ]
        for ended in (listed, *shown):
            self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
            self.assertNotIn("`", ended.out)

    def test_bindings_of_an_unknown_type(self):
        ended = self.pumphouse("binding", "list", "--type", "castle")
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertIn("no resource type 'castle'", ended.err)


class TestWrongWords(CommandTestCase):
    """Each is one line, and the code for what the operator typed."""

    def refused(self, *words: str, code: int = exceptions.EXIT_INPUT) -> str:
        ended: Ended = self.pumphouse(*words)
        self.assertEqual(code, ended.code, ended.err)
        self.assertEqual(("", 1), (ended.out, len(ended.err.splitlines())), ended.err)
        return ended.err

    def test_an_unknown_option(self):
        self.assertIn("unknown option --bogus", self.refused("--bogus"))

    def test_help_for_an_unknown_command(self):
        self.assertIn("'emigrate' is not a command", self.refused("help", "emigrate"))

    def test_an_empty_run_is_not_the_newest(self):
        """As from a script whose variable is not set."""
        self.pumphouse("migrate", "project", "inn", "--yes")
        for words in ("rollback --yes", "resume", "verify", "run show"):
            self.assertIn("RUN is empty", self.refused(*words.split(), ""))
        self.assertEqual([], self.destination.deleted)

    def test_no_run_yet(self):
        for words in ("resume", "verify", "run show"):
            said = self.refused(*words.split(), code=exceptions.EXIT_NOT_FOUND)
            self.assertIn("there is no run yet", said)

    def test_an_empty_name(self):
        self.assertIn(
            "no town has the name or id ''",
            self.refused("register", "town", "", "", code=exceptions.EXIT_NOT_FOUND),
        )

    def test_a_rollback_is_not_compared(self):
        self.pumphouse("migrate", "project", "inn", "--yes")
        run = self.newest("run")
        self.pumphouse("rollback", run, "--yes")
        said = self.refused("verify", self.newest("run"))
        self.assertIn("it is a rollback", said)
        ended = self.pumphouse("verify")
        self.assertEqual(exceptions.EXIT_DIFFERENT, ended.code)
        self.assertIn("3 not migrated", ended.err)
        self.assertIn("was rolled back by run", ended.err)
