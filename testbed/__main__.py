# SPDX-License-Identifier: Apache-2.0
"""`python -m testbed`, in a checkout: it is not installed with Pumphouse."""

import sys

from testbed.cli import main

sys.exit(main())
