# SPDX-License-Identifier: Apache-2.0
"""Disabled projects and domains: nothing is made within them, so nothing is tried.

Nobody gets a token of a disabled project, so nobody creates a server there; Keystone
makes no project within a domain, or below a project, that is disabled.  What a disabled
user should have made is made by another, where that is possible: the plan says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pumphouse.models import Action, Decision, Ref, Resource
from pumphouse.resources.base import ResourceType

_WHERE = {
    Action.ADOPT: "on both clouds",
    Action.MAP: "on the destination",
    Action.SKIP: "on the destination",
}


class Disabled:
    """What will be disabled on the destination, of all that was decided so far."""

    def __init__(self) -> None:
        self._within: dict[Ref, str] = {}

    def look(
        self,
        kind: ResourceType,
        resource: Resource,
        there: Resource | None,
        decision: Decision,
    ) -> None:
        """Remember it if nothing can be made within *resource*.

        :param there: what stands for it, where it is not as the source's
        """
        if kind.disabled(there or resource):
            where = _WHERE.get(decision.action, "on the source")
            self._within[resource.ref] = f"{resource} is disabled {where}"
        elif decision.action is not Action.MAP:  # or it may be anywhere
            cause = self._cause(kind, resource)
            if cause:
                self._within[resource.ref] = cause

    def why_not(self, kind: ResourceType, resource: Resource) -> str:
        """Why *resource* cannot be made, and what to do; empty if it can."""
        cause = self._cause(kind, resource)
        if not cause:
            return ""
        return (
            f"{cause}, and the destination makes no {kind.name} within: enable it "
            "until all is migrated, or map it to one that is enabled, then plan again"
        )

    def without(
        self, kind: ResourceType, resource: Resource, gone: Collection[Ref]
    ) -> Iterator[tuple[str, str]]:
        """What *resource* is made without, as it is disabled, and what is done instead.

        :param gone: what the source has no more
        :returns: (note, name of the field that will differ for that) pairs
        """
        if not self._within and not gone:  # as nearly always
            return
        for need in kind.needs(resource):
            if need.otherwise and need.ref in gone:
                note = f"{need.ref} is gone from the source: {need.otherwise}"
                yield note, need.field
            elif need.otherwise and need.ref in self._within:
                yield f"{self._within[need.ref]}: {need.otherwise}", need.field

    def _cause(self, kind: ResourceType, resource: Resource) -> str:
        if not self._within:  # as nearly always
            return ""
        needs = (need for need in kind.needs(resource) if need.enabled and need.must)
        return next((self._within[n.ref] for n in needs if n.ref in self._within), "")
