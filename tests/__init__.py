# SPDX-License-Identifier: Apache-2.0
"""All tests.  The contributor's guide says what each tree of them needs."""

import hypothesis

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile(
    "pumphouse",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("pumphouse")
