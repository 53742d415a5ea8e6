# SPDX-License-Identifier: Apache-2.0
"""What a person sees: one line for each error, one for each step."""

import io
import pathlib
import sys

import fixtures
import testtools

from testbed import cli
from testbed.errors import STILL_WORKS, MissingError, TestbedError
from testbed.openstack import install, layout, lifecycle
from testbed.openstack.progress import Progress


class TestMain(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = self.root / "home"
        for name, value in (
            ("TESTBED_HOME", str(self.home)),
            ("TESTBED_PORT", "20000"),
            ("TESTBED_CACHE", None),
            ("TESTBED_SOURCE", None),
            ("TESTBED_DESTINATION", None),
            ("OS_CLIENT_CONFIG_FILE", None),
        ):
            self.useFixture(fixtures.EnvironmentVariable(name, value))
        self.out = self.useFixture(fixtures.StringStream("out")).stream
        self.err = self.useFixture(fixtures.StringStream("err")).stream
        self.useFixture(fixtures.MonkeyPatch("sys.stdout", self.out))
        self.useFixture(fixtures.MonkeyPatch("sys.stderr", self.err))

    def call(self, *argv):
        code = cli.main(argv)
        self.out.seek(0)
        self.err.seek(0)
        return code, self.out.read(), self.err.read()

    def replace(self, where, what):
        self.useFixture(fixtures.MonkeyPatch(where, what))

    def test_down_when_there_is_nothing(self):
        self.assertEqual((0, "already down\n", ""), self.call("down"))
        self.assertFalse(self.home.exists())

    def test_status_when_there_is_nothing(self):
        self.assertEqual((3, "down\n", ""), self.call("status"))

    def test_seed_when_it_is_down(self):
        code, _, err = self.call("seed")
        self.assertEqual(1, code)
        self.assertIn("`python -m testbed up` first", err)

    def fail(self, error):
        def up(*_):
            raise error

        self.replace("testbed.openstack.lifecycle.up", up)
        return self.call("up")

    def test_what_is_missing_and_what_still_works_in_one_line(self):
        code, _, err = self.fail(MissingError("no\nnetwork", "/tmp/log"))
        self.assertEqual(2, code)
        self.assertEqual(f"testbed: no network; see /tmp/log ({STILL_WORKS})\n", err)

    def test_an_ordinary_failure(self):
        code, _, err = self.fail(TestbedError("nova ended by itself", "/tmp/log"))
        self.assertEqual(1, code)
        self.assertEqual("testbed: nova ended by itself; see /tmp/log\n", err)

    def test_no_traceback_for_the_unexpected(self):
        code, _, err = self.fail(KeyError("what"))
        self.assertEqual(1, code)
        self.assertEqual(1, err.count("\n"))
        self.assertIn("KeyError", err)
        self.assertIn("Traceback", (self.home / "error.log").read_text())

    def test_an_interruption(self):
        self.assertEqual(130, self.fail(KeyboardInterrupt())[0])

    def test_a_wrong_setting(self):
        self.useFixture(fixtures.EnvironmentVariable("TESTBED_SOURCE", "yoga"))
        code, _, err = self.call("up")
        self.assertEqual(1, code)
        self.assertIn("TESTBED_SOURCE", err)

    def test_a_count_out_of_range(self):
        self.assertRaises(SystemExit, cli.main, ["seed", "--projects", "0"])


class TestMachine(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.file = pathlib.Path(self.useFixture(fixtures.TempDir()).path) / "release"
        self.apt = "/usr/bin/apt-get"
        self.useFixture(
            fixtures.MonkeyPatch(
                "testbed.openstack.commands.available", lambda _: self.apt
            )
        )

    def check(self, text, **env):
        self.file.write_text(text)
        install.check_machine(layout.Layout.from_environment(env), self.file)

    def refused(self, text, **env):
        return str(self.assertRaises(MissingError, self.check, text, **env))

    def test_debian_12(self):
        self.check('ID=debian\nVERSION_CODENAME="bookworm"\n')

    def test_ubuntu_has_no_zed(self):
        text = "ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n"
        self.assertIn("TESTBED_SOURCE=2026.2", self.refused(text))
        self.check(text, TESTBED_SOURCE="2026.2")

    def test_other_systems(self):
        self.assertIn("Debian or Ubuntu", self.refused("ID=fedora\n"))

    def test_no_apt(self):
        self.apt = None
        text = "ID=debian\nVERSION_CODENAME=bookworm\n"
        self.assertIn("apt-get", self.refused(text))

    def test_packages_need_root(self):
        from testbed.openstack import apt

        self.useFixture(fixtures.MonkeyPatch("os.geteuid", lambda: 1000))
        error = self.assertRaises(
            MissingError,
            apt.install,
            ["python3-nova"],
            self.file,
            Progress(io.StringIO()),
        )
        self.assertIn(
            "root is needed to install Debian packages: python3-nova", str(error)
        )


class TestLifecycle(testtools.TestCase):
    def setUp(self):
        super().setUp()
        root = self.useFixture(fixtures.TempDir()).path
        self.layout = layout.Layout.from_environment({"TESTBED_HOME": root})
        self.out = io.StringIO()
        self.progress = Progress(self.out)

    def test_down_removes_the_state_and_leaves_the_template(self):
        self.layout.run.mkdir()
        self.layout.template.mkdir()
        lifecycle.down(self.layout, self.progress)
        self.assertEqual([self.layout.template], list(self.layout.home.iterdir()))
        lifecycle.down(self.layout, self.progress)
        self.assertIn("already down", self.out.getvalue())

    def test_down_can_keep_the_state(self):
        self.layout.run.mkdir()
        lifecycle.down(self.layout, self.progress, keep=True)
        self.assertTrue(self.layout.run.exists())

    def test_up_refuses_a_testbed_of_other_settings(self):
        from testbed.openstack import template

        self.layout.run.mkdir()
        template.write(self.layout.run, self.layout)
        other = layout.Layout.from_environment(
            {**self.layout.to_environment(), "TESTBED_PORT": "23000"}
        )
        error = self.assertRaises(TestbedError, lifecycle.up, other, self.progress)
        self.assertIn("port was 20000, is 23000", str(error))


class TestProgress(testtools.TestCase):
    def test_a_line_for_each_step_with_its_seconds(self):
        out, times = io.StringIO(), iter([0, 1, 3.5, 4, 6])
        progress = Progress(out, clock=lambda: next(times))
        with progress.step("one"):
            pass

        def fail():
            with progress.step("two"):
                raise ValueError

        self.assertRaises(ValueError, fail)
        self.assertEqual("one ... 2.5 s\ntwo ... failed after 2.0 s\n", out.getvalue())


class TestInterpreter(testtools.TestCase):
    def test_the_one_of_the_lock_or_else_the_running_one(self):
        for there, wanted in ((True, install.PYTHON), (False, sys.executable)):
            with fixtures.MonkeyPatch("os.access", lambda *_, there=there: there):
                self.assertEqual(wanted, install.interpreter())
