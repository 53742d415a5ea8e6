# SPDX-License-Identifier: Apache-2.0
"""Logging: oslo.log, quiet on the terminal, with secrets masked on every handler.

The terminal shows warnings, or more with ``-v`` and ``--debug``; a log file, where
pumphouse.conf names one, has everything from INFO on.  What libraries say of things
that Pumphouse handles (a lost connection, a failed task) stays out of sight.
"""

from __future__ import annotations

import copy
import logging

from oslo_config import cfg
from oslo_log import log

from pumphouse import exceptions
from pumphouse.conf import secrets
from pumphouse.text import printable

_LIBRARIES = (
    "alembic",
    "cliff",
    "keystoneauth",
    "openstack",
    "py.warnings",
    "stevedore",
    "urllib3",
    "urllib3.connectionpool",
)
# It warns of each failed task, which is told of in a better way.
_QUIET = ("taskflow",)
_TERMINAL_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class MaskingFormatter(logging.Formatter):
    """Another formatter's text, exceptions included, with secrets masked.

    A message is one line, whatever names are in it; nothing steers a terminal.
    """

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self.inner = inner

    def format(self, record: logging.LogRecord) -> str:
        shown = copy.copy(record)
        shown.msg, shown.args = printable(record.getMessage()), None
        text = secrets.mask(self.inner.format(shown))
        return "\n".join(map(printable, text.split("\n")))


def setup_logging(conf: cfg.ConfigOpts, verbose: int, debug: bool) -> None:
    """Set up logging of this process.

    :param verbose: 0 shows warnings, 1 also information, 2 all, -1 only errors
    :param debug: all, and more of what libraries say
    :raises InputError: the log file cannot be written
    """
    conf.set_default("use_stderr", True)
    logging.captureWarnings(True)
    debug = debug or verbose > 1 or conf.debug
    try:
        log.setup(conf, "pumphouse")
    except (OSError, log.LogConfigError) as error:
        raise exceptions.InputError(
            f"logging cannot be set up: {' '.join(str(error).split())}",
            resource="pumphouse.conf",
            hint="See log_file and log_dir",
        ) from None
    root = logging.getLogger()
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    for handler in root.handlers:
        if _on_terminal(handler):
            handler.setLevel(_terminal_level(verbose, debug))
        if handler.formatter is not None:
            handler.setFormatter(MaskingFormatter(handler.formatter))
    location = conf.get_location("default_log_levels")
    if location is None or location.location is not cfg.Locations.user:
        _quieten(verbose, debug)


def _on_terminal(handler: logging.Handler) -> bool:
    # the handlers of files are stream handlers, too
    streams = isinstance(handler, logging.StreamHandler)
    return streams and not isinstance(handler, logging.FileHandler)


def _terminal_level(verbose: int, debug: bool) -> int:
    if verbose < 0 and not debug:
        return logging.ERROR
    return _TERMINAL_LEVELS[2 if debug else min(verbose, 2)]


def _quieten(verbose: int, debug: bool) -> None:
    """Libraries are one step quieter than Pumphouse itself, one is quiet."""
    level = _terminal_level(verbose, debug)
    quieter = logging.ERROR if level > logging.INFO else level + 10
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(quieter)
    for name in _QUIET:
        shown = quieter if level == logging.DEBUG else logging.ERROR
        logging.getLogger(name).setLevel(shown)
