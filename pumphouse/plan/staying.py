# SPDX-License-Identifier: Apache-2.0
"""What stays in services that no resource type covers: counted, so that it is known.

Asked of the services that the source's catalogue has, one list for each kind of thing.
What cannot be listed is said; so is a service of which nothing is known here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from pumphouse import exceptions
from pumphouse.cloud import endpoints
from pumphouse.cloud.cloud import Cloud
from pumphouse.plan.staying_kinds import KINDS, OBJECTS, Kind

# Up to how many projects a request each is better than the whole cloud's list.
_FEW = 10
# The same stacks, by another API.
_ALIKE = {"cloudformation": "orchestration"}


def notes(
    source: Cloud, projects: Mapping[str, str], *, whole_project: bool = True
) -> Iterator[str]:
    """What stays behind of *projects*, and what is not known, for the plan.

    :param projects: id -> name
    :param whole_project: all that belongs to them was selected; otherwise servers
        were, and only what may lead to servers, or hold them, is of interest
    """
    there = source.services()
    counted: dict[str, Mapping[str, int]] = {}
    for kind in KINDS:
        if kind.service not in there or not (whole_project or kind.servers):
            continue
        may = counted.get(kind.of, projects)
        asked = {p: name for p, name in projects.items() if may.get(p)}
        counted[kind.name], failed = _counted(source, kind, asked)
        yield from _told(kind, asked, counted[kind.name], failed, whole_project)
    known = {*endpoints.SERVICES}
    unknown = sorted(
        each for each in there - known if _ALIKE.get(each, "") not in there
    )
    if unknown and projects:
        yield (
            f"the source's catalogue has {', '.join(unknown)}: what projects have "
            "there was not looked at, and stays behind"
        )


def _counted(
    source: Cloud, kind: Kind, projects: Mapping[str, str]
) -> tuple[Mapping[str, int], Mapping[str, list[str]]]:
    """How many each project has; and, by reason, the names of those not known."""
    failed: dict[str, list[str]] = defaultdict(list)
    if len(projects) > _FEW and kind.path and not kind.scoped:
        try:
            return _everywhere(source, kind), failed
        except exceptions.CloudError as error:
            failed[error.what] += projects.values()
            return {}, failed
    found: Counter[str] = Counter()
    for project, name in projects.items():
        try:
            found[project] = _count(source, kind, project)
        except exceptions.CloudError as error:
            failed[error.what].append(name)
            again = kind.scoped and isinstance(error, exceptions.Forbidden)
            if isinstance(error, exceptions.Unreachable) or (
                again and len(projects) > _FEW
            ):  # each of the others would wait for as long, to hear the same
                names = list(projects.values())
                failed[error.what] += names[list(projects).index(project) + 1 :]
                break
    return found, failed


def _told(
    kind: Kind,
    projects: Mapping[str, str],
    found: Mapping[str, int],
    failed: Mapping[str, list[str]],
    whole_project: bool,
) -> Iterator[str]:
    for project, name in projects.items():
        number = found.get(project, 0)
        if number:
            many, stay = ("", "stays") if number == 1 else ("s", "stay")
            told = f"{number} {kind.name}{many} of project {name} {stay} behind"
            yield (
                f"{told}: not yet migrated"
                if whole_project
                else f"{told}: whether a selected server belongs to any, "
                "or is reached through it, was not looked at"
            )
    for why, names in failed.items():
        yield f"{kind.name}s of project {_words(names)} could not be listed: {why}"


def _count(source: Cloud, kind: Kind, project: str) -> int:
    """How many *project* has; asked in its own scope if not otherwise."""
    refused = exceptions.Forbidden("only who has a role in the project sees them")
    if not kind.scoped:
        try:
            return _seen_by_administrator(source, kind, project)
        except exceptions.Forbidden as error:
            refused = error
    try:
        within = source if project == source.project_id else source.scoped_to(project)
    except (exceptions.Forbidden, exceptions.AuthenticationFailed):
        raise refused from None
    if kind is OBJECTS:
        return _containers(within, project)
    return len(within.list(kind.service, kind.path, kind.key))


def _seen_by_administrator(source: Cloud, kind: Kind, project: str) -> int:
    if kind is OBJECTS:
        return _containers(source, project)
    params = dict(kind.every)
    headers = {kind.header: project} if kind.header else {}
    if not headers:
        params[kind.one] = project
    found = source.list(
        kind.service, kind.path, kind.key, params=params, headers=headers
    )
    # A filter that a service does not know is ignored.
    return sum(each.get(kind.owner, project) == project for each in found)


def _everywhere(source: Cloud, kind: Kind) -> Mapping[str, int]:
    headers = {"X-Auth-All-Projects": "true"} if kind.header else {}
    found = source.list(
        kind.service,
        kind.path,
        kind.key,
        params=kind.every,
        headers=headers,
        microversion=kind.microversion,
    )
    if not all(each.get(kind.owner) for each in found):
        raise exceptions.UnexpectedAnswer("the list does not say whose they are")
    return Counter(str(each[kind.owner]) for each in found)


def _containers(cloud: Cloud, project: str) -> int:
    """Of an account of Swift, of the project whose id is in its name."""
    account = cloud.url("object-store").rstrip("/").rpartition("/")[2]
    own = cloud.project_id
    if own not in account and project != own:
        raise exceptions.Forbidden("its address in the catalogue names no project")
    path = f"/{account.replace(own, project)}" if own in account else "/"
    try:
        answer = cloud.request("object-store", "HEAD", path)
    except exceptions.ResourceMissing:
        return 0  # it never stored anything
    return int(answer.headers.get("X-Account-Container-Count") or 0)


def _words(names: list[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
