# SPDX-License-Identifier: Apache-2.0
"""The log is quiet, leaves libraries out, and never shows a recognisable secret."""

from __future__ import annotations

import io
import logging
import sys
from pathlib import Path

import fixtures
import testtools

from pumphouse import exceptions
from pumphouse.conf import options
from pumphouse.conf.logs import MaskingFormatter

LIBRARY = "keystoneauth.session"


class SetupLogging(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.useFixture(fixtures.TempDir()).path)
        self.log_file = self.folder / "pumphouse.log"
        self.stderr = io.StringIO()
        self.useFixture(fixtures.MonkeyPatch("sys.stderr", self.stderr))
        self.addCleanup(setattr, sys, "excepthook", sys.excepthook)
        self.addCleanup(logging.captureWarnings, False)
        root = logging.getLogger()
        self.addCleanup(root.setLevel, root.level)
        self.addCleanup(setattr, root, "handlers", root.handlers[:])
        known = dict(root.manager.loggerDict)
        for name, logger in known.items():
            if isinstance(logger, logging.Logger):
                self.addCleanup(logging.getLogger(name).setLevel, logger.level)

    def said(self, verbose: int, debug: bool = False, content: str = "") -> list[str]:
        """Levels of Pumphouse's and of a library's messages on the terminal."""
        file = self.folder / "pumphouse.conf"
        file.write_text(f"[DEFAULT]\nlog_file = {self.log_file}\n{content}")
        options.setup_logging(options.load([str(file)]), verbose, debug)
        for name, who in (("pumphouse.x", "ours"), (LIBRARY, "theirs")):
            logger = logging.getLogger(name)
            for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
                logger.log(level, "%s-%s", who, logging.getLevelName(level))
        words = self.stderr.getvalue().split()
        return [word for word in words if word.startswith(("ours-", "theirs-"))]

    def test_quiet(self) -> None:
        """Normally only warnings are shown, of libraries only errors."""
        self.assertEqual(
            ["ours-WARNING", "ours-ERROR", "theirs-ERROR"], self.said(verbose=0)
        )

    def test_quieter(self) -> None:
        """With --quiet only errors are shown."""
        self.assertEqual(["ours-ERROR", "theirs-ERROR"], self.said(verbose=-1))

    def test_verbose(self) -> None:
        """-v shows one step more of both."""
        self.assertEqual(
            [
                "ours-INFO",
                "ours-WARNING",
                "ours-ERROR",
                "theirs-WARNING",
                "theirs-ERROR",
            ],
            self.said(verbose=1),
        )

    def test_debug(self) -> None:
        """--debug shows everything, of libraries one step less."""
        said = self.said(verbose=0, debug=True)
        self.assertIn("ours-DEBUG", said)
        self.assertIn("theirs-INFO", said)
        self.assertNotIn("theirs-DEBUG", said)

    def test_taskflow_is_quiet(self) -> None:
        """What it says of a failed task is told in a better way: only --debug has it.

        The same goes for the log file.
        """
        for verbose, debug, shown in ((0, False, 0), (1, False, 0), (0, True, 1)):
            self.stderr.truncate(0)
            self.said(verbose, debug)
            logging.getLogger("taskflow.engines").warning("a task has failed")
            said = self.stderr.getvalue().count("a task has failed")
            self.assertEqual(shown, said, (verbose, debug))
        self.assertEqual(1, self.log_file.read_text().count("a task has failed"))

    def test_operators_levels_win(self) -> None:
        """default_log_levels of pumphouse.conf is taken as it is."""
        said = self.said(1, content="default_log_levels = keystoneauth=INFO\n")
        self.assertIn("theirs-INFO", said)

    def test_file_has_more_than_the_terminal(self) -> None:
        """A log file has information that a quiet terminal does not show."""
        self.said(verbose=0)
        self.assertIn("ours-INFO", self.log_file.read_text())

    def test_secrets_are_masked_everywhere(self) -> None:
        """On the terminal and in the file, in messages, arguments and tracebacks."""
        self.said(verbose=1)
        logger = logging.getLogger("pumphouse.x")
        logger.warning("{'password': 'hunter2'} %s", "mysql://keystone:hunter2@db/k")
        try:
            raise ValueError("adminPass='hunter2'")
        except ValueError:
            logger.exception("failed")
        for text in (self.stderr.getvalue(), self.log_file.read_text()):
            self.assertIn("ValueError", text)
            self.assertNotIn("hunter2", text)

    def test_every_handler_masks(self) -> None:
        """No handler is left out, whatever pumphouse.conf adds."""
        self.said(verbose=0, content="use_json = true\n")
        for handler in logging.getLogger().handlers:
            self.assertIsInstance(handler.formatter, MaskingFormatter)

    def test_unwritable_log_file(self) -> None:
        """A log file that cannot be written is one line."""
        self.log_file = Path("/proc/none/x.log")
        error = self.assertRaises(exceptions.InputError, self.said, 0)
        self.assertIn("logging cannot be set up", str(error))


class OneLine(testtools.TestCase):
    """Names of others cannot fake a line of the log, or steer who reads it."""

    def formatted(self, message: str, *args: object) -> str:
        formatter = MaskingFormatter(logging.Formatter("%(levelname)s %(message)s"))
        place = ("pumphouse.x", logging.INFO, __file__, 1)
        return formatter.format(logging.LogRecord(*place, message, args, None))

    def test_a_message_is_one_line(self) -> None:
        name = "web\nERROR all is lost\r\x1b[2J\u202e\u2028x"
        text = self.formatted("server %s", name)
        self.assertEqual(1, len(text.splitlines()), text)
        self.assertTrue(text.startswith("INFO server web ERROR all is lost"), text)
        self.assertTrue(text.isprintable(), text)

    def test_a_traceback_keeps_its_lines(self) -> None:
        formatter = MaskingFormatter(logging.Formatter("%(message)s"))
        try:
            raise ValueError("no\x1b[2J")
        except ValueError:
            record = logging.LogRecord(
                *("pumphouse.x", logging.INFO, __file__, 1),
                *("went wrong", (), sys.exc_info()),
            )
        text = formatter.format(record)
        self.assertIn("Traceback (most recent call last):\n", text)
        self.assertNotIn("\x1b", text)

    def test_the_record_is_left_as_it_was(self) -> None:
        """Others may format it, too."""
        record = logging.LogRecord(
            "x", logging.INFO, __file__, 1, "%s", ("a\nb",), None
        )
        MaskingFormatter(logging.Formatter("%(message)s")).format(record)
        self.assertEqual(("%s", ("a\nb",)), (record.msg, record.args))
