# SPDX-License-Identifier: Apache-2.0
"""The project's own tools; none of them is installed."""

import warnings

# Said to whoever imports it; libraries do, where it is installed.
warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")
