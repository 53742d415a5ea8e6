# SPDX-License-Identifier: Apache-2.0
"""The ``pumphouse`` program: global options, error lines, exit codes.

What the operator sees of an error is one line; ``--debug`` shows the rest.
Exit codes are listed in ``pumphouse.exceptions`` and in the reference.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from cliff import app

from pumphouse import exceptions
from pumphouse.cli import base, interrupt, streams
from pumphouse.cli.commands import Commands
from pumphouse.cli.workspace import Workspace
from pumphouse.text import printable, quoted

DEFAULT_MIGRATION_FILE = "migration.yaml"
_USAGE = "%(prog)s [OPTION ...] COMMAND ..."
_EPILOG = "'pumphouse help COMMAND' tells more of each."
_LONGEST = 2000  # characters of a line about an error: clouds have said 300 kB
_OF_CLIFF = ("help", "complete")  # they need neither files nor a database


class Pumphouse(app.App):  # type: ignore[misc]
    """Moves workloads between OpenStack clouds."""

    # --debug is ours: cliff would print tracebacks of errors made on purpose.
    NAME = "pumphouse"

    def __init__(self) -> None:
        super().__init__(
            description="Moves workloads between OpenStack clouds: planned, "
            "parallel, resumable, verified.",
            version=metadata.version("pumphouse"),
            command_manager=Commands("pumphouse.cli"),
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
            description,
            version,
            # --lo is the command's --long, not our --log-file
            {"allow_abbrev": False, "prog": self.NAME, "usage": _USAGE},
        )
        base.refusing(parser)
        parser.add_argument(
            "-m",
            "--migration",
            metavar="FILE",
            default=os.environ.get("PUMPHOUSE_MIGRATION") or DEFAULT_MIGRATION_FILE,
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
        from pumphouse.conf import options

        _check_folders()
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
            self.options, words = self.parser.parse_known_args(argv)
            asked = self.options.deferred_help
            if words == ["help"]:
                words, asked = [], True
            if not words:
                self._help(self.stdout if asked else self.stderr)
                return exceptions.EXIT_OK if asked else exceptions.EXIT_INPUT
            if asked or words[0] == "help":
                words = words if words[0] == "help" else ["help", *words]
                if not self._is_command(words[1:]):
                    return self._no_command(words[1:], asked=True)
            elif not self._is_command(words):
                return self._no_command(words)
            self.interactive_mode = False
            if words[0] not in _OF_CLIFF:
                self.initialize_app(words)
            return self.run_subcommand(words)
        except SystemExit as stop:  # argparse: --help and --version
            return stop.code if isinstance(stop.code, int) else int(bool(stop.code))

    def run_subcommand(self, argv: list[str]) -> int:
        factory, command_name, rest = self.command_manager.find_command(argv)
        kwargs = (
            {"cmd_name": command_name} if "cmd_name" in _parameters(factory) else {}
        )
        command = factory(self, self.options, **kwargs)
        try:
            parser = command.get_parser(f"{self.NAME} {command_name}")
            interrupt.while_running()
            _check_text(rest)
            return int(command.run(parser.parse_args(rest)) or 0)
        except (exceptions.PumphouseError, KeyboardInterrupt) as error:
            return self._ended_by(error)
        finally:
            self.clean_up(command, 0, None)

    def _is_command(self, words: list[str]) -> bool:
        """Whether these words begin with a command; none do, for ``help`` alone."""
        try:
            self.command_manager.find_command(words)
        except ValueError:
            return not words
        return True

    def _help(self, stream: Any) -> None:
        """Usage, options and commands.

        In place of cliff's own list, which looks through all that is installed.
        """
        self.parser.print_help(stream)
        commands = self.command_manager
        lines = "\n".join(commands.listed(commands.below(())))
        stream.write(f"\ncommands:\n{lines}\n\n{_EPILOG}\n")

    def _no_command(self, words: list[str], *, asked: bool = False) -> int:
        """What there is instead: the commands that begin so, or are nearly that."""
        commands = self.command_manager
        told = next((n for n, w in enumerate(words) if w.startswith("-")), len(words))
        words, rest = words[:told], words[told:]
        below = commands.below(words) if words else []
        if below:  # a group: "pumphouse plan"
            lines = "\n".join(commands.listed(below))
            stream = self.stdout if asked else self.stderr
            stream.write(f"pumphouse {' '.join(words)} ...\n\n{lines}\n")
            return exceptions.EXIT_OK if asked else exceptions.EXIT_INPUT
        if not words:
            what = f"unknown option {rest[0]}"
        else:
            what = f"{' '.join(words)!r} is not a command"
        hint = commands.instead(words)
        self.stderr.write(f"pumphouse: {_one_line(f'{what}. {hint}')}\n")
        return exceptions.EXIT_INPUT

    def _ended_by(self, error: BaseException) -> int:
        if self.options.debug:
            import traceback

            traceback.print_exception(error, file=self.stderr)
        if isinstance(error, KeyboardInterrupt):
            self.stderr.write("pumphouse: interrupted\n")
            return exceptions.EXIT_SUSPENDED
        assert isinstance(error, exceptions.PumphouseError)
        self.stderr.write(f"pumphouse: {_one_line(str(error))}\n")
        return error.exit_code


def _parameters(factory: Any) -> tuple[str, ...]:
    import inspect

    return tuple(inspect.signature(factory.__init__).parameters)


def _check_folders() -> None:
    """Libraries ask for the working directory and for a home as they are loaded.

    :raises InputError: there is none, or it may not be read
    """
    try:
        os.getcwd()
    except OSError as error:
        raise exceptions.InputError(
            f"the working directory cannot be used: {error.strerror}",
            hint="'cd' to another one, and try again",
        ) from None
    if os.path.expanduser("~") == "~":  # a user id that is not in passwd
        raise exceptions.InputError(
            f"user {os.getuid()} has no home directory",
            hint="Set HOME to one, and try again",
        )


def _check_text(words: Sequence[str]) -> None:
    """Neither clouds nor databases have names that are not text.

    :raises InputError: one of *words* has bytes that are no characters here
    """
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            encoding = sys.getfilesystemencoding()
            raise exceptions.InputError(
                f"the argument {quoted(word)} is not text in {encoding}",
                hint="Type it anew; that is the encoding of this locale (LC_ALL)",
            ) from None


def _one_line(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _lacking(error: BaseException) -> str:
    """What this machine does not give Pumphouse; "" for any other error."""
    if isinstance(error, MemoryError):
        return "memory: set [engine] workers lower, or give it more"
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return "threads: set [engine] workers lower, or the limit higher (ulimit -u)"
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return "open files: set the limit higher (ulimit -n)"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"room on the disk of {error.filename or 'this machine'}"
    return ""


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code, whatever becomes of what is said."""
    with streams.forgiving():
        return _main(argv)


def _main(argv: Sequence[str] | None) -> int:
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
        lacking = _lacking(bug)
        if lacking:
            sys.stderr.write(
                f"pumphouse: this process has run out of {lacking}. Then "
                "'pumphouse resume' goes on with what was cut off\n"
            )
            return exceptions.EXIT_FAILED
        sys.stderr.write(
            f"pumphouse: unexpected {type(bug).__name__}: {_one_line(str(bug))}. "
            "This is a fault of Pumphouse: run again with --debug to report it\n"
        )
        return exceptions.EXIT_BUG


if __name__ == "__main__":
    sys.exit(main())
