# SPDX-License-Identifier: Apache-2.0
"""What clouds answer, as tests: held against the simulator and both real releases.

``tests/functional`` runs them on the simulated clouds, ``tests/clouds`` on those
of OS_CLIENT_CONFIG_FILE.  Where the two disagree, the simulator is wrong.
"""
