# SPDX-License-Identifier: Apache-2.0
"""What a step of a resource type may use: the clouds, the bindings, the journal.

The flow hands an object of this shape to every step.  It is the only way for a
resource type to have a side effect, and all of them are accounted for through
it.  Resource types never see a database, an engine or a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from pumphouse.cloud.cloud import Cloud
from pumphouse.cloud.identity_database import IdentityDatabase
from pumphouse.conf.migration import Options
from pumphouse.conf.settings import Settings
from pumphouse.models import Binding, CloudPair, Origin, Ref

T = TypeVar("T")


class Intent(Protocol):
    """A committed intention: *about to do this*, until it is closed."""

    @property
    def reopened(self) -> bool:
        """Whether it was open already: an earlier try's outcome is unknown."""

    @property
    def details(self) -> Mapping[str, Any]:
        """What was noted with it."""


class Context(Protocol):
    """What every step gets.  All methods may be called from many threads."""

    @property
    def source(self) -> Cloud: ...

    @property
    def destination(self) -> Cloud: ...

    @property
    def options(self) -> Options: ...

    @property
    def settings(self) -> Settings:
        """Times and sizes of pumphouse.conf."""

    @property
    def pair(self) -> CloudPair: ...

    @property
    def source_passwords(self) -> IdentityDatabase | None:
        """The source's Keystone database, if the migration file names both."""

    @property
    def destination_passwords(self) -> IdentityDatabase | None: ...

    def translate(self, ref: Ref) -> str | None:
        """The destination id that stands for *ref*, or None."""

    def destination_id(self, ref: Ref) -> str:
        """The destination id that stands for *ref*.

        :raises ResourceError: nothing stands for it
        """

    def binding(self, ref: Ref) -> Binding | None:
        """The binding of *ref*, if any."""

    def bind(
        self, ref: Ref, destination_id: str, origin: Origin = Origin.CREATED
    ) -> None:
        """Record at once, durably, what stands for *ref*.

        Closes the open ``create`` intent of *ref*, in the same transaction.
        """

    def unbind(self, ref: Ref) -> None:
        """Forget, durably, what stood for *ref*: it has been removed again."""

    def taken(self, kind: str) -> Collection[str]:
        """Destination ids of that type that already stand for some reference."""

    def creating(self, ref: Ref) -> AbstractContextManager[Intent]:
        """The intent to create *ref*, committed before the body runs.

        Left open if the outcome is unknown (lost answer, crash); closed as
        failed when the cloud refused, so that nothing was made.
        """

    def temporary(self, kind: str, ref: Ref, **details: Any) -> Intent:
        """Commit the intent to make something that must be undone later.

        Kinds and their undo are in the journal's table on the architecture page.
        """

    def settle(self, intent: Intent, outcome: str = "undone") -> None:
        """Close a temporary intent: what it announced is gone again."""

    def unsettled(self, kind: str, ref: Ref) -> Intent | None:
        """The open intent of that kind for *ref*, if any.

        ``create`` among them: a creation of which nobody knows the outcome.
        """

    def acting_as(self, user_id: str, project_id: str) -> Cloud | None:
        """The destination as seen by one of its users, within a project.

        :param user_id: a destination id
        :param project_id: a destination id
        :returns: None where the cloud does not allow it
        """

    def as_operator_in(self, project_id: str) -> Cloud:
        """The destination, with Pumphouse's own user scoped to that project.

        Its role there is temporary and journalled.
        """

    def exclusively(self, *what: str) -> AbstractContextManager[None]:
        """Keep other steps of this process out while dealing with *what*."""

    def wait(
        self,
        what: str,
        poll: Callable[[], T | None],
        *,
        timeout: float,
        kind: str = "",
    ) -> T:
        """Call *poll* until it returns something, and return that.

        :param what: for the error: "server web-1 to become ACTIVE"
        :param timeout: seconds
        :param kind: what is alike takes alike: the first look comes when others of
            this kind were there; at once without a kind
        :raises Timeout: it never did
        :raises Suspended: the run is being stopped
        """

    def checkpoint(self) -> None:
        """A safe point: raises Suspended if the run is being stopped."""

    def progress(self, ref: Ref, done: int, total: int) -> None:
        """Bytes moved so far, for whoever watches.  Cheap; never durable."""

    def note(self, ref: Ref, name: str, **details: Any) -> None:
        """A durable event about *ref*, e.g. ``server.suspended``."""

    def not_kept(self, ref: Ref, *fields: str) -> None:
        """Record at once, durably, that these fields of *ref* could not be kept.

        The report, ``run show`` and ``verify`` tell it; unless the plan announced it,
        it is why the command ends with 5.  What a step returns as ``NOT_KEPT`` does
        the same, once the step is done.
        """

    def now(self) -> float:
        """Seconds since the epoch (a test may hold it still)."""
