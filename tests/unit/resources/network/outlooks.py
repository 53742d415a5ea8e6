# SPDX-License-Identifier: Apache-2.0
"""Plans in memory, for what Neutron's types foresee."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pumphouse.conf.migration import Options
from pumphouse.models import Action, Decision, Finding, Ref, Resource
from pumphouse.resources.outlook import Outlook
from tests.unit.resources.fakes import FakeCloud


def outlook(
    destination: FakeCloud,
    *created: Resource,
    there: Mapping[Resource | Ref, str] | None = None,
    options: Options | None = None,
    resources: tuple[Resource, ...] = (),
) -> Outlook:
    """A plan that creates those, where some references stand on the destination.

    :param resources: what is in the plan and stands there, by ``there``
    """
    known = dict(there or {})
    decisions = {r.ref: Decision(Action.CREATE, "new") for r in created}
    for resource in resources:
        decisions[resource.ref] = Decision(
            Action.ADOPT, "equal", destination_id=known[resource.ref]
        )
    return Outlook(
        source=_empty(),  # type: ignore[arg-type]
        destination=destination,  # type: ignore[arg-type]
        options=options or Options(),
        resources={r.ref: r for r in (*created, *resources)},
        decisions=decisions,
        translate=known.get,  # type: ignore[arg-type]
    )


def _empty() -> FakeCloud:
    """A source where nobody else has anything."""
    paths = ("/rbac-policies", "/ports", "/routers", "/subnets", "/networks")
    return FakeCloud({("GET", path): [] for path in paths})


def blocked(findings: Any) -> dict[Ref, str]:
    """Reference -> why, of those that block."""
    return {f.ref: f.blocked for f in findings if f.blocked}


def notes(findings: list[Finding]) -> list[str]:
    """All notes."""
    return [note for finding in findings for note in finding.notes]
