# SPDX-License-Identifier: Apache-2.0
"""The files a testbed writes: credentials, facts, configuration, stamps."""

import json
import pathlib
import stat

import fixtures
import testtools
import yaml

from testbed.openstack import credentials, releases, template
from testbed.openstack.config import WRITERS, write
from testbed.openstack.config.common import ini
from testbed.openstack.layout import Layout


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


class WithLayout(testtools.TestCase):
    def setUp(self):
        super().setUp()
        root = self.useFixture(fixtures.TempDir()).path
        self.layout = Layout.from_environment({"TESTBED_HOME": root})
        self.layout.run.mkdir()
        credentials.generate(self.layout)


class TestCredentials(WithLayout):
    def test_clouds_yaml_holds_the_admin_credentials_and_nothing_else(self):
        credentials.write_clouds(self.layout)
        found = yaml.safe_load(self.layout.clouds_yaml.read_text())
        passwords = credentials.load(self.layout)
        self.assertEqual(["clouds"], list(found))
        self.assertEqual({"source", "destination"}, set(found["clouds"]))
        for cloud, given in found["clouds"].items():
            self.assertEqual(passwords[cloud]["admin"], given["auth"]["password"])
            self.assertEqual(
                f"http://127.0.0.1:{self.layout.port(cloud, 'keystone')}/v3",
                given["auth"]["auth_url"],
            )
        self.assertNotIn(
            passwords["source"]["service"], self.layout.clouds_yaml.read_text()
        )
        self.assertEqual(0o600, mode(self.layout.clouds_yaml))

    def test_no_password_is_used_twice(self):
        found = credentials.load(self.layout)
        passwords = [p for cloud in found.values() for p in cloud.values()]
        credentials.generate(self.layout)
        passwords += [
            p
            for cloud in credentials.load(self.layout).values()
            for p in cloud.values()
        ]
        self.assertEqual(8, len(set(passwords)))

    def test_an_open_file_is_closed_to_others_again(self):
        path = self.layout.run / "file"
        path.write_text("x")
        path.chmod(0o644)
        credentials.write_private(path, "secret")
        self.assertEqual(0o600, mode(path))

    def test_facts_tell_release_ports_and_keystone_database(self):
        credentials.write_facts(self.layout)
        found = json.loads(self.layout.facts.read_text())
        self.assertEqual("zed", found["source"]["release"])
        self.assertEqual(20101, found["destination"]["ports"]["keystone"])
        self.assertIn("destination_keystone", found["destination"]["keystone_database"])
        self.assertEqual(0o600, mode(self.layout.facts))


class TestConfiguration(WithLayout):
    def setUp(self):
        super().setUp()
        paste = pathlib.Path(self.useFixture(fixtures.TempDir()).path) / "paste.ini"
        paste.write_text("[pipeline:main]\n")
        self.useFixture(
            fixtures.MonkeyPatch(
                "testbed.openstack.releases.paste_file", lambda *_: paste
            )
        )

    def test_every_service_of_both_clouds_gets_its_own(self):
        for cloud in ("source", "destination"):
            write(self.layout, cloud)
            for writer in WRITERS:
                service = writer.__name__.rpartition(".")[2]
                files = list(self.layout.etc(cloud, service).glob("*.conf"))
                self.assertEqual(1, len(files), service)
                self.assertEqual(0o600, mode(files[0]))
                text = files[0].read_text()
                self.assertNotIn("0.0.0.0", text)
                other = {"source": "destination", "destination": "source"}[cloud]
                self.assertNotIn(f"{other}_", text)

    def test_keys_differ_between_the_clouds(self):
        keys = set()
        for cloud in ("source", "destination"):
            write(self.layout, cloud)
            etc = self.layout.etc(cloud, "keystone")
            keys |= {p.read_bytes() for p in etc.glob("*/[01]")}
        self.assertEqual(8, len(keys))

    def test_ini(self):
        text = ini({"DEFAULT": {"debug": False, "n": 3}, "a": {"b": "c"}})
        self.assertEqual("[DEFAULT]\ndebug = false\nn = 3\n\n[a]\nb = c\n", text)


class TestTemplate(WithLayout):
    def test_a_fresh_stamp_fits(self):
        template.write(self.layout.run, self.layout)
        old = template.read(self.layout.run)
        self.assertEqual("", template.difference(old, template.stamp(self.layout)))

    def test_other_ports_releases_or_home_do_not_fit(self):
        old = template.stamp(self.layout)
        for name, value in (
            ("TESTBED_PORT", "25000"),
            ("TESTBED_SOURCE", "2026.2"),
            ("TESTBED_DESTINATION", "zed"),
            ("TESTBED_HOME", "/srv/other"),
        ):
            env = {**self.layout.to_environment(), name: value}
            new = template.stamp(Layout.from_environment(env))
            self.assertNotEqual("", template.difference(old, new), name)

    def test_changed_code_does_not_fit(self):
        old = {**template.stamp(self.layout), "code": "before"}
        self.assertEqual(
            "the code", template.difference(old, template.stamp(self.layout))
        )

    def test_no_stamp_or_a_broken_one_does_not_fit(self):
        new = template.stamp(self.layout)
        self.assertEqual({}, template.read(self.layout.run))
        self.assertIn("not complete", template.difference({}, new))
        (self.layout.run / "stamp.json").write_text("{")
        self.assertEqual({}, template.read(self.layout.run))

    def test_all_code_that_is_baked_in_exists(self):
        for name in template.BAKED:
            self.assertTrue((template.PACKAGE / name).exists(), name)


class TestReleases(testtools.TestCase):
    def test_every_release_can_run_every_service(self):
        for release, applications in releases.APPLICATIONS.items():
            self.assertEqual(6, len(applications), release)
            self.assertLessEqual(set(releases.GREEN[release]), set(applications))
