# SPDX-License-Identifier: Apache-2.0
"""One at a time: a lock on a directory itself, which leaves no lock file behind."""

import contextlib
import fcntl
import os


@contextlib.contextmanager
def alone(directory, progress, what):
    """Holds the lock of a directory; says so if another holds it and waits."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say(f"waiting: another testbed command is busy with {what}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
