# SPDX-License-Identifier: Apache-2.0
"""Waiting for other programs that run apt."""

import pathlib

import fixtures
import testtools

from testbed.errors import MissingError
from testbed.openstack import apt, commands


class TestUpdate(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = pathlib.Path(self.useFixture(fixtures.TempDir()).path) / "log"
        self.answers = []
        self.now = 0.0
        self.useFixture(fixtures.MonkeyPatch("testbed.openstack.apt._apt", self.apt))

    def apt(self, log, *arguments):
        text = self.answers.pop(0)
        with open(log, "a") as file:
            file.write(text)
        if text:
            raise MissingError(text)

    def sleep(self, seconds):
        self.now += seconds

    def update(self):
        apt._update(self.log, clock=lambda: self.now, sleep=self.sleep)

    def test_waits_for_the_lists(self):
        self.answers = ["E: Could not get lock /var/lib/apt/lists/lock\n"] * 3 + [""]
        self.update()
        self.assertEqual([], self.answers)
        self.assertEqual(6, self.now)

    def test_gives_up_at_last(self):
        self.answers = ["E: Could not get lock\n"] * 1000
        error = self.assertRaises(MissingError, self.update)
        self.assertIn("apt's lock", str(error))

    def test_a_broken_source_is_passed_over(self):
        self.answers = ["E: The repository has no Release file\n"]
        self.update()
        self.assertEqual(0, self.now)


class TestRun(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = pathlib.Path(self.useFixture(fixtures.TempDir()).path) / "a" / "log"

    def test_a_failure_names_the_log_and_a_hint(self):
        error = self.assertRaises(
            MissingError,
            commands.run,
            ["sh", "-c", "echo because; exit 3"],
            self.log,
            "trying",
            error=MissingError,
            hint="is it there?",
        )
        self.assertIn("trying failed with exit code 3 (is it there?)", error.line())
        self.assertEqual("because\n", self.log.read_text())

    def test_a_program_that_is_not_there(self):
        error = self.assertRaises(
            MissingError, commands.run, ["/no/such"], self.log, "it", error=MissingError
        )
        self.assertIn("cannot run /no/such", str(error))

    def test_the_environment_is_clean(self):
        for name in ("PYTHONPATH", "OS_CLOUD", "http_proxy"):
            self.useFixture(fixtures.EnvironmentVariable(name, "x"))
        env = commands.clean_environment(MORE="1")
        self.assertEqual(set(), {"PYTHONPATH", "OS_CLOUD", "http_proxy"} & set(env))
        self.assertEqual("1", env["MORE"])
