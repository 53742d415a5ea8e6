# SPDX-License-Identifier: Apache-2.0
"""All tests.  The contributor's guide says what each tree of them needs."""

import os

import hypothesis

# How long an example takes says more of the machine than of the code.
_COMMON = {
    "deadline": None,
    "suppress_health_check": [hypothesis.HealthCheck.too_slow],
}
# The same examples each time: what passed here passes elsewhere.
hypothesis.settings.register_profile("same", **_COMMON, derandomize=True)
# Others each time, to look for what nobody thought of; says how to see it again.
hypothesis.settings.register_profile("search", **_COMMON, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("PUMPHOUSE_EXAMPLES", "same"))
