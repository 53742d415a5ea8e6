# SPDX-License-Identifier: Apache-2.0
"""Keeps Python's cyclic garbage collector from looking through what stays anyway.

It is set off by many new objects.  A plan or a flow in the making is nothing but
those: looking through all of them again and again takes longer than making them.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """No automatic collection meanwhile, in the whole process; keep it short."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def settled() -> Iterator[None]:
    """What is there now is not looked through meanwhile: it stays as long as that."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
