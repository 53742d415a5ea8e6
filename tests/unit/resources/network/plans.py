# SPDX-License-Identifier: Apache-2.0
"""A plan with its decisions, and both clouds, for tests of what types foresee."""

from __future__ import annotations

from typing import Any

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Action, Decision, Finding, Ref, Resource
from pumphouse.resources.outlook import Outlook
from tests.unit.resources.fakes import FakeCloud


def project(key: str, name: str = "") -> Resource:
    return Resource(Ref("project", key), name or f"name of {key}", {"id": key}, key)


def cloud(*policies: dict[str, Any], **projects: str) -> FakeCloud:
    """A cloud with these policies, and projects by id."""
    made = FakeCloud().on("GET", "/rbac-policies", [*policies]).on("GET", "/ports", [])
    for key, name in projects.items():
        made.on("GET", f"/projects/{key}", {"id": key, "name": name})
    return made


def outlook(
    *resources: Resource,
    source: FakeCloud | None = None,
    destination: FakeCloud | None = None,
    **decided: str,
) -> Outlook:
    """All are created, but those *decided*: id -> ``action:id there``."""
    decisions = {}
    for each in resources:
        action, _, there = decided.get(each.ref.id, "create:").partition(":")
        decisions[each.ref] = Decision(Action(action), "", destination_id=there)

    def translate(ref: Ref) -> str | None:
        found = decisions.get(ref)
        return (found.destination_id or None) if found else None

    return Outlook(
        source=source or cloud(),
        destination=destination or cloud(),
        options=Options(),
        resources={each.ref: each for each in resources},
        decisions=decisions,
        translate=translate,
    )


def blocked(findings: list[Finding]) -> dict[Ref | None, str]:
    return {each.ref: each.blocked for each in findings if each.blocked}


def notes(findings: list[Finding]) -> list[tuple[Ref | None, str]]:
    return [(each.ref, note) for each in findings for note in each.notes]


GONE = exceptions.ResourceMissing("it is gone")
