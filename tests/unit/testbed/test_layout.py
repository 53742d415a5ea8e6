# SPDX-License-Identifier: Apache-2.0
"""Paths, ports and settings of a testbed."""

import os
import pathlib

import fixtures
import testtools

from testbed.errors import TestbedError
from testbed.openstack import layout
from testbed.openstack.layout import CLOUDS, SERVICES, Layout


class TestSettings(testtools.TestCase):
    def test_defaults_are_below_the_checkout(self):
        made = Layout.from_environment({})
        checkout = pathlib.Path(__file__).resolve().parents[3]
        self.assertEqual(checkout / "build" / "testbed", layout.default_home())
        self.assertEqual(made.home / "cache", made.cache)
        self.assertEqual({"source": "zed", "destination": "2026.2"}, made.releases)

    def test_a_child_process_makes_the_same_layout(self):
        made = Layout.from_environment(
            {
                "TESTBED_HOME": "/srv/one",
                "TESTBED_CACHE": "/srv/cache",
                "TESTBED_PORT": "30000",
                "TESTBED_COMPUTES": "5",
                "TESTBED_SOURCE": "2026.2",
                "TESTBED_UNBINDABLE_HOSTS": "a,b",
            }
        )
        self.assertEqual(made, Layout.from_environment(made.to_environment()))
        self.assertEqual(("a", "b"), made.unbindable)

    def test_wrong_values_are_named(self):
        for env in (
            {"TESTBED_PORT": "http"},
            {"TESTBED_PORT": "65500"},
            {"TESTBED_COMPUTES": "0"},
            {"TESTBED_SOURCE": "yoga"},
        ):
            error = self.assertRaises(TestbedError, Layout.from_environment, env)
            self.assertIn(next(iter(env)), str(error))

    def test_no_two_services_share_a_port(self):
        made = Layout.from_environment({"TESTBED_PORT": "30000"})
        ports = {made.port(c, s) for c in CLOUDS for s in SERVICES}
        self.assertEqual(len(CLOUDS) * len(SERVICES), len(ports))
        self.assertTrue(all(30000 < p < 30000 + layout.PORTS_USED for p in ports))

    def test_database_url_names_the_socket(self):
        made = Layout.from_environment({"TESTBED_HOME": "/srv/one"})
        url = made.database_url("source", "keystone")
        self.assertIn(
            "/source_keystone?unix_socket=/srv/one/run/mysql/mysqld.sock", url
        )


class TestAwkwardPaths(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        links = self.root / "links"
        links.mkdir()
        self.useFixture(fixtures.MonkeyPatch("testbed.openstack.layout.ALIASES", links))

    def layout(self, name):
        return Layout.from_environment({"TESTBED_HOME": str(self.root / name)})

    def test_a_plain_path_is_used_as_it_is(self):
        made = self.layout("plain")
        self.assertEqual(self.root / "plain", made.home)
        self.assertEqual((), made.aliases)

    def test_long_paths_and_odd_characters_get_a_short_link(self):
        for name in ("x" * 100, "two words", "100%", "$HOME", "a&b"):
            made = self.layout(name)
            self.assertNotEqual(self.root / name, made.home)
            self.assertLessEqual(len(os.fsencode(made.socket)), layout.SOCKET_LIMIT)
            self.assertRegex(str(made.socket), r"\A[A-Za-z0-9/._-]+\Z")

    def test_the_link_is_the_same_every_time_and_another_for_another_path(self):
        self.assertEqual(self.layout("a b").home, self.layout("a b").home)
        self.assertNotEqual(self.layout("a b").home, self.layout("a c").home)

    def test_a_child_process_keeps_the_link(self):
        made = self.layout("a b")
        again = Layout.from_environment(made.to_environment())
        self.assertEqual((made.home, made.cache), (again.home, again.cache))

    def test_the_link_stays_as_long_as_there_is_a_run(self):
        made = self.layout("a b")
        with made.reachable():
            made.run.mkdir()
        self.assertTrue((self.root / "a b" / "run").is_dir())
        with made.reachable():
            self.assertTrue(made.run.is_dir())
            made.run.rmdir()
        self.assertFalse(made.home.parent.exists())
        self.assertTrue((self.root / "a b").is_dir())

    def test_messages_show_the_path_that_was_asked_for(self):
        made = self.layout("a b")
        self.assertEqual(f"see {self.root}/a b/run", made.shown(f"see {made.run}"))

    def test_a_link_of_someone_else_is_refused(self):
        made = self.layout("a b")
        made.home.parent.symlink_to(self.root)
        error = self.assertRaises(TestbedError, made.reachable().__enter__)
        self.assertIn("belongs to someone else", str(error))
