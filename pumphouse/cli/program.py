# SPDX-License-Identifier: Apache-2.0
"""What starts with ``pumphouse``: loads the program, then hands over to it.

Loading makes many objects that stay to the end.  The garbage collector neither
looks through them while they are made, nor later on.
"""

from __future__ import annotations

import gc
import sys

from pumphouse.collector import paused


def main() -> int:
    """Entry point; returns the exit code."""
    with paused():
        from pumphouse.cli.main import main as pumphouse

        gc.freeze()
    return pumphouse()


if __name__ == "__main__":
    sys.exit(main())
