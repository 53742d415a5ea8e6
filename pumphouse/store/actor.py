# SPDX-License-Identifier: Apache-2.0
"""Who is at it: the user and the host, as plans, runs and events keep them."""

from __future__ import annotations

import os
import pwd
import socket

from pumphouse.text import printable

# Events of a run: what was done with it since it was applied; each has ``by``.
RESUMED = "run.resumed"
ROLLED_BACK = "run.rollback"
CLEANED_UP = "run.cleanup"


def current() -> str:
    """The user of this process and its host, as ``alice@ops-1``, in one line.

    Of the system's own table of users, not of the environment, which says what
    anybody likes.  A user who has no name there is told by number.  What follows the
    last ``@`` is the host.
    """
    user = os.geteuid()
    try:
        name = pwd.getpwuid(user).pw_name
    except KeyError:
        name = ""
    return printable(f"{name or user}@{socket.gethostname()}")
