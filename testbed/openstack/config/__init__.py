# SPDX-License-Identifier: Apache-2.0
"""Writes the configuration files of one cloud, a module for each service."""

from testbed.openstack.config import cinder, glance, keystone, neutron, nova, placement
from testbed.openstack.config.common import Cloud

WRITERS = (keystone, glance, placement, neutron, cinder, nova)
DIRECTORIES = ("log", "images", "volumes", "instances", "lock")


def write(layout, name):
    """All directories and configuration files of one cloud."""
    cloud = Cloud(layout, name)
    for directory in DIRECTORIES:
        cloud.directory(directory)
    cloud.policy()
    for service in WRITERS:
        service.write(cloud)
