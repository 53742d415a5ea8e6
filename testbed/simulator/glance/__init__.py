# SPDX-License-Identifier: Apache-2.0
"""Glance, API v2."""

from testbed.simulator.glance.about import About
from testbed.simulator.glance.data import Data
from testbed.simulator.glance.images import Images
from testbed.simulator.glance.members import Members


class Glance(About, Data, Members, Images):
    """The whole service."""
