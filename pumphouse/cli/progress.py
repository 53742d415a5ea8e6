# SPDX-License-Identifier: Apache-2.0
"""Live progress: a rich display on a terminal, plain lines otherwise.

Plain lines tell of each resource once, when it is done or has failed, of long
transfers every ten seconds, and of how fast it goes every half minute, so that a log
file stays readable.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from pumphouse.cli.base import size, spinner
from pumphouse.cli.estimate import Estimate
from pumphouse.models import Ref
from pumphouse.plan.document import Plan
from pumphouse.text import printable

if TYPE_CHECKING:
    from rich.progress import Progress

TRANSFER_LINE_EVERY = 10.0  # seconds
RATE_LINE_EVERY = 30.0


class Speeds:
    """How fast bytes move, since this process has seen them move."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first: dict[Ref, tuple[float, int]] = {}

    def of(self, ref: Ref, done: int) -> str:
        """``, 12.0 MiB/s``; "" in the first second, and where it begins anew."""
        now = self._clock()
        since, before = self._first.setdefault(ref, (now, done))
        if done < before:
            self._first[ref] = now, done
        if now - since < 1.0 or done <= before:
            return ""
        return f", {size(int((done - before) / (now - since)))}/s"


class Lines:
    """Plain lines on a stream."""

    def __init__(
        self,
        names: Mapping[Ref, str],
        done: Iterable[Ref],
        total: int,
        stream: IO[str],
        clock: Callable[[], float] = time.monotonic,
        left: Iterable[Ref] = (),
    ) -> None:
        self._names = names
        self._total = total
        self._stream = stream
        self._clock = clock
        self._begun = self._rated = clock()
        self._estimate = Estimate(left, clock)
        self._speeds = Speeds(clock)
        self._done = set(done)
        self._told: dict[Ref, float] = {}
        self._lock = threading.Lock()

    def step(self, ref: Ref, step: str, state: str, text: str) -> None:
        with self._lock:
            self._estimate.step(ref, state)
            if state == "finished":
                self._done.add(ref)
                self._line(ref, "done")
                self._rate()
            elif state == "failed":
                self._line(ref, f"FAILED in {step}: {self._reason(ref, text)}")
            elif state == "again":
                self._line(ref, f"{step} failed: {self._reason(ref, text)}")
            elif state == "stopped":
                self._line(ref, f"stopped in {step}")
            elif state == "done":
                self._line(ref, f"{step} done")

    def _rate(self) -> None:
        now = self._clock()
        if now - self._rated < RATE_LINE_EVERY or not (said := str(self._estimate)):
            return
        self._rated = now
        self._write(said)

    def progress(self, ref: Ref, done: int, total: int) -> None:
        with self._lock:
            now, speed = self._clock(), self._speeds.of(ref, done)
            if now - self._told.setdefault(ref, now) >= TRANSFER_LINE_EVERY:
                self._told[ref] = now
                self._line(ref, f"{size(done)} of {size(total)}{speed}")

    def _reason(self, ref: Ref, text: str) -> str:
        return _unnamed(text, f"{ref.type} {self._names.get(ref, ref.id)}")

    def _line(self, ref: Ref, text: str) -> None:
        name = self._names.get(ref, ref.id)
        self._write(f"{ref.type} {printable(name)}: {printable(text)}")

    def _write(self, text: str) -> None:
        elapsed = self._clock() - self._begun
        done = f"{len(self._done)}/{self._total}"
        self._stream.write(f"{elapsed:7.1f} s  {done}  {text}\n")
        self._stream.flush()


def _unnamed(text: str, name: str) -> str:
    """An error without the name of the resource, where that was said just before."""
    return text.removeprefix(name).lstrip(": ") if text.startswith(name) else text


