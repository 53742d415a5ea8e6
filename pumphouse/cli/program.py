# SPDX-License-Identifier: Apache-2.0
"""What starts with ``pumphouse``: loads the program, then hands over to it.

Loading makes many objects that stay to the end.  The garbage collector neither
looks through them while they are made, nor later on.
"""

from __future__ import annotations

import sys

from pumphouse.cli import interrupt


def main() -> int:
    """Entry point; returns the exit code."""
    interrupt.while_loading()  # before anything else, whose traceback would be seen
    import gc

    from pumphouse.cli import streams
    from pumphouse.collector import paused

    streams.open_what_is_closed()

    with paused():
        from pumphouse.cli.main import main as pumphouse

        gc.freeze()
    return interrupt.to_the_end(pumphouse)


if __name__ == "__main__":
    sys.exit(main())
