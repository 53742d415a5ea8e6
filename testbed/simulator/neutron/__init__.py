# SPDX-License-Identifier: Apache-2.0
"""Neutron, API v2.0, with the extensions that Pumphouse knows."""

from testbed.simulator.neutron.about import About
from testbed.simulator.neutron.floatingips import FloatingIps
from testbed.simulator.neutron.groups import Groups
from testbed.simulator.neutron.interfaces import Interfaces
from testbed.simulator.neutron.networks import Networks
from testbed.simulator.neutron.policies import Policies
from testbed.simulator.neutron.ports import Ports
from testbed.simulator.neutron.quotas import Quotas
from testbed.simulator.neutron.routers import Routers
from testbed.simulator.neutron.rules import Rules
from testbed.simulator.neutron.subnets import Subnets
from testbed.simulator.neutron.tags import Tags


class Neutron(
    About,
    FloatingIps,
    Interfaces,
    Routers,
    Policies,
    Ports,
    Subnets,
    Networks,
    Rules,
    Groups,
    Quotas,
    Tags,
):
    """The whole service."""
