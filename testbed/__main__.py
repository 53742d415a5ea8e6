# SPDX-License-Identifier: Apache-2.0
"""`python -m testbed` is the command `testbed`."""

import sys

from testbed.cli import main

sys.exit(main())
