# SPDX-License-Identifier: Apache-2.0
"""What any file that an operator wrote has to be, before a parser sees it: small.

Parsers of libraries read to the end, and /dev/zero has none.
"""

from __future__ import annotations

import stat
from pathlib import Path

from pumphouse import exceptions

MAX_SIZE = 1024 * 1024  # bytes


def check_size(path: Path) -> None:
    """Whether *path* can be read, and comes to an end soon.

    A pipe is let pass unread: what it has can be read only once.

    :raises InputError: it is larger than ``MAX_SIZE``
    :raises OSError: it cannot be read
    """
    if stat.S_ISFIFO(path.stat().st_mode):
        return
    with path.open("rb") as file:
        if len(file.read(MAX_SIZE + 1)) > MAX_SIZE:
            raise exceptions.InputError(too_large(), resource=str(path))


def too_large() -> str:
    return f"is larger than {MAX_SIZE} bytes"
