# SPDX-License-Identifier: Apache-2.0
"""The simulated clouds keep to the contract; see ``tests/contract``."""

from tests.contract.test_simulator import *  # noqa: F403
