# SPDX-License-Identifier: Apache-2.0
"""The name `testbedfiles.FilesDriver`, where Nova looks for compute drivers."""

from testbed.openstack.drivers.compute import FilesDriver  # noqa: F401
