# SPDX-License-Identifier: Apache-2.0
"""Reads the documentation's pages, and asks programs whether they know a command."""

from __future__ import annotations

import contextlib
import io
import pathlib
import re
import shlex
from collections.abc import Iterator

from pumphouse.cli.main import Pumphouse
from pumphouse.exceptions import InputError
from testbed import cli as testbed_cli

ROOT = pathlib.Path(__file__).resolve().parents[3]
SOURCE = ROOT / "doc" / "source"

_RUNNERS = {"timeout", "sudo", "time", "env", "python", ".venv/bin/python", "-m"}
_OPTION = re.compile(r"-|\d+$").match  # of what runs it
_SEPARATORS = re.compile(r"\s[|>]\s|;|&&")


def pages() -> dict[str, str]:
    """Path, from the checkout's root, to text: all pages and the two at the top."""
    files = [*sorted(SOURCE.rglob("*.rst")), ROOT / "README.rst"]
    files.append(ROOT / "CONTRIBUTING.rst")
    return {str(f.relative_to(ROOT)): f.read_text() for f in files}


def commands(text: str) -> Iterator[str]:
    """What stands after a ``$`` in the page's console blocks."""
    for block in re.findall(
        r"^( *)\.\. code-block:: console\n((?:\1 +.*\n|\s*\n)+)", text, re.M
    ):
        for line in block[1].splitlines():
            if line.strip().startswith("$ "):
                yield line.strip()[2:]


def words_of(command: str) -> list[str]:
    """The first command's words, without a path and without what runs it."""
    words = shlex.split(_SEPARATORS.split(command)[0])
    while words and ("=" in words[0] or words[0] in _RUNNERS or _OPTION(words[0])):
        words.pop(0)
    return [pathlib.PurePath(words[0]).name, *words[1:]] if words else []


def complaint(words: list[str]) -> str:
    """What a program says against these words; "" if it understands them."""
    check = {"pumphouse": _pumphouse, "testbed": _testbed, "make": _make}
    if not words or words[0] not in check:
        return ""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            check[words[0]](words[1:])
    except (SystemExit, ValueError, InputError) as error:
        return f"{error}: {said.getvalue()}"
    return ""


def _pumphouse(words: list[str]) -> None:
    app = Pumphouse()
    _, remainder = app.parser.parse_known_args(words)
    factory, name, rest = app.command_manager.find_command(remainder)
    factory(app, None).get_parser(name).parse_args(rest)


def _testbed(words: list[str]) -> None:
    testbed_cli.build_parser().parse_args(words)


def _make(words: list[str]) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M)
    for word in words:
        if word not in targets:
            raise ValueError(f"the Makefile has no target {word}")


def known_commands() -> set[str]:
    """All commands of ``pumphouse``, cliff's own included."""
    return {name for name, _ in Pumphouse().command_manager}
