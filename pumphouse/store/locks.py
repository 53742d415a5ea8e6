# SPDX-License-Identifier: Apache-2.0
"""Which process has locked an SQLite file, for people to read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_LOCK = range(120, 121)  # a byte of the index beside the file: held by whoever writes


def writer_of(file: str) -> str:
    """Which process writes to an SQLite file just now; "" if that is not to be seen.

    Asked of the kernel, not by opening the file: closing it again would drop all of
    SQLite's locks of this process.
    """
    try:
        inode = os.stat(f"{file}-shm").st_ino
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return ""
    for line in lines:  # 1: POSIX  ADVISORY  WRITE 4711 08:01:131 120 120
        words = line.split()
        if "->" in words or len(words) < 8 or words[3] != "WRITE":
            continue  # one that waits, or only reads
        pid, where, first, last = words[4:8]
        locked = range(int(first), _LOCK.stop if last == "EOF" else int(last) + 1)
        is_it = where.rpartition(":")[2] == str(inode) and _LOCK.start in locked
        if is_it and int(pid) > 0 and int(pid) != os.getpid():
            return f"process {pid} on {socket.gethostname()}"
    return ""
