# SPDX-License-Identifier: Apache-2.0
"""What pydantic found wrong, in an operator's words.

Values are never repeated: the one at fault may be a secret in the wrong place.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where, and what to do about it."""

    path: tuple[str, ...]
    message: str
    hint: str = ""


_EXPECTED = {
    "bool_type": "true or false",
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "dict_type": "a mapping (KEY: VALUE lines)",
    "model_type": "a mapping (KEY: VALUE lines)",
    "model_attributes_type": "a mapping (KEY: VALUE lines)",
    "mapping_type": "a mapping (KEY: VALUE lines)",
}


def of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """All problems of a validation."""
    found = error.errors(include_url=False, include_context=True, include_input=True)
    return [_problem(details, model) for details in found]


def _problem(details: ErrorDetails, model: type[BaseModel]) -> Problem:
    kind = details["type"]
    path = tuple(str(part) for part in details["loc"] if part != "[key]")
    context = details.get("ctx") or {}
    if kind == "extra_forbidden":
        return Problem(path, "unknown key", did_you_mean(path[-1], _keys(model, path)))
    if kind == "missing":
        return Problem(path, "is missing")
    if kind == "literal_error":
        allowed = _plain(context.get("expected", "")).split(", ")
        if details["loc"][-1] == "[key]":
            return Problem(path, "unknown key", did_you_mean(path[-1], allowed))
        return Problem(path, f"must be one of: {', '.join(allowed)}")
    if kind == "string_too_short":
        return Problem(path, "is empty")
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        least = "at least" if kind == "greater_than_equal" else "at most"
        return Problem(path, f"must be {least} {bound}")
    if kind in _EXPECTED:
        return _wrong_type(path, kind, details["input"])
    return Problem(path, _plain(details["msg"]))


def _wrong_type(path: tuple[str, ...], kind: str, value: Any) -> Problem:
    what = f"must be {_EXPECTED[kind]}, not {_type_name(value)}"
    scalar = kind == "string_type" and isinstance(value, bool | int | float)
    hint = "Put it in quotes" if scalar else ""
    if kind == "bool_type" and isinstance(value, str):
        hint = "Write true or false, without quotes"
    return Problem(path, what, hint)


def _type_name(value: Any) -> str:
    names: Mapping[type, str] = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "a mapping",
        type(None): "empty",
    }
    return names.get(type(value), "something else")


def did_you_mean(name: str, known: Collection[str]) -> str:
    """A hint for a name that is not among *known*."""
    close = difflib.get_close_matches(name, list(known), n=1)
    if close:
        return f"Did you mean {close[0]}?"
    return f"Known are: {', '.join(sorted(known))}" if known else ""


def _keys(model: type[BaseModel], path: tuple[str, ...]) -> list[str]:
    """The keys that may stand where the last of *path* does."""
    for part in path[:-1]:
        field = model.model_fields.get(part)
        inner = model_of(field.annotation) if field else None
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def model_of(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation names, if it does."""
    if get_origin(annotation) in (Union, UnionType):
        inner = (model_of(part) for part in get_args(annotation))
        return next((model for model in inner if model), None)
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation if is_model else None


def _plain(text: str) -> str:
    return text.replace("'", "").replace(" or ", ", ")
