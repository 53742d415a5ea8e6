# SPDX-License-Identifier: Apache-2.0
"""Tables that fit: short ids and times, and long cells broken into lines."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TextIO

from cliff.formatters.table import TableFormatter
from prettytable import PrettyTable

from pumphouse.text import printable

WIDTH = 100  # columns, where the output is no terminal
SHORT = 8  # characters of an id that are enough to name it

_LEAST = 8  # no column is made narrower than this, or than its title
_ID = 36  # characters of a cloud's id, which is not broken
_LONG_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def cells(
    names: Sequence[str],
    row: Sequence[Any],
    ids: Collection[str] = (),
    times: Collection[str] = (),
) -> list[Any]:
    """A row as a table shows it: nothing in it can steer a terminal or fake a row.

    :param ids: columns with ids of Pumphouse's own, of which the beginning is shown
    :param times: columns with times, shown to the minute
    """
    shown = []
    for name, value in zip(names, row, strict=True):
        text = printable(value) if isinstance(value, str) else value
        if name in ids and _LONG_ID.fullmatch(str(text)):
            text = text[:SHORT]
        elif name in times and isinstance(text, str):
            text = minute(text)
        shown.append(text)
    return shown


def minute(time: str) -> str:
    """``2026-11-27T11:02:48.5+00:00`` as ``2026-11-27 11:02Z``; rows are in UTC."""
    return f"{time[:16].replace('T', ' ')}Z" if time else ""


def room(stream: TextIO) -> int:
    """How many columns a table may have."""
    try:
        if stream.isatty():
            return os.get_terminal_size(stream.fileno()).columns or WIDTH
    except (OSError, ValueError):
        pass
    return WIDTH


class Fitting(TableFormatter):  # type: ignore[misc]
    """cliff's table, in which the widest columns give way until it fits.

    ``--max-width`` and ``--fit-width`` are cliff's own.

    :param width: columns to fit into; 0: as wide as it gets
    """

    def __init__(self, width: int) -> None:
        self._width = width

    def emit_list(
        self,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        if not self._width or int(parsed_args.max_width) or parsed_args.fit_width:
            super().emit_list(column_names, data, stdout, parsed_args)
            return
        table = PrettyTable(column_names, print_empty=parsed_args.print_empty)
        table.padding_width = 1
        self.add_rows(table, column_names, data)
        self._narrow(table, list(column_names))
        stdout.write(table.get_string() + "\n")

    def _narrow(self, table: PrettyTable, names: list[str]) -> None:
        drawn = table.get_string().partition("\n")[0]
        widths = [len(part) - 2 for part in drawn.split("+")[1:-1]]
        least = [
            max(min(width, _ID) if name.endswith("ID") else _LEAST, len(name))
            for name, width in zip(names, widths, strict=True)
        ]
        excess = len(drawn) - self._width
        while excess > 0:
            wide = [n for n, width in enumerate(widths) if width > least[n]]
            if not wide:
                break  # as narrow as can be read
            widths[max(wide, key=lambda n: widths[n])] -= 1
            excess -= 1
        for name, width in zip(names, widths, strict=True):
            table.max_width[name] = width
