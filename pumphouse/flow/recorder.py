# SPDX-License-Identifier: Apache-2.0
"""Keeps what the operator sees of a run: durable in the store, live to a watcher."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from pumphouse import exceptions
from pumphouse.models import Ref
from pumphouse.store import Writer

LOG = logging.getLogger(__name__)


class Watcher(Protocol):
    """Whoever looks on while a run goes; called from many threads.

    What it raises is logged and harms nothing: a closed terminal is no reason for
    a server to fail.
    """

    def step(self, ref: Ref, step: str, state: str, text: str) -> None:
        """*state* is one of these:

        ``started``, ``done``, ``finished`` (the node's last step), ``failed``,
        ``again`` (failed, and will run again after a pause), ``stopped``.
        """

    def progress(self, ref: Ref, done: int, total: int) -> None:
        """Bytes moved so far."""


class StoreRecorder:
    """Writes node states and tells the watcher; itself a watcher that never raises."""

    def __init__(self, writer: Writer, watcher: Watcher) -> None:
        self._writer = writer
        self._watcher = watcher

    def started(self, ref: Ref, step: str) -> None:
        self._writer.node_started(ref, step)
        self.step(ref, step, "started", "")

    def done(
        self, ref: Ref, step: str, details: Mapping[str, Any], *, last: bool
    ) -> None:
        self._writer.node_done(ref, step, dict(details), last=last)
        self.step(ref, step, "finished" if last else "done", "")

    def failed(self, ref: Ref, step: str, error: exceptions.PumphouseError) -> None:
        self._writer.node_failed(ref, step, str(error), type(error).__name__)
        self.step(ref, step, "failed", str(error))

    def again(
        self, ref: Ref, step: str, error: exceptions.PumphouseError, seconds: float
    ) -> None:
        self._writer.node_again(ref, step, str(error), type(error).__name__)
        self.step(ref, step, "again", f"{error}; again in {seconds:.0f} s")

    def interrupted(self, ref: Ref, step: str) -> None:
        self._writer.node_stopped(ref, step)
        self.step(ref, step, "stopped", "")

    def step(self, ref: Ref, step: str, state: str, text: str) -> None:
        try:
            self._watcher.step(ref, step, state, text)
        except Exception as error:  # noqa: BLE001
            LOG.debug("the watcher failed: %s", error)

    def progress(self, ref: Ref, done: int, total: int) -> None:
        try:
            self._watcher.progress(ref, done, total)
        except Exception as error:  # noqa: BLE001
            LOG.debug("the watcher failed: %s", error)
