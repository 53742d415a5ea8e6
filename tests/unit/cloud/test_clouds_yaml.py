# SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong with clouds.yaml ends in one line, before anything is sent."""

from __future__ import annotations

import os
import warnings

import fixtures
from openstack.config import loader

from pumphouse.cloud.cloud import connect
from pumphouse.exceptions import InputError
from tests.unit.cloud.base import PASSWORD, CloudTestCase


class TestCloudsYaml(CloudTestCase):
    def refused(self, config_file: str | None, name: str = "lab") -> str:
        error = self.assertRaises(
            InputError, connect, "source", name, config_file=config_file
        )
        self.assertEqual(2, error.exit_code)
        self.assertNotIn(PASSWORD, str(error) + repr(error))
        self.assertEqual(1, len(str(error).splitlines()))
        self.assertEqual([], self.server.got)
        return str(error)

    def test_unknown_name_lists_the_known(self) -> None:
        said = self.refused(self.clouds_yaml(), "nope")
        self.assertIn("no cloud named 'nope'", said)
        self.assertIn("Known clouds: lab", said)

    def test_no_file(self) -> None:
        self.assertIn("no such file", self.refused("/nowhere/clouds.yaml"))
        self.assertIn("is a directory", self.refused("/"))

    def test_no_file_at_all(self) -> None:
        self.useFixture(fixtures.MockPatchObject(loader, "CONFIG_FILES", []))
        self.assertIn("no clouds.yaml was found", self.refused(None))

    def test_not_yaml(self) -> None:
        self.assertIn(".yaml:2: this is not YAML", self.refused(self.file("a: 1\n{]")))

    def test_a_file_without_an_end(self) -> None:
        self.assertIn("is larger than 1048576 bytes", self.refused("/dev/zero"))

    def test_nested_too_deeply(self) -> None:
        said = self.refused(self.file("clouds: " + "[" * 100_000))
        self.assertIn("this is nested too deeply", said)

    def test_a_pipe(self) -> None:
        """The SDK would find nothing in it, as we have read it."""
        path = f"{self.useFixture(fixtures.TempDir()).path}/pipe"
        os.mkfifo(path)
        self.assertIn(f"{path}: this is a pipe", self.refused(path))

    def test_the_file_with_passwords(self) -> None:
        """Without it a password would be missing, and nobody knew why."""
        for text, why in (
            ("{]", "this is not YAML"),
            ("[" * 100_000, "this is nested too deeply"),
            ("[1]", "this is no file of clouds"),
        ):
            path = self.file(text)
            with fixtures.EnvironmentVariable("OS_CLIENT_SECURE_FILE", path):
                said = self.refused(self.clouds_yaml())
            self.assertIn(path, said)
            self.assertIn(why, said)
        with fixtures.EnvironmentVariable("OS_CLIENT_SECURE_FILE", "/nowhere"):
            said = self.refused(self.clouds_yaml())
        self.assertIn("/nowhere: it cannot be read: no such file", said)

    def test_odd_shapes(self) -> None:
        for text in ("", "[]", "clouds: 1", "clouds: []", "clouds: {lab: 1}"):
            self.refused(self.file(text))
        self.refused(self.file("clouds: {lab: {auth: 1}}"))

    def test_a_file_without_clouds(self) -> None:
        for text in ("", "# nothing", "clouds:", "clouds: {}", "other: {lab: {}}"):
            path = self.file(text)
            said = self.refused(path)
            self.assertIn(f"{path}: it names no cloud. It needs an entry lab", said)

    def test_files_that_it_names(self) -> None:
        """Each is told by the key that names it, whether it would be used or not."""
        bad = self.file("no certificate")
        for key, value, why in (
            (
                "cacert",
                "/nowhere/ca.pem",
                "/nowhere/ca.pem cannot be read: no such file",
            ),
            ("cacert", bad, "holds no certificate"),
            ("cert", "/nowhere/c.pem", "/nowhere/c.pem cannot be read"),
            ("cert", bad, "holds no certificate with its key"),
            ("key", bad, "of no use without cert"),
        ):
            path = self.clouds_yaml(**{key: value})
            said = self.refused(path)
            self.assertIn(f"{path}: clouds.lab.{key}: ", said)
            self.assertIn(why, said)
        said = self.refused(self.clouds_yaml(cert=bad, key="/nowhere/k.pem"))
        self.assertIn("clouds.lab.key: /nowhere/k.pem cannot be read", said)

    def test_a_certificate_that_is_not_asked_for_may_be_missing(self) -> None:
        path = self.clouds_yaml(cacert="/nowhere/ca.pem", verify=False)
        self.assertEqual("u1", self.connect(config_file=path).user_id)

    def test_text_in_place_of_a_switch(self) -> None:
        """The SDK takes it for false, which is no verification at all."""
        for value in ("yes", "maybe", "1"):
            said = self.refused(self.clouds_yaml(verify=value))
            self.assertIn("clouds.lab.verify: must be true or false", said)
        path = self.clouds_yaml(verify="True")
        self.assertEqual("u1", self.connect(config_file=path).user_id)

    def test_the_second_identity_api(self) -> None:
        url = f"{self.server.url}/v2.0"
        for changes, key in (
            ({"auth_url": url}, "auth.auth_url"),
            ({"auth_url": url + "/"}, "auth.auth_url"),
            ({"auth_type": "v2password"}, "auth_type"),
        ):
            said = self.refused(self.clouds_yaml(**changes))
            self.assertIn(f"clouds.lab.{key}: is for the Identity API v2", said)

    def test_what_is_no_address(self) -> None:
        for url in ("nonsense", "ftp://host/v3", "http:///v3", "http://host:99999/v3"):
            said = self.refused(self.clouds_yaml(auth_url=url))
            self.assertIn("clouds.lab.auth.auth_url: is not an address", said)

    def test_what_the_sdk_warns_of_is_told_without_its_paths(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            said = self.refused(self.clouds_yaml(profile="nowhere"))
        self.assertIn("clouds.lab.profile: there is no such profile", said)

    def test_a_region_that_is_not_there(self) -> None:
        """It says which file names it, and which regions there are."""
        clouds = self.clouds_yaml(region_name="Nowhere")
        for cloud, where in (
            (self.connect(config_file=clouds), "region_name of this cloud in clouds"),
            (self.connect(region="Nowhere"), "source.region in the migration file"),
        ):
            error = self.assertRaises(InputError, cloud.get, "compute", "/servers")
            self.assertIn("it has no region 'Nowhere'", str(error))
            self.assertIn(f"Check {where}", str(error))
            self.assertIn("there are: One", str(error))

    def test_incomplete(self) -> None:
        """Each thing that a login needs is missed by name."""
        for key in ("password", "auth_url", "username"):
            self.assertIn(key, self.refused(self.clouds_yaml(**{key: None})))

    def test_unknown_auth_type(self) -> None:
        said = self.refused(self.clouds_yaml(**{"auth_type": "v3bogus"}))
        self.assertIn("v3bogus", said)

    def test_openrc_does_not_mix_in(self) -> None:
        """A sourced openrc of another cloud changes nothing."""
        for name, value in (
            ("OS_AUTH_URL", "http://127.0.0.1:1/v3"),
            ("OS_PASSWORD", "other"),
            ("OS_REGION_NAME", "Other"),
            ("OS_CLOUD", "other"),
        ):
            self.useFixture(fixtures.EnvironmentVariable(name, value))
        cloud = self.connect()
        self.assertEqual(f"{self.server.url}/v3|One", cloud.identity)
        self.assertEqual("u1", cloud.user_id)

    def test_environment_names_the_file(self) -> None:
        path = self.clouds_yaml()
        self.useFixture(fixtures.EnvironmentVariable("OS_CLIENT_CONFIG_FILE", path))
        self.assertEqual("u1", self.connect(config_file=None).user_id)

    def test_region_of_the_caller_wins(self) -> None:
        """Also over clouds.yaml's own, and over its list of regions."""
        self.assertEqual("Two", self.connect(region="Two").region)
        listed = self.clouds_yaml(region_name=None, regions=["One", "Two"])
        self.assertEqual("Two", self.connect(config_file=listed, region="Two").region)
        self.assertEqual("One", self.connect(config_file=listed).region)

    def test_endpoint_override(self) -> None:
        """An operator who writes down an endpoint gets that one."""
        url = f"{self.server.url}/elsewhere/v2.1"
        path = self.clouds_yaml(compute_endpoint_override=url)
        self.assertIsNone(self.connect(config_file=path).find("compute", "/x"))
        self.assertEqual(1, len(self.server.asked("GET", "/elsewhere/v2.1/x")))

    def test_unversioned_auth_url_needs_no_discovery(self) -> None:
        cloud = self.connect(config_file=self.clouds_yaml(auth_url=self.server.url))
        self.assertEqual("u1", cloud.user_id)
        self.assertEqual({"POST identity /auth/tokens": 1}, cloud.log.by)
