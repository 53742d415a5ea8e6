# SPDX-License-Identifier: Apache-2.0
"""What a type is shown of a plan that is being drawn up, to look ahead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pumphouse.cloud.cloud import Cloud
from pumphouse.cloud.identity_database import IdentityDatabase
from pumphouse.conf.migration import Options
from pumphouse.models import Action, Decision, Ref, Resource
from pumphouse.resources.fields import Translate


class Memory(Protocol):
    """What was found out about data earlier, by its hash; outlives the plan."""

    def known(
        self, kind: str, keys: Collection[str]
    ) -> Mapping[str, Mapping[str, Any]]:
        """What is known of these *keys*, of those that anything is known of.

        :param kind: what was looked for
        """

    def learn(self, kind: str, found: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what was found out, by key: JSON, and no secrets."""


class Forgetful:
    """A memory that ends with the process."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)

    def known(
        self, kind: str, keys: Collection[str]
    ) -> Mapping[str, Mapping[str, Any]]:
        known = self._known[kind]
        return {key: known[key] for key in keys if key in known}

    def learn(self, kind: str, found: Mapping[str, Mapping[str, Any]]) -> None:
        self._known[kind].update(found)


@dataclass(frozen=True)
class Outlook:
    """A plan with all its decisions, and both clouds to read from.

    :param source: asks for equal lists only once (``Cloud.snapshot``)
    :param destination: likewise
    :param resources: everything in the plan, as the source says it
    :param decisions: what becomes of each of them
    :param translate: the destination id that stands for a reference, as decided;
        None for what is yet to be created, and for what nothing stands for
    :param memory: what earlier plans found out, so that they need not look again
    :param identity: the source's Keystone database, if the operator named it
    :param passwords: whether the operator named both
    """

    source: Cloud
    destination: Cloud
    options: Options
    resources: Mapping[Ref, Resource]
    decisions: Mapping[Ref, Decision]
    translate: Translate
    memory: Memory = field(default_factory=Forgetful)
    identity: IdentityDatabase | None = None
    passwords: bool = False

    def having(self, name: str, *actions: Action) -> Iterator[Resource]:
        """The plan's resources of that type with one of these actions; without: all."""
        for ref, resource in self.resources.items():
            if ref.type != name or ref not in self.decisions:
                continue
            if not actions or self.decisions[ref].action in actions:
                yield resource

    def created(self, name: str) -> list[Resource]:
        """What the plan creates of that type; not what it only finishes."""
        return [
            resource
            for resource in self.having(name, Action.CREATE)
            if not self.decisions[resource.ref].destination_id
        ]
