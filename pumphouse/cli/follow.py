# SPDX-License-Identifier: Apache-2.0
"""Follows a run by the events in the database: whoever drives it, and wherever.

No cloud is asked, and what is read grows with what happens, not with the run.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Protocol

from pumphouse import exceptions
from pumphouse.cli.progress import Lines
from pumphouse.models import Ref
from pumphouse.store.rows import EventRow, RunRow

if TYPE_CHECKING:
    from pumphouse.store import Store

EVERY = 0.5  # seconds between two looks
_LAST = 30.0  # seconds for what is left to tell when the run has ended
_STEP = "node."


class Tells(Protocol):
    """Shows events somewhere."""

    def event(self, event: EventRow) -> None:
        """One that happened, in order."""

    def ended(self, run: RunRow, state: str) -> None:
        """Nobody drives the run any more; nothing more comes."""


class AsJson:
    """One JSON object a line.

    ``number`` (grows; where to go on), ``at`` (UTC, ISO 8601), ``run``, ``event``; of a
    resource ``type``, ``id`` and ``name``; ``details``.  The last line has ``event``
    ``run.ended``, no number, and the run's ``state`` and ``summary``.
    """

    def __init__(self, names: Mapping[Ref, str], stream: IO[str]) -> None:
        self._names = names
        self._stream = stream

    def event(self, event: EventRow) -> None:
        """See the class."""
        about: dict[str, Any] = {}
        if event.ref is not None:
            name = self._names.get(event.ref, event.ref.id)
            about = {"type": event.ref.type, "id": event.ref.id, "name": name}
        self._line(
            {
                **{"number": event.number, "at": event.at, "run": event.run_id},
                **{"event": event.name, **about, "details": dict(event.details)},
            }
        )

    def ended(self, run: RunRow, state: str) -> None:
        """See the class."""
        self._line(
            {
                **{"number": None, "at": run.finished_at, "run": run.id},
                **{"event": "run.ended", "state": state, "summary": dict(run.summary)},
            }
        )

    def _line(self, what: Mapping[str, Any]) -> None:
        self._stream.write(json.dumps(what) + "\n")
        self._stream.flush()


class AsLines:
    """As ``apply`` tells it where there is no terminal."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def event(self, event: EventRow) -> None:
        """Of resources only."""
        if event.ref is None or not event.name.startswith(_STEP):
            return
        step = str(event.details.get("step", ""))
        text = str(event.details.get("error", ""))
        self._lines.step(event.ref, step, event.name.removeprefix(_STEP), text)

    def ended(self, run: RunRow, state: str) -> None:
        """Whoever follows has more to say of that."""


def follow(
    store: Store,
    run: RunRow,
    tells: Tells,
    *,
    after: int = 0,
    pause: Callable[[float], object],
) -> RunRow:
    """Tell what happens in *run* until nobody drives it any more.

    :param after: the number of the last event that is of no interest
    :param pause: waits so many seconds
    :returns: the run as it is then
    """
    while True:
        # Looked at first: what happened before it ended is in the database by then.
        now = store.run(run.id)
        over = now.owner is None or store.abandoned(now)
        found = store.events(run.id, after)
        for event in found:
            after = event.number
            tells.event(event)
        if over and not found:
            tells.ended(now, "cut off" if now.owner else now.state.value)
            return now
        if not found:
            pause(EVERY)


@contextmanager
def beside(store: Store, run: RunRow, tells: Tells) -> Iterator[None]:
    """Tell what happens in *run* while this process drives it inside the block."""
    after = store.last_event(run.id)
    over = threading.Event()

    def loop() -> None:
        following = after
        while True:
            last = over.is_set()
            found = store.events(run.id, following)
            for event in found:
                following = event.number
                tells.event(event)
            if not found and last:
                now = store.run(run.id)
                return tells.ended(now, now.state.value)
            if not found:
                over.wait(EVERY)

    def tell() -> None:
        # Nobody listens any more, or the database is away: the run says what of that
        # matters, and goes on.
        with contextlib.suppress(OSError, ValueError, exceptions.StoreError):
            loop()

    thread = threading.Thread(target=tell, name="events", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=_LAST)
