# SPDX-License-Identifier: Apache-2.0
"""Measurements.  Each prints a table and writes build/bench/NAME.json."""

import warnings

# Said to whoever imports it; libraries do, where it is installed.
warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")
