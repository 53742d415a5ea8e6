# SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong with clouds.yaml ends in one line, before anything is sent."""

from __future__ import annotations

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

    def test_odd_shapes(self) -> None:
        for text in ("", "[]", "clouds: 1", "clouds: []", "clouds: {lab: 1}"):
            self.refused(self.file(text))
        self.refused(self.file("clouds: {lab: {auth: 1}}"))

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
