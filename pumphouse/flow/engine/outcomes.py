# SPDX-License-Identifier: Apache-2.0
"""Runs one task and turns what comes of it into what may be stored.

A result has to be JSON, small and without secrets: it is checked here, in the
worker's thread, so that a bad one is that task's failure.  Checked by the database
it would be the end of the run.  Of an exception only its type and its message are
kept, with recognisable secrets masked: no traceback, no arguments, no causes.
"""

from __future__ import annotations

import json
import logging
import math
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from taskflow import task as tasks
from taskflow.engines.action_engine import executor as stock
from taskflow.types import failure, notifier

from pumphouse import exceptions
from pumphouse.conf import secrets

LOG = logging.getLogger(__name__)

MAX_RESULT = 16 * 1024
"""Bytes of JSON that a task's result may take."""
MAX_MESSAGE = 2000
"""Characters of an exception's message that are kept."""
_DEPTH = 32

Outcome = tuple[str, Any]
Progress = Callable[..., None] | None


def execute(
    task: tasks.Task, arguments: Mapping[str, Any], progress: Progress
) -> Outcome:
    """Execute a task.  Never raises: the outcome is a result or a ``Failure``."""

    def call() -> Any:
        task.pre_execute()
        try:
            return task.execute(**arguments)
        finally:
            task.post_execute()

    return stock.EXECUTED, _guarded(task, call, progress)


def _guarded(task: tasks.Task, call: Callable[[], Any], progress: Progress) -> Any:
    if progress is None:
        return _outcome(task, call)
    event = tasks.EVENT_UPDATE_PROGRESS
    with notifier.register_deregister(task.notifier, event, callback=progress):
        return _outcome(task, call)


def _outcome(atom: Any, call: Callable[[], Any]) -> Any:
    try:
        return check(call(), atom.name)
    except BaseException as error:  # noqa: BLE001 - sys.exit() in a task ends the task
        LOG.debug(
            "%s failed with %s at:\n%s",
            atom.name,
            type(error).__name__,
            "".join(traceback.format_tb(error.__traceback__)),
        )
        return to_failure(error)


def to_failure(error: BaseException) -> failure.Failure:
    """A failure that is safe to store.

    In this process ``failure.exception`` is the exception itself, without the
    frames (and so the variables) that it came through.
    """
    error.__traceback__ = None
    error.__context__ = None
    error.__cause__ = None
    message = secrets.mask(str(error))
    if len(message) > MAX_MESSAGE:
        message = message[: MAX_MESSAGE - 3] + "..."
    names = [_name(kind) for kind in type(error).__mro__ if kind is not object]
    return failure.Failure(
        exc_info=(type(error), error, None),
        exception_str=message,
        exc_type_names=names[: _index_of_root(names) + 1],
        traceback_str="",
        exc_args=(),
        causes=(),
    )


def _index_of_root(names: list[str]) -> int:
    for root in ("Exception", "BaseException"):
        if root in names:
            return names.index(root)
    return len(names) - 1


def _name(kind: type) -> str:
    if kind.__module__ == "builtins":
        return kind.__name__
    return f"{kind.__module__}.{kind.__qualname__}"


def check(result: Any, name: str) -> Any:
    """*result* as it will be when it is read back.

    :raises PumphouseError: not JSON, too large, or holding a secret
    """
    if result is None or result is True or result is False:
        return result
    try:
        value = _plain(result, _DEPTH)
        size = len(json.dumps(value))
    except ValueError as error:
        raise exceptions.PumphouseError(
            f"the result cannot be stored: {error}", resource=name
        ) from None
    if size > MAX_RESULT:
        raise exceptions.PumphouseError(
            f"the result takes {size} bytes, more than {MAX_RESULT}", resource=name
        )
    found = secrets.find(value)
    if found:
        raise exceptions.PumphouseError(
            f"the result holds a secret ({found})", resource=name
        )
    return value


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a number is not finite")
        return value
    if not depth:
        raise ValueError("it is nested too deeply")
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ValueError(f"a key is {type(key).__name__}, not text")
        return {key: _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth - 1) for item in value]
    raise ValueError(f"{type(value).__name__} is not JSON")
