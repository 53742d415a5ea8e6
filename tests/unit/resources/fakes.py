# SPDX-License-Identifier: Apache-2.0
"""A cloud and a context in memory, for the unit tests of resource types.

``FakeCloud`` answers from a script and records what it was asked; ``FakeContext``
implements ``pumphouse.resources.context.Context``: bindings and intents in
dictionaries, no waiting, no database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.conf.settings import Settings
from pumphouse.models import Binding, CloudPair, Origin, Ref, Resource
from pumphouse.resources.base import ResourceType
from pumphouse.resources.relations import Link

# What came to no outcome: the request may have taken effect.
_UNKNOWN = (
    exceptions.LostAnswer,
    exceptions.Unreachable,
    exceptions.ServiceError,
    exceptions.Timeout,
    exceptions.Suspended,
    exceptions.Unfinished,
)


@dataclass(frozen=True)
class Call:
    """One request the fake was sent."""

    method: str
    service: str
    path: str
    body: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    microversion: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


class FakeCloud:
    """Answers ``(method, path)`` from a script and keeps the calls.

    An answer is what ``Cloud`` would return (the object *under* its key), an
    exception to raise, a callable that gets the ``Call``, or an ``Answers`` of
    several, one a call.  The records of a list are filtered by its parameters,
    as Neutron does.  What is not scripted fails the test.
    """

    def __init__(
        self,
        script: Mapping[tuple[str, str], Any] | None = None,
        *,
        user_id: str = "operator",
        project_id: str = "operators-project",
        extensions: tuple[str, ...] = (),
        newest: Mapping[str, str] | None = None,
        catalogue: tuple[str, ...] = ("identity", "compute", "network", "image"),
    ) -> None:
        self.catalogue = catalogue
        self.script: dict[tuple[str, str], Any] = dict(script or {})
        self.calls: list[Call] = []
        self.user_id = user_id
        self.project_id = project_id
        self._extensions = frozenset(extensions)
        self._newest = dict(newest or {})

    def snapshot(self) -> FakeCloud:
        return self

    def on(self, method: str, path: str, *answers: Any) -> FakeCloud:
        """Script what *method* *path* answers; several answers: one a call."""
        self.script[method, path] = (
            answers[0] if len(answers) == 1 else Answers(answers)
        )
        return self

    def made(self, method: str, path: str = "") -> list[Call]:
        """The calls of that method, to that path if one is given."""
        return [c for c in self.calls if c.method == method and path in ("", c.path)]

    # -- the interface of pumphouse.cloud.cloud.Cloud ----------------------
    def get(self, service: str, path: str, key: str | None = None, **more: Any) -> Any:
        return self._answer("GET", service, path, more)

    def find(self, service: str, path: str, key: str | None = None, **more: Any) -> Any:
        if ("GET", path) not in self.script:
            self.calls.append(Call("GET", service, path))
            return None
        try:
            return self._answer("GET", service, path, more)
        except exceptions.ResourceMissing:
            return None

    def list(
        self, service: str, path: str, key: str, params: Any = None, **more: Any
    ) -> list[dict[str, Any]]:
        if params and not isinstance(params, Mapping):  # pairs: the same name is *or*
            pairs, params = params, {}
            for name, value in pairs:
                params.setdefault(name, []).append(value)
        records = self._answer("GET", service, path, {**more, "params": params})
        wanted = dict(params or {}).items()
        return [r for r in records if all(_passes(r, k, v) for k, v in wanted)]

    def listed(self, service: str, path: str, key: str) -> list[dict[str, Any]]:
        return []

    def post(
        self, service: str, path: str, json: Any, key: str | None = None, **more: Any
    ) -> Any:
        return self._answer("POST", service, path, more, json)

    def put(
        self, service: str, path: str, json: Any, key: str | None = None, **more: Any
    ) -> Any:
        return self._answer("PUT", service, path, more, json)

    def patch(
        self, service: str, path: str, json: Any, key: str | None = None, **more: Any
    ) -> Any:
        return self._answer("PATCH", service, path, more, json)

    def delete(self, service: str, path: str, **more: Any) -> bool:
        try:
            self._answer("DELETE", service, path, more)
        except exceptions.ResourceMissing:
            return False
        return True

    def microversion(self, service: str, wanted: str) -> str:
        return self._newest.get(service, wanted)

    def extensions(self) -> frozenset[str]:
        return self._extensions

    def services(self) -> frozenset[str]:
        return frozenset(self.catalogue)

    def api_version(self, service: str) -> tuple[int, int]:
        """What ``newest`` says; a new Glance otherwise."""
        major, _, minor = self._newest.get(service, "2.17").partition(".")
        return int(major), int(minor)

    def request(self, service: str, method: str, path: str, **more: Any) -> Any:
        """What is scripted: a response, as ``requests`` would have it."""
        return self._answer(method, service, path, more)

    def _answer(
        self,
        method: str,
        service: str,
        path: str,
        more: dict[str, Any],
        body: Any = None,
    ) -> Any:
        more = dict(more)
        call = Call(
            method,
            service,
            path,
            body,
            more.pop("params", None) or {},
            more.pop("microversion", ""),
            more,
        )
        self.calls.append(call)
        if (method, path) not in self.script:
            raise AssertionError(f"not scripted: {method} {service} {path}")
        answer = self.script[method, path]
        if isinstance(answer, Answers):
            answer = answer.next()
        if isinstance(answer, BaseException):
            raise answer
        return answer(call) if callable(answer) else answer


class Answers:
    """Several answers, one a call; the last one for all further calls."""

    def __init__(self, answers: tuple[Any, ...]) -> None:
        self._left = [*answers]

    def next(self) -> Any:
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]


@dataclass
class FakeIntent:
    """An intent of the fake journal."""

    kind: str
    ref: Ref
    reopened: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = "open"


class FakeContext:
    """``Context`` in memory.

    :param bound: source reference -> destination id, known from the start
    """

    def __init__(
        self,
        source: FakeCloud | Any = None,
        destination: FakeCloud | Any = None,
        *,
        options: Options | None = None,
        bound: Mapping[Ref, str] | None = None,
        source_passwords: Any = None,
        destination_passwords: Any = None,
    ) -> None:
        self.source: Any = source if source is not None else FakeCloud()
        self.destination: Any = destination if destination is not None else FakeCloud()
        self.options = options or Options()
        self.settings = Settings()
        self.pair = CloudPair("source|one", "destination|one")
        self.source_passwords = source_passwords
        self.destination_passwords = destination_passwords
        self.bindings: dict[Ref, Binding] = {}
        for ref, destination_id in (bound or {}).items():
            self.bindings[ref] = Binding(ref, destination_id, Origin.REGISTERED)
        self.intents: list[FakeIntent] = []
        self.notes: list[tuple[Ref, str, Mapping[str, Any]]] = []
        self.lost: dict[Ref, list[str]] = {}
        self.progressed: list[tuple[Ref, int, int]] = []
        self.user_clouds: dict[tuple[str, str], FakeCloud] = {}
        self.project_clouds: dict[str, FakeCloud] = {}
        self.suspended = False
        self.time = 1_000_000.0
        self.polls = 100  # how often ``wait`` polls before it gives up
        self.lock = threading.RLock()

    # -- bindings ----------------------------------------------------------
    def translate(self, ref: Ref) -> str | None:
        bound = self.bindings.get(ref)
        return bound.destination_id if bound else None

    def destination_id(self, ref: Ref) -> str:
        found = self.translate(ref)
        if found is None:
            raise exceptions.ResourceError(
                "nothing on the destination stands for it", resource=str(ref)
            )
        return found

    def binding(self, ref: Ref) -> Binding | None:
        return self.bindings.get(ref)

    def bind(
        self, ref: Ref, destination_id: str, origin: Origin = Origin.CREATED
    ) -> None:
        self.bindings[ref] = Binding(ref, destination_id, origin)
        for intent in self.open("create", ref):
            intent.outcome = "done"

    def unbind(self, ref: Ref) -> None:
        self.bindings.pop(ref, None)

    def taken(self, kind: str) -> set[str]:
        return {b.destination_id for r, b in self.bindings.items() if r.type == kind}

    # -- journal -----------------------------------------------------------
    def open(self, kind: str, ref: Ref) -> list[FakeIntent]:
        """The open intents of that kind for *ref*: for assertions."""
        return [
            i
            for i in self.intents
            if i.kind == kind and i.ref == ref and i.outcome == "open"
        ]

    @contextmanager
    def creating(self, ref: Ref) -> Iterator[FakeIntent]:
        left = self.open("create", ref)
        intent = left[0] if left else FakeIntent("create", ref)
        intent.reopened = bool(left)
        if not left:
            self.intents.append(intent)
        try:
            yield intent
        except _UNKNOWN:
            raise
        except exceptions.PumphouseError:
            if not intent.reopened:  # an earlier, unknown try still counts
                intent.outcome = "failed"
            raise

    def temporary(self, kind: str, ref: Ref, **details: Any) -> FakeIntent:
        intent = FakeIntent(kind, ref, details=details)
        self.intents.append(intent)
        return intent

    def settle(self, intent: FakeIntent, outcome: str = "undone") -> None:
        intent.outcome = outcome

    def unsettled(self, kind: str, ref: Ref) -> FakeIntent | None:
        return next(iter(self.open(kind, ref)), None)

    # -- other eyes on the destination ---------------------------------------
    def acting_as(self, user_id: str, project_id: str) -> FakeCloud | None:
        return self.user_clouds.get((user_id, project_id))

    def as_operator_in(self, project_id: str) -> Any:
        return self.project_clouds.get(project_id, self.destination)

    # -- the rest ------------------------------------------------------------
    def exclusively(self, *what: str) -> AbstractContextManager[Any]:
        return self.lock if what else nullcontext()

    def wait(
        self,
        what: str,
        poll: Callable[[], Any],
        *,
        timeout: float,
        kind: str = "",
    ) -> Any:
        if kind:
            self.time += 1.0
        for _ in range(self.polls):
            self.checkpoint()
            found = poll()
            if found is not None:
                return found
            self.time += 1.0
        raise exceptions.Timeout(f"waited {timeout} s for {what}")

    def checkpoint(self) -> None:
        if self.suspended:
            raise exceptions.Suspended("stopped on request")

    def progress(self, ref: Ref, done: int, total: int) -> None:
        self.progressed.append((ref, done, total))

    def note(self, ref: Ref, name: str, **details: Any) -> None:
        self.notes.append((ref, name, details))

    def not_kept(self, ref: Ref, *fields: str) -> None:
        self.lost.setdefault(ref, []).extend(fields)

    def now(self) -> float:
        return self.time


def _passes(record: Mapping[str, Any], key: str, wanted: Any) -> bool:
    """Whether a record passes one filter; one it has no field for, it does."""
    values = wanted if isinstance(wanted, list | tuple | set) else [wanted]
    if key not in record or isinstance(record[key], list):
        return True  # how Neutron filters by ``fixed_ips`` is the script's business
    return str(record[key]) in {str(v) for v in values}


@dataclass
class Found:
    """What a discovery has found so far."""

    resources: dict[Ref, Resource]
    followed: set[Ref]


def found(*resources: Resource, followed: Iterable[Ref] = ()) -> Found:
    return Found({each.ref: each for each in resources}, {*followed})


def coming(
    kind: ResourceType,
    cloud: Any,
    of: str,
    *parents: Resource,
    so_far: Found | None = None,
) -> list[Resource]:
    """What of *kind* comes along with *parents*, which are of the type *of*."""
    (part,) = (part for part in kind.parts() if part.of == of)
    return [*kind.coming(cloud, part, parents, so_far or found(*parents))]


def linking(kind: ResourceType, cloud: Any, so_far: Found) -> list[Resource]:
    """What of *kind* links what was found, all of it just now."""
    (link,) = (link for link in kind.along if isinstance(link, Link))
    return [*kind.linking(cloud, link, [*so_far.resources.values()], so_far)]