class Live:
    """Bars on a terminal: one for the run, one for each transfer under way."""

    def __init__(self, names: Mapping[Ref, str], bars: Progress) -> None:
        self._names = names
        self._bars = bars
        self._all: Any = None
        self._transfers: dict[Ref, Any] = {}
        self._running: dict[Ref, str] = {}
        self._speeds = Speeds(time.monotonic)
        self._lock = threading.Lock()

    def begin(self, done: Iterable[Ref], total: int, left: Iterable[Ref] = ()) -> None:
        self._total, self._finished = total, set(done)
        self._estimate = Estimate(left)
        count = len(self._finished)
        self._all = self._bars.add_task(
            "resources", total=total, completed=count, unit=f"{count}/{total}", now=""
        )

    def step(self, ref: Ref, step: str, state: str, text: str) -> None:
        from rich.text import Text

        name = self._name(ref)
        with self._lock:
            self._estimate.step(ref, state)
            if state == "started":
                self._running[ref] = step
            else:
                self._running.pop(ref, None)
            if state == "finished":
                self._finished.add(ref)
            if state in ("finished", "failed", "again", "stopped"):
                transfer = self._transfers.pop(ref, None)
                if transfer is not None:
                    self._bars.remove_task(transfer)
            if state == "failed":
                said = f" {name} in {step}: {_unnamed(printable(text), name)}"
                self._bars.console.print(Text.assemble(("failed", "red"), said))
            if state == "again":
                said = f"{name} in {step}: {_unnamed(printable(text), name)}"
                self._bars.console.print(Text(said))
            self._bars.update(
                self._all,
                completed=len(self._finished),
                unit=", ".join(
                    filter(
                        None,
                        (f"{len(self._finished)}/{self._total}", str(self._estimate)),
                    )
                ),
                now=self._current(),
            )

    def progress(self, ref: Ref, done: int, total: int) -> None:
        with self._lock:
            if ref not in self._transfers:
                self._transfers[ref] = self._bars.add_task(
                    self._name(ref), total=total, unit="", now=""
                )
            speed = self._speeds.of(ref, done)
            self._bars.update(
                self._transfers[ref],
                completed=done,
                unit=f"{size(done)}/{size(total)}{speed}",
            )

    def _name(self, ref: Ref) -> str:
        return f"{ref.type} {printable(self._names.get(ref, ref.id))}"

    def _current(self) -> str:
        shown = [
            f"{printable(self._names.get(ref, ref.id))} ({step})"
            for ref, step in list(self._running.items())[:3]
        ]
        more = len(self._running) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


class Nobody:
    """Watches nothing."""

    def step(self, ref: Ref, step: str, state: str, text: str) -> None:
        """Nothing."""

    def progress(self, ref: Ref, done: int, total: int) -> None:
        """Nothing."""


@contextmanager
def watching(
    plan: Plan,
    done: Iterable[Ref],
    total: int,
    stream: IO[str] | None = None,
    left: Iterable[Ref] = (),
) -> Iterator[Lines | Live]:
    """A watcher for a run of *plan*, shown for as long as the block lasts.

    :param done: nodes that earlier attempts finished; one of them may be done
        again, if its end was not yet saved when the process died
    :param total: nodes of the run
    :param left: those of them that are not done
    """
    stream = stream or sys.stderr
    names = {ref: node.resource.label for ref, node in plan.nodes.items()}
    if not stream.isatty():
        yield Lines(names, done, total, stream, left=left)
        return
    from rich import console as rich_console
    from rich import progress as rich_progress
    from rich.table import Column

    bars = rich_progress.Progress(
        rich_progress.SpinnerColumn(spinner(stream)),
        rich_progress.TextColumn("{task.description}", markup=False),
        rich_progress.BarColumn(bar_width=24),
        rich_progress.TextColumn("{task.fields[unit]}", markup=False),
        rich_progress.TimeElapsedColumn(),
        # Names may be long: it has what the others leave of the line.
        rich_progress.TextColumn(
            "{task.fields[now]}",
            markup=False,
            table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
        ),
        console=rich_console.Console(file=stream),
        expand=True,
    )
    live = Live(names, bars)
    with bars:
        live.begin(done, total, left)
        yield live
