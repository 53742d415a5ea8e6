# SPDX-License-Identifier: Apache-2.0
"""Says what is being done, one line a step with the seconds it took."""

import contextlib
import sys
import time


class Progress:
    """Prints steps; `shown` gets the last say in how a text looks."""

    def __init__(self, out=None, clock=time.monotonic, shown=str):
        self.out = out or sys.stdout
        self.clock = clock
        self.shown = shown
        self.begin()

    def begin(self):
        """The clock starts anew: what came before was waiting."""
        self.begun = self.clock()

    @contextlib.contextmanager
    def step(self, name):
        """`name ... 1.2 s`, the second half when the step is done."""
        begun = self.clock()
        self._write(f"{name} ... ")
        try:
            yield
        except BaseException:
            self._write(f"failed after {self.clock() - begun:.1f} s\n")
            raise
        self._write(f"{self.clock() - begun:.1f} s\n")

    def say(self, text):
        """A line of its own."""
        self._write(text + "\n")

    def elapsed(self):
        """Seconds since this progress began."""
        return self.clock() - self.begun

    def _write(self, text):
        self.out.write(self.shown(text))
        self.out.flush()
