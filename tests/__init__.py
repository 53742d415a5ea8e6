# SPDX-License-Identifier: Apache-2.0
"""All tests.  What each tree of them needs is said in CONTRIBUTING.rst."""

import hypothesis

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile(
    "pumphouse",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("pumphouse")
