# SPDX-License-Identifier: Apache-2.0
"""Sets in the same order in each process, so that a point or a seed means the same."""

from __future__ import annotations

import os
import sys


def reproducible(module: str) -> None:
    """Begin *module* anew with hashes that are not random, unless they are already.

    To be called first thing; returns only in a process that has such hashes.
    """
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]])
