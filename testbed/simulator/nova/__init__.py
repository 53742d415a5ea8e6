# SPDX-License-Identifier: Apache-2.0
"""Nova, API v2.1 with the microversions that Pumphouse speaks."""

from testbed.simulator.nova.about import About
from testbed.simulator.nova.actions import Actions
from testbed.simulator.nova.creation import Creation
from testbed.simulator.nova.flavors import Flavors
from testbed.simulator.nova.keypairs import Keypairs
from testbed.simulator.nova.parts import Parts
from testbed.simulator.nova.quotas import Quotas
from testbed.simulator.nova.servers import Servers


class Nova(About, Actions, Creation, Servers, Parts, Flavors, Keypairs, Quotas):
    """The whole service."""
