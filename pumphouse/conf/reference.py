# SPDX-License-Identifier: Apache-2.0
"""Renders the options themselves: reference tables and the commented sample.

``python -m pumphouse.conf.reference sample|migration-file|pumphouse-conf`` prints
one.  A unit test holds that ``etc/pumphouse/migration.yaml`` is what it prints.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import yaml
from oslo_config import cfg
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from pumphouse.conf import options
from pumphouse.conf.migration import Migration
from pumphouse.conf.problems import model_of

_WIDTH = 79
_HEAD = """\
# SPDX-License-Identifier: Apache-2.0
#
# A migration file with every key that there is. All but the two clouds' names may
# be left out: the values shown are the defaults. Lines "# For example" show others.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a reference table."""

    key: str
    type: str
    default: str
    text: str


def migration_file_rst() -> str:
    """The keys of the migration file as a list-table."""
    return _table("Key", _entries(Migration, ""))


def pumphouse_conf_rst() -> str:
    """The options of pumphouse.conf as a list-table; those of oslo.log left out."""
    return _table("Option", _options())


def sample_yaml() -> str:
    """The commented sample of the migration file."""
    return _HEAD + "".join(f"{line}\n" for line in _sample(Migration, "", ""))


def _entries(model: type[BaseModel], prefix: str) -> Iterator[Entry]:
    for name, field in model.model_fields.items():
        inner = model_of(field.annotation)
        if inner is not None:
            yield from _entries(inner, f"{prefix}{name}.")
            continue
        yield Entry(
            key=f"{prefix}{name}",
            type=_type(field.annotation),
            default="required" if field.is_required() else f"``{_default(field)}``",
            text=field.description or "",
        )


def _type(annotation: Any) -> str:
    """An annotation in an operator's words."""
    if get_origin(annotation) is Literal:
        return ", ".join(f"``{value}``" for value in get_args(annotation))
    if get_origin(annotation) is dict:
        key, value = get_args(annotation)
        return f"mapping of {_type(key)} to {_type(value)}"
    parts = [part for part in get_args(annotation) if isinstance(part, type | object)]
    if NoneType in parts:
        return _type(next(part for part in parts if part is not NoneType))
    if parts:  # Annotated
        return _type(parts[0])
    words = {
        bool: "true or false",
        int: "number",
        str: "text",
        SecretStr: "secret text",
    }
    return words.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _default(field: FieldInfo) -> str:
    # older pydantic wants to be told of validated data, even if there is none
    return _inline(field.get_default(call_default_factory=True, validated_data={}))


def _inline(value: Any) -> str:
    """A value as YAML within one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=1000)
    return text.removesuffix("\n").removesuffix("\n...").strip()


def _options() -> Iterator[Entry]:
    for group, members in options.list_opts():
        for option in members:
            shown = option.default if option.sample_default is None else None
            default = option.sample_default if shown is None else shown
            yield Entry(
                key=f"[{group}] {option.dest}",
                type=_option_type(option),
                default=f"``{default}``",
                text=option.help or "",
            )


def _option_type(option: cfg.Opt) -> str:
    choices = getattr(option.type, "choices", None)
    if choices:
        return ", ".join(f"``{choice}``" for choice in choices)
    names = {"integer value": "whole number", "floating point value": "number"}
    said = getattr(option.type, "type_name", "")
    return names.get(said, "secret text" if option.secret else "text")


def _table(first: str, entries: Iterable[Entry]) -> str:
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 25 20 20 35", ""]
    rows = [(first, "Type", "Default", "Meaning")]
    rows += [(f"``{e.key}``", e.type, e.default, e.text) for e in entries]
    for row in rows:
        for number, cell in enumerate(row):
            # backslashes and stars of values must not be markup
            text = cell if "``" in cell else cell.replace("*", "\\*")
            lines.append(f"   {'* -' if number == 0 else '  -'} {text}".rstrip())
    return "\n".join(lines) + "\n"


def _sample(model: type[BaseModel], indent: str, parent: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if not indent:
            yield ""
        yield from _comment(field.description or "", indent)
        inner = model_of(field.annotation)
        if inner is not None:
            yield f"{indent}{name}:"
            yield from _sample(inner, indent + "  ", name)
        elif field.is_required():
            yield f"{indent}{name}: {parent}"
        else:
            yield from _example(name, field, indent)
            yield f"{indent}{name}: {_default(field)}"


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}# ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _example(name: str, field: FieldInfo, indent: str) -> Iterator[str]:
    if not field.examples:
        return
    yield f"{indent}# For example:"
    example: str = yaml.safe_dump({name: field.examples[0]}, width=1000)
    for line in example.splitlines():
        yield f"{indent}#   {line}"


_PRINTS: dict[str, Callable[[], str]] = {
    "sample": sample_yaml,
    "migration-file": migration_file_rst,
    "pumphouse-conf": pumphouse_conf_rst,
}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in _PRINTS:
        sys.exit(f"usage: python -m pumphouse.conf.reference {'|'.join(_PRINTS)}")
    sys.stdout.write(_PRINTS[sys.argv[1]]())
