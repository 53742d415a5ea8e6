# SPDX-License-Identifier: Apache-2.0
"""Keystone, API v3: tokens, domains, projects, users, roles, grants, credentials."""

from testbed.simulator.keystone.assignments import Assignments
from testbed.simulator.keystone.authentication import Authentication
from testbed.simulator.keystone.catalog import Catalog
from testbed.simulator.keystone.credentials import Credentials
from testbed.simulator.keystone.grants import Grants
from testbed.simulator.keystone.groups import Groups
from testbed.simulator.keystone.lent import Lent
from testbed.simulator.keystone.resources import Resources
from testbed.simulator.keystone.roles import Roles


class Keystone(
    Authentication,
    Catalog,
    Credentials,
    Lent,
    Assignments,
    Groups,
    Grants,
    Roles,
    Resources,
):
    """The whole service."""
