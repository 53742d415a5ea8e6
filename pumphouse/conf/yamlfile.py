# SPDX-License-Identifier: Apache-2.0
"""YAML with line numbers: plain data, and where each key of it stands.

Stricter than YAML: text keys without duplicates, no anchors, no tags beyond the
plain ones, only ``true`` and ``false`` as booleans.  What the file says is then
what it seems to say, and no input makes the parser work long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from pumphouse import exceptions
from pumphouse.conf import secrets
from pumphouse.conf.files import MAX_SIZE, too_large
from pumphouse.conf.problems import Problem

_MAX_DEPTH = 20
_MAX_SHOWN = 60  # characters of one key in an error
_TAG = "tag:yaml.org,2002:"

KeyPath = tuple[str, ...]


class _Loader(yaml.SafeLoader):
    """Scalars of YAML 1.2's core schema: no dates, no ``yes``, no ``012``."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", [*"~nN", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("int", r"[-+]?(0|[1-9][0-9]{0,17})", [*"-+0123456789"]),
    ("float", r"[-+]?[0-9]{1,15}\.[0-9]{1,15}", [*"-+0123456789"]),
):
    _Loader.add_implicit_resolver(_TAG + _tag, re.compile(f"(?:{_pattern})$"), _first)

_SCALARS: dict[str, Callable[[str], Any]] = {
    _TAG + "str": str,
    _TAG + "null": lambda _text: None,
    _TAG + "bool": lambda text: {"true": True, "false": False}[text.lower()],
    _TAG + "int": int,
    _TAG + "float": float,
}


class _Wrong(Exception):
    """Something in the file that is not to be converted."""

    def __init__(self, line: int, path: KeyPath, message: str, hint: str = "") -> None:
        self.line = line
        self.problem = Problem(path, message, hint)


@dataclass(frozen=True)
class Document:
    """The file's data, and the line of every key in it."""

    name: str
    data: Any = field(repr=False)
    lines: dict[KeyPath, int] = field(repr=False, default_factory=dict)

    def without_data(self) -> Document:
        """Only what errors need; the data may hold a secret."""
        return replace(self, data=None)

    def line(self, path: KeyPath) -> int:
        """The line of a key; of the nearest key around it where it is missing."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def ordered(self, problems: Iterable[Problem]) -> list[Problem]:
        """As they stand in the file; what is missing comes after."""
        return sorted(problems, key=self._place)

    def _place(self, problem: Problem) -> tuple[bool, int]:
        return problem.path not in self.lines, self.line(problem.path)

    def error(
        self, problem: Problem, line: int | None = None
    ) -> exceptions.MigrationFileError:
        """The error for a problem: ``FILE:LINE: KEY: message``."""
        where = f"{self.name}:{line or self.line(problem.path)}"
        key = ".".join(_shown(part) for part in problem.path)
        return exceptions.MigrationFileError(
            problem.message,
            resource=f"{where}: {key}" if key else where,
            hint=problem.hint,
        )


def _shown(key: str) -> str:
    """A key as it may stand in an error: one line, short, no secret."""
    plain = "".join(c if c.isprintable() else "?" for c in secrets.mask(key))
    return plain if len(plain) <= _MAX_SHOWN else plain[:_MAX_SHOWN] + "..."


def parse(path: Path) -> Document:
    """Read a YAML file.

    :raises MigrationFileError: it cannot be read or is not the YAML wanted here
    """
    empty = Document(_shown_path(path), None)
    text = _read(path, empty)
    wrong: _Wrong | None = None
    lines: dict[KeyPath, int] = {(): 1}
    data = None
    try:
        node = yaml.compose(text, _Loader)
        data = _Converter(lines).convert(node, ()) if node else None
    except _Wrong as found:
        wrong = found
    except yaml.MarkedYAMLError as error:
        wrong = _Wrong(_line_of(error), (), _syntax(error))
    except yaml.reader.ReaderError as error:
        wrong = _Wrong(
            _lines_before(text, error.position), (), "has a control character"
        )
    except RecursionError:
        wrong = _Wrong(1, (), "is nested too deeply")
    if wrong is None and node is None:
        wrong = _Wrong(1, (), "is empty", "etc/pumphouse/migration.yaml is a sample")
    # raised out here: the parser's own errors quote the file
    if wrong is not None:
        raise empty.error(wrong.problem, wrong.line)
    return replace(empty, data=data, lines=lines)


def _read(path: Path, empty: Document) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SIZE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        problem = Problem((), f"cannot be read: {reason}", "Name one with --migration")
        raise empty.error(problem) from None
    if len(raw) > MAX_SIZE:
        raise empty.error(Problem((), too_large()))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
    raise empty.error(Problem((), "is not UTF-8 text"), line)


def _shown_path(path: Path) -> str:
    return "".join(c if c.isprintable() else "?" for c in str(path))


def _lines_before(text: str, position: int) -> int:
    return text[:position].count("\n") + 1


def _line_of(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1


def _syntax(error: yaml.MarkedYAMLError) -> str:
    """The parser's complaint without the words of the file that it quotes."""
    said = re.sub(r""" '(?!<)[^']{3,}'| "[^"]{3,}\"""", "", error.problem or "error")
    return f"is not YAML: {' '.join(said.split())}"


class _Converter:
    """From YAML's nodes to plain data, noting lines."""

    def __init__(self, lines: dict[KeyPath, int]) -> None:
        self._lines = lines
        self._seen: set[int] = set()

    def convert(self, node: yaml.Node, path: KeyPath) -> Any:
        line = node.start_mark.line + 1
        if id(node) in self._seen:
            raise _Wrong(line, path, "anchors and aliases are not allowed")
        self._seen.add(id(node))
        if len(path) > _MAX_DEPTH:
            raise _Wrong(line, path[:3], "is nested too deeply")
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [
                self._at(item.start_mark.line + 1, item, (*path, str(index)))
                for index, item in enumerate(node.value)
            ]
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            try:
                return _SCALARS[node.tag](node.value)
            except (ValueError, KeyError):
                pass
        raise _Wrong(line, path, "has a YAML tag that is not allowed here")

    def _at(self, line: int, node: yaml.Node, path: KeyPath) -> Any:
        self._lines[path] = line
        return self.convert(node, path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self.convert(key_node, path)
            if not isinstance(key, str):
                raise _Wrong(
                    line, path, "has a key that is not text", "Put it in quotes"
                )
            if key in data:
                before = self._lines[(*path, key)]
                raise _Wrong(
                    line, (*path, key), f"is given twice, first in line {before}"
                )
            data[key] = self._at(line, value_node, (*path, key))
        return data
