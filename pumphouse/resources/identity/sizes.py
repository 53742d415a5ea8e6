# SPDX-License-Identifier: Apache-2.0
"""What Keystone refuses for its size: names, descriptions, tags, depth.

The limits are those of Keystone's own schemas, and the same in all releases but for
the descriptions of domains.  What a directory shows, or an older release kept, need not
be within them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pumphouse.models import Action, Finding, Ref, Resource
from pumphouse.resources.outlook import Outlook

if TYPE_CHECKING:
    from pumphouse.resources.identity.keystone import IdentityType

NAMES = {"domain": 64, "project": 64, "role": 255, "user": 255}
# Older releases kept any length; in a role's column no more ever fitted.
DOMAIN_DESCRIPTION = 255
TAG, TAGS = 255, 80
TWO_LEVELS = 2
DEPTH = 5
"""Keystone's default of ``[DEFAULT] max_project_tree_depth``; no API shows it."""


def foresee(kind: IdentityType, outlook: Outlook) -> Iterator[Finding]:
    """Of what is to be created: what is too long, too much, or too deep."""
    for resource in outlook.created(kind.name):
        for reason in _too_big(kind.name, resource.record):
            hint = "change that on the source, or map it, then plan again"
            yield Finding(resource.ref, blocked=f"{reason}: {hint}")
        if kind.name == "project":
            yield from _too_deep(resource, outlook)


def _too_big(kind: str, record: Any) -> Iterator[str]:
    name, most = str(record.get("name") or ""), NAMES.get(kind, 255)
    if len(name) > most:
        yield f"its name has {len(name)} characters, Keystone takes {most}"
    if not name.strip():
        yield "its name is blank, which Keystone does not take"
    description = record.get("description") or ""
    if kind == "domain" and len(description) > DOMAIN_DESCRIPTION:
        yield (
            f"its description has {len(description)} characters, of a domain newer "
            f"releases of Keystone take {DOMAIN_DESCRIPTION}"
        )
    tags = record.get("tags") or ()
    if len(tags) > TAGS:
        yield f"it has {len(tags)} tags, Keystone takes {TAGS}"
    for tag in tags:
        if not 0 < len(tag) <= TAG or set(tag) & {",", "/"}:
            yield f"Keystone does not take its tag {tag!r}"


def _too_deep(project: Resource, outlook: Outlook) -> Iterator[Finding]:
    depth = _depth(project, outlook)
    if depth > TWO_LEVELS and _model(outlook) == "strict_two_level":
        yield Finding(
            project.ref,
            blocked=f"is {depth} levels below its domain, and the destination's model "
            "of limits, strict_two_level, takes 2: map it, or move it up on the source",
        )
    elif depth > DEPTH:
        yield Finding(
            project.ref,
            notes=(
                f"is {depth} levels below its domain: the destination takes {DEPTH} "
                "unless max_project_tree_depth in its keystone.conf says more",
            ),
        )


def _model(outlook: Outlook) -> str:
    """How the destination's Keystone thinks of limits; "" if it does not say."""
    model = outlook.destination.find("identity", "/limits/model", "model")
    return str((model or {}).get("name") or "")


def _depth(project: Resource, outlook: Outlook) -> int:
    """How many levels below its domain; 0 if it is below something mapped."""
    depth, record = 1, project.record
    while record.get("parent_id") not in (None, record.get("domain_id")):
        above = Ref("project", str(record["parent_id"]))
        if above not in outlook.resources or above not in outlook.decisions:
            return 0
        if outlook.decisions[above].action is Action.MAP:
            return 0
        depth, record = depth + 1, outlook.resources[above].record
    return depth
