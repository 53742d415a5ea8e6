# SPDX-License-Identifier: Apache-2.0
"""Both real releases keep to the contract of the simulator; see ``tests/contract``."""

from tests.contract.test_clouds import *  # noqa: F403
