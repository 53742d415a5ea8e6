# SPDX-License-Identifier: Apache-2.0
"""Making the template of a testbed, as far as nothing needs to be installed for it."""

import io
import pathlib
import socket

import fixtures
import testtools

from testbed.errors import TestbedError
from testbed.openstack import prepare
from testbed.openstack.layout import Layout
from testbed.openstack.progress import Progress


class TestPorts(testtools.TestCase):
    def test_a_port_of_another_program_is_named_before_anything_is_made(self):
        """Another testbed's Keystone, say, which would take requests and refuse."""
        home = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        other = self.useFixture(
            fixtures.MockPatchObject(prepare.install, "check_installed")
        )
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
            made = Layout.from_environment(
                {"TESTBED_HOME": str(home), "TESTBED_PORT": str(port - 1)}
            )
            self.assertEqual(port, made.port("source", "keystone"))
            error = self.assertRaises(
                TestbedError, prepare.prepare, made, Progress(io.StringIO())
            )
        other.mock.assert_called_once()
        self.assertIn(f"port {port} is in use", str(error))
        self.assertEqual([], [*home.iterdir()])
