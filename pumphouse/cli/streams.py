# SPDX-License-Identifier: Apache-2.0
"""Output that cannot be written changes nothing of what is done, nor the exit code.

A reader that has gone (``| head``), a full disk and a stream that was closed before the
program began (``>&-``) all lose what would have been said, and no more: a run goes on
to its end, and the outcome decides the exit code.

Imports nothing but what Python has loaded anyway.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

_NAMES = ("stdin", "stdout", "stderr")
_GONE = (errno.EPIPE, errno.EBADF)  # whoever read it, or gave it, knows


def open_what_is_closed() -> None:
    """Put ``/dev/null`` in the place of standard streams that are closed.

    Otherwise the next file that is opened would be in their place: the database, and
    what any library says to standard error would be written into it.
    """
    for number, name in enumerate(_NAMES):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # the lowest that is free
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115


class Outlet:
    """A text stream of which nobody notices that it cannot be written.

    ``lost``: the first error, if there was one.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.lost: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._stream)

    def write(self, text: str) -> int:
        """As of any stream."""
        try:
            self._stream.write(text)
        except OSError as error:
            self._lose(error)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """As of any stream."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """As of any stream."""
        try:
            self._stream.flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        """From now on it goes to ``/dev/null``, with what is still buffered."""
        self.lost = self.lost or error
        with contextlib.suppress(OSError, io.UnsupportedOperation):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self._stream.fileno())
            os.close(nothing)
        with contextlib.suppress(OSError):
            self._stream.flush()


@contextlib.contextmanager
def forgiving() -> Iterator[None]:
    """Standard output and error are outlets inside the block.

    At its end one line on standard error says if standard output was lost for a reason
    that its reader cannot know.
    """
    open_what_is_closed()
    before = sys.stdout, sys.stderr
    out, err = Outlet(sys.stdout), Outlet(sys.stderr)
    sys.stdout, sys.stderr = out, err
    try:
        yield
    finally:
        out.flush()
        if out.lost is not None and out.lost.errno not in _GONE:
            err.write(
                f"pumphouse: not all of the output could be written: "
                f"{out.lost.strerror}. What was done is done\n"
            )
        err.flush()
        sys.stdout, sys.stderr = before
