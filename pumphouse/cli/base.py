# SPDX-License-Identifier: Apache-2.0
"""What all commands share: the workspace, and telling the operator things."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from cliff import command, lister, show

from pumphouse import exceptions
from pumphouse.cli import exits, tables
from pumphouse.text import printable

if TYPE_CHECKING:
    from pumphouse.cli.workspace import Workspace


def refusing(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """*parser*, which raises what it finds wrong: one line, without the usage."""

    def error(message: str) -> NoReturn:
        raise exceptions.InputError(
            message, hint=f"'{parser.prog} --help' tells how it goes"
        )

    parser.error = error  # type: ignore[method-assign]
    return parser


def spinner(stream: Any) -> str:
    """The name of rich's spinner that *stream* can show."""
    return "dots" if "utf" in (stream.encoding or "").lower() else "line"


class Mixin:
    """Access to the workspace; remarks go to stderr, results to stdout.

    :cvar codes: what the command ends with, for its help
    :cvar example: lines of a console, for its help
    """

    app: Any
    _epilog: Any
    codes: ClassVar[exits.Codes] = exits.STORED
    example: ClassVar[str] = ""
    makes_database = False  # a command that only reads never does

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)  # type: ignore[misc]
        parser.formatter_class = exits.Formatter
        return refusing(parser)

    def get_epilog(self) -> str:
        """What stands below the options.

        In place of cliff's own, which looks through all that is installed to say
        which package a command is from.
        """
        return exits.epilog(str(self._epilog or ""), self.codes, self.example)

    @property
    def workspace(self) -> Workspace:
        workspace: Workspace = self.app.workspace
        workspace.may_create = self.makes_database
        return workspace

    def say(self, *lines: str) -> None:
        """Remarks for people, a line each; never part of machine output.

        What is within a line cannot begin another: names may hold line breaks.
        """
        sys.stdout.flush()
        self.app.stderr.write("".join(f"{printable(line)}\n" for line in lines))
        self.app.stderr.flush()

    @contextmanager
    def telling(self) -> Iterator[Callable[[str], None]]:
        """Says what is going on, on a terminal and only while it goes on."""
        stream = self.app.stderr
        if not stream.isatty():
            yield lambda text: None
            return
        from rich import console

        with console.Console(file=stream).status("", spinner=spinner(stream)) as status:
            yield lambda text: status.update(printable(text))


class Command(Mixin, command.Command):  # type: ignore[misc]
    """A command without a table of its own."""

    def tell(self, text: str) -> None:
        """One line of the result."""
        self.app.stdout.write(printable(text) + "\n")

    def nothing_to_do(self, why: str) -> int:
        """The result where there is nothing to do, which is none's fault."""
        self.tell(f"nothing to do: {why}")
        return exceptions.EXIT_OK


class Lister(Mixin, lister.Lister):  # type: ignore[misc]
    """A command that gives rows.

    :cvar wide: columns that a table shows only with ``--long``; machine output
        always has them
    :cvar ids: columns of which a table shows eight letters without ``--long``
    :cvar times: columns which a table shows to the minute without ``--long``
    :cvar nothing: what to say in place of a table without rows
    """

    wide: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    nothing: str = ""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        more = [f"the columns {', '.join(sorted(self.wide))}"] if self.wide else []
        more += ["whole ids and times"] if self.ids or self.times else []
        if more:
            parser.add_argument(
                "--long", action="store_true", help=f"also {' and '.join(more)}"
            )
        return parser

    def produce_output(
        self, parsed_args: argparse.Namespace, column_names: Any, data: Any
    ) -> int:
        asked = {*parsed_args.columns, *parsed_args.sort_columns}
        unknown = asked - set(column_names)
        if unknown:
            raise exceptions.InputError(
                f"there is no column {', '.join(sorted(unknown))}",
                hint=f"There are: {', '.join(column_names)}",
            )
        if parsed_args.formatter == "value":  # a line is a row
            data = [tables.cells(column_names, row) for row in data]
        if parsed_args.formatter != "table":
            return int(super().produce_output(parsed_args, column_names, data) or 0)
        long = bool(getattr(parsed_args, "long", False))
        hidden = set() if parsed_args.columns or long else self.wide
        kept = [n for n, name in enumerate(column_names) if name not in hidden]
        names = [column_names[n] for n in kept]
        short = (() if long else self.ids, () if long else self.times)
        rows = [tables.cells(names, [row[n] for n in kept], *short) for row in data]
        if not rows:
            if self.nothing:
                self.say(f"{self.nothing} in {self.workspace.store.name}")
            return exceptions.EXIT_OK
        self.formatter = tables.Fitting(0 if long else tables.room(self.app.stdout))
        return int(super().produce_output(parsed_args, names, rows) or 0)


class ShowOne(Mixin, show.ShowOne):  # type: ignore[misc]
    """A command that gives one object."""

    def produce_output(
        self, parsed_args: argparse.Namespace, column_names: Any, data: Any
    ) -> int:
        if parsed_args.formatter in ("table", "value"):
            data = tables.cells(column_names, data)
        return int(super().produce_output(parsed_args, column_names, data) or 0)


def size(count: int) -> str:
    """Bytes for people: ``"3.2 MiB"``."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def seconds(value: float) -> str:
    """A duration for people: ``"4.2 s"``, ``"3 min 20 s"``."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
