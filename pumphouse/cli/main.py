# SPDX-License-Identifier: Apache-2.0
"""The ``pumphouse`` program: global options, error lines, exit codes.

What the operator sees of an error is one line; ``--debug`` shows the rest.
Exit codes are listed in ``pumphouse.exceptions`` and in the reference.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from cliff import app, commandmanager

from pumphouse import exceptions
from pumphouse.cli.workspace import Workspace
from pumphouse.conf import options
from pumphouse.report.text import printable

DEFAULT_MIGRATION_FILE = "migration.yaml"


class Pumphouse(app.App):  # type: ignore[misc]
    """Moves workloads between OpenStack clouds."""

    # --debug is ours: cliff would print tracebacks of errors made on purpose.
    NAME = "pumphouse"

    def __init__(self) -> None:
        super().__init__(
            description="Moves workloads between OpenStack clouds: planned, "
            "parallel, resumable, verified.",
            version=metadata.version("pumphouse"),
            command_manager=commandmanager.CommandManager("pumphouse.cli"),
            deferred_help=True,
        )
        self.workspace: Workspace | None = None

    def build_option_parser(
        self,
        description: str,
        version: str,
        argparse_kwargs: dict[str, Any] | None = None,
    ) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().build_option_parser(
            description, version, argparse_kwargs
        )
        parser.add_argument(
            "-m",
            "--migration",
            metavar="FILE",
            default=os.environ.get("PUMPHOUSE_MIGRATION", DEFAULT_MIGRATION_FILE),
            help="the migration file (env PUMPHOUSE_MIGRATION; "
            f"default: {DEFAULT_MIGRATION_FILE})",
        )
        parser.add_argument(
            "--config-file",
            metavar="FILE",
            action="append",
            default=[],
            help="a pumphouse.conf; may be repeated (env PUMPHOUSE_CONF)",
        )
        parser.add_argument(
            "--database",
            metavar="URL",
            default=os.environ.get("PUMPHOUSE_DATABASE", ""),
            help="Pumphouse's own database (env PUMPHOUSE_DATABASE, which others "
            "cannot see as they can arguments; default: that of pumphouse.conf)",
        )
        return parser

    def configure_logging(self) -> None:
        """Logging is oslo.log's, set up once the options are known."""

    def initialize_app(self, argv: list[str]) -> None:
        files = self.options.config_file or [
            f for f in [os.environ.get("PUMPHOUSE_CONF", "")] if f
        ]
        conf = options.load(files)
        if self.options.log_file:
            conf.set_override("log_file", self.options.log_file)
        options.setup_logging(
            conf, verbose=self.options.verbose_level - 1, debug=self.options.debug
        )
        self.workspace = Workspace(
            conf, self.options.migration, database=self.options.database
        )

    def clean_up(self, cmd: Any, result: int, err: Exception | None) -> None:
        if self.workspace is not None:
            self.workspace.close()

    def run(self, argv: list[str]) -> int:
        """Parse the global options and run the command; the exit code.

        In place of cliff's own, which would start a shell of its own without a
        command and print errors as log lines.
        """
        try:
            self.options, remainder = self.parser.parse_known_args(argv)
            if not remainder and not self.options.deferred_help:
                self.parser.print_help(self.stderr)
                return exceptions.EXIT_INPUT
            if self.options.deferred_help and remainder:
                self.options.deferred_help = False
                remainder.insert(0, "help")
            self.interactive_mode = False
            self.initialize_app(remainder)
            self.print_help_if_requested()
            return self.run_subcommand(remainder)
        except SystemExit as stop:  # argparse: usage errors and --help
            return stop.code if isinstance(stop.code, int) else int(bool(stop.code))

    def run_subcommand(self, argv: list[str]) -> int:
        try:
            factory, command_name, rest = self.command_manager.find_command(argv)
        except ValueError:
            return self._no_command(argv)
        kwargs = (
            {"cmd_name": command_name} if "cmd_name" in _parameters(factory) else {}
        )
        command = factory(self, self.options, **kwargs)
        try:
            parser = command.get_parser(f"{self.NAME} {command_name}")
            return int(command.run(parser.parse_args(rest)) or 0)
        except ValueError:
            if command_name == "help":  # cliff's own
                return self._no_command(rest)
            raise
        except (exceptions.PumphouseError, KeyboardInterrupt, BrokenPipeError) as error:
            return self._ended_by(error)
        finally:
            self.clean_up(command, 0, None)

    def _no_command(self, argv: list[str]) -> int:
        words = " ".join(word for word in argv if not word.startswith("-"))
        what = f"{words!r} is not a command" if words else f"unknown option {argv[0]}"
        self.stderr.write(f"pumphouse: {what}. 'pumphouse --help' lists them\n")
        return exceptions.EXIT_INPUT

    def _ended_by(self, error: BaseException) -> int:
        if self.options.debug:
            import traceback

            traceback.print_exception(error, file=self.stderr)
        if isinstance(error, BrokenPipeError):
            # Whoever read our output has seen enough.
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115
            return 128 + signal.SIGPIPE
        if isinstance(error, KeyboardInterrupt):
            self.stderr.write("pumphouse: interrupted\n")
            return exceptions.EXIT_SUSPENDED
        assert isinstance(error, exceptions.PumphouseError)
        self.stderr.write(f"pumphouse: {_one_line(str(error))}\n")
        return error.exit_code


def _parameters(factory: Any) -> tuple[str, ...]:
    import inspect

    return tuple(inspect.signature(factory.__init__).parameters)


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return Pumphouse().run(arguments)
    except exceptions.PumphouseError as error:
        sys.stderr.write(f"pumphouse: {_one_line(str(error))}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("pumphouse: interrupted\n")
        return exceptions.EXIT_SUSPENDED
    except Exception as bug:
        if "--debug" in arguments:
            raise
        sys.stderr.write(
            f"pumphouse: unexpected {type(bug).__name__}: {_one_line(str(bug))}. "
            "This is a fault of Pumphouse: run again with --debug to report it\n"
        )
        return exceptions.EXIT_BUG


if __name__ == "__main__":
    sys.exit(main())
