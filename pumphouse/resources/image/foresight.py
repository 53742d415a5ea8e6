# SPDX-License-Identifier: Apache-2.0
"""What the destination would refuse of the images of a plan, and what they lose."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Any

from pumphouse import exceptions
from pumphouse.models import Action, Finding, Record, Ref, Resource
from pumphouse.resources.fields import Fate
from pumphouse.resources.image import formats
from pumphouse.resources.image.fields import FIELDS, properties
from pumphouse.resources.image.peek import facts_of
from pumphouse.resources.outlook import Outlook
from pumphouse.text import some

# Glance checks what is uploaded since 2025.1, whose API has 2.17 at least.
_CHECKS_SINCE = (2, 17)
_REMEDY = (
    "disk_format of an image with data cannot be changed: make one with the right "
    "disk_format of its data on the destination and map it (mappings: image)"
)
_RESERVED = frozenset({"location", "deleted", "deleted_at"})
_NAMED = 5  # projects spelled out in a note
_MIB = 1024 * 1024


def foresee(outlook: Outlook) -> Iterator[Finding]:
    """All of it, for the images that the plan creates, or finishes."""
    wanted = list(outlook.having("image", Action.CREATE))
    if wanted:
        yield from _contradicted(outlook, wanted)
        yield from _invalid(outlook, wanted)
        yield from _over_limits(outlook, wanted)
        yield from _left_out(outlook, wanted)


# -- the data -------------------------------------------------------------------
def _contradicted(outlook: Outlook, wanted: list[Resource]) -> Iterator[Finding]:
    """Data that is not what ``disk_format`` says, or is not there."""
    bare = [r for r in wanted if r.record.get("container_format") == "bare"]
    for ref, facts in facts_of(outlook.source, bare, outlook.memory).items():
        record = outlook.resources[ref].record
        if isinstance(facts, exceptions.CloudError):
            yield _unread(ref, facts)
            continue
        why = formats.refused(record, facts)
        if why and _is_checked(outlook):
            yield Finding(
                ref,
                blocked=f"{why}: Glance of 2025.1 and later refuses that (415); "
                f"{_REMEDY}, or say check_image_formats: false if it does not check",
            )
        elif why:
            yield Finding(
                ref,
                notes=(
                    f"{why}: Glance of 2025.1 and later refuses that, and Nova that "
                    "inspects images builds no server of it",
                ),
            )
        elif why := formats.unbuildable(record, facts):
            yield Finding(
                ref, notes=(f"{why}: Nova that inspects images builds no server of it",)
            )


def _is_checked(outlook: Outlook) -> bool:
    return (
        outlook.options.check_image_formats
        and outlook.destination.api_version("image") >= _CHECKS_SINCE
    )


def _unread(ref: Ref, error: exceptions.CloudError) -> Finding:
    if error.retryable:
        return Finding(ref, notes=(f"its data could not be looked at: {error.what}",))
    return Finding(
        ref,
        blocked=f"its data cannot be read on the source: {error.what}; repair it, or "
        "map the image to one on the destination (mappings: image)",
    )


# -- the record -----------------------------------------------------------------
def _invalid(outlook: Outlook, wanted: list[Resource]) -> Iterator[Finding]:
    """What the destination's own schema of images does not allow."""
    from jsonschema import Draft202012Validator  # slow

    schema = outlook.destination.get("image", "/schemas/image")
    validator = Draft202012Validator(schema)
    known: Mapping[str, Any] = schema.get("properties") or {}
    for resource in wanted:
        body = _asked(resource.record)
        wrong = [
            f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
            for error in validator.iter_errors(body)
        ]
        wrong += [
            f"{name}: is Glance's own there"
            for name in body
            if name in _RESERVED or known.get(name, {}).get("readOnly")
        ]
        if wrong:
            yield Finding(
                resource.ref,
                blocked="the destination's Glance does not take its "
                + "; ".join(sorted(wrong))
                + ": have it allow that (glance-api.conf), or map the image to one "
                "that is there (mappings: image)",
            )


def _asked(record: Record) -> dict[str, Any]:
    """What is asked for, without what refers to other resources."""
    sent = [f.path for f in FIELDS if f.send and f.fate is Fate.COPIED]
    body = {path: record[path] for path in sent if record.get(path) is not None}
    return {**properties(record), **body}


def _over_limits(outlook: Outlook, wanted: list[Resource]) -> Iterator[Finding]:
    """Limits of the project that Pumphouse's own user is in: Glance counts there.

    Uploads are of unknown length to Glance, so their size does not count beforehand.
    """
    usage = outlook.destination.find("image", "/info/usage", "usage") or {}
    for name, more in (("image_count_total", 1), ("image_size_total", 0)):
        limit = usage.get(name) or {}
        most, used = limit.get("limit", -1), limit.get("usage", 0)
        if 0 <= most < used + more:
            unit = " MiB" if name == "image_size_total" else ""
            for resource in wanted:
                yield Finding(
                    resource.ref,
                    blocked=f"the limit {name} of Pumphouse's own project on the "
                    f"destination is used up ({used} of {most}{unit}): raise it",
                )


# -- who loses what -------------------------------------------------------------
def _left_out(outlook: Outlook, wanted: list[Resource]) -> Iterator[Finding]:
    """Projects that had an image and will not have it, and owners that change."""
    lost = {r.ref: (*_without(outlook, _members(r)),) for r in wanted}
    owners = {
        r.ref: (*_without(outlook, [r.project_id]),)
        for r in wanted
        if r.record.get("visibility") in ("public", "community")
    }
    gone = {*chain(*lost.values(), *owners.values())}
    if not gone:
        return
    names = _names(outlook, gone)
    for ref, projects in lost.items():
        if projects:
            yield Finding(ref, notes=(_losing([names[p] for p in projects]),))
    for ref, projects in owners.items():
        for project in projects:
            yield Finding(
                ref,
                notes=(
                    f"its owner, project {names[project]}, does not come along: it "
                    "becomes an image of Pumphouse's own project",
                ),
            )


def _members(resource: Resource) -> list[str]:
    return [member["member_id"] for member in resource.record.get("members") or ()]


def _without(outlook: Outlook, projects: Collection[str]) -> Iterator[str]:
    """Those of *projects* that nothing stands for, or will."""
    for each in projects:
        ref = Ref("project", each)
        decision = outlook.decisions.get(ref)
        coming = decision is not None and decision.action is not Action.BLOCKED
        if each and not coming and outlook.translate(ref) is None:
            yield each


def _names(outlook: Outlook, projects: Collection[str]) -> dict[str, str]:
    """What they are called on the source; the id of what is gone from there."""
    there = outlook.source.list("identity", "/projects", "projects")
    names = {each["id"]: str(each["name"]) for each in there}
    return {each: names.get(each, each) for each in projects}


def _losing(names: list[str]) -> str:
    shown = some(sorted(names), _NAMED)
    plural = "projects" if len(names) > 1 else "project"
    return (
        f"is shared with {plural} {shown}, not on the destination: it is not "
        "shared there"
    )
