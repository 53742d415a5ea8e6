# SPDX-License-Identifier: Apache-2.0
"""The two ways in which the testbed can fail, told in one line each."""

STILL_WORKS = "the unit tests still work without it: `tox -e py311` or `make unit`"


class TestbedError(Exception):
    """Something went wrong; `log` names the file that tells more."""

    exit_code = 1

    def __init__(self, message, log=None):
        super().__init__(message)
        self.log = log

    def line(self):
        """The one line that a person gets to see."""
        text = " ".join(str(self).split())
        return f"{text}; see {self.log}" if self.log else text


class MissingError(TestbedError):
    """This machine lacks what the testbed needs."""

    exit_code = 2

    def line(self):
        """The one line, with what can be done all the same."""
        return f"{super().line()} ({STILL_WORKS})"
