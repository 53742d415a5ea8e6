# SPDX-License-Identifier: Apache-2.0
"""Reads servers, each once, in two lists a project.

From microversion 2.47 on Nova says of a server's flavor everything but its id,
up to 2.46 nothing but its id.  A flavor may have been deleted, or made again
under its old name, since the server was created, so its name proves nothing:
the list is read in both ways and ``flavor`` gets its ``id`` back.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pumphouse.cloud.cloud import Cloud
from pumphouse.resources.listing import ID, PROJECT, Where

NEWEST = "2.100"  # every field the server type knows
WITH_FLAVOR_ID = "2.46"
_GROUPS_PAGE = 1000
# So many projects are read in one list of the whole cloud instead.
_MANY_PROJECTS = 20


def read(
    cloud: Cloud, server_id: str, microversion: str = WITH_FLAVOR_ID
) -> dict[str, Any] | None:
    """One server as it is now, in one request; None if there is none.

    Holds its user data: never keep it.
    """
    found: dict[str, Any] | None = cloud.find(
        "compute", f"/servers/{server_id}", "server", microversion=microversion
    )
    return found


def listed(cloud: Cloud, **filters: Any) -> list[dict[str, Any]]:
    """All servers of all projects that pass Nova's *filters*."""
    params = {"all_tenants": 1, **filters}

    def servers(microversion: str) -> list[dict[str, Any]]:
        return cloud.list(
            "compute",
            "/servers/detail",
            "servers",
            params=params,
            microversion=microversion,
        )

    found = servers(NEWEST)
    if not found:
        return []
    flavors = {s["id"]: s.get("flavor") or {} for s in servers(WITH_FLAVOR_ID)}
    groups = _groups(cloud) if cloud.side == "source" else {}
    return [
        {
            **server,
            "flavor": {**(server.get("flavor") or {}), **flavors.get(server["id"], {})},
            "server_groups": groups.get(server["id"], []),
        }
        for server in found
    ]


def those(cloud: Cloud, which: Where) -> Iterator[dict[str, Any]]:
    """The servers that *which* means, and perhaps others."""
    if which.field == ID:
        return by_ids(cloud, which.values)
    if which.field == PROJECT:
        return of_projects(cloud, which.values)
    if which.field == "name":
        return named(cloud, which.values)
    return iter(listed(cloud))


def of_projects(cloud: Cloud, project_ids: Collection[str]) -> Iterator[dict[str, Any]]:
    """All servers that belong to any of these projects."""
    if len(project_ids) > _MANY_PROJECTS:
        for server in listed(cloud):
            if server.get("tenant_id") in project_ids:
                yield server
        return
    for project_id in sorted(project_ids):
        yield from listed(cloud, project_id=project_id)


def by_ids(cloud: Cloud, ids: Collection[str]) -> Iterator[dict[str, Any]]:
    """The servers with these ids.

    Nova filters by one id at most, so one is read, and the list of its project
    has its siblings: the requests grow with the projects, not the servers.
    """
    missing = sorted(set(ids))
    while missing:
        first = read(cloud, missing.pop(0), NEWEST)
        if first is None:
            continue
        if missing:
            siblings = listed(cloud, project_id=first["tenant_id"])
            yield from (s for s in siblings if s["id"] in {first["id"], *missing})
            missing = sorted(set(missing) - {s["id"] for s in siblings})
            continue
        flavor = (read(cloud, first["id"]) or {}).get("flavor") or {}
        yield {**first, "flavor": {**(first.get("flavor") or {}), **flavor}}


def named(cloud: Cloud, terms: Collection[str]) -> Iterator[dict[str, Any]]:
    """Servers with one of these names: a pattern each, which is Nova's filter."""
    for term in sorted(terms):
        yield from listed(cloud, name=f"^{re.escape(term)}$")


def names(cloud: Cloud) -> Iterator[str]:
    """The names of the newest servers, in one request."""
    params = {"all_tenants": 1, "limit": _GROUPS_PAGE}
    found = cloud.get("compute", "/servers", "servers", params=params)
    return (str(server.get("name") or "") for server in found)


def _groups(cloud: Cloud) -> Mapping[str, list[str]]:
    """Server id -> ids of the server groups it is in."""
    members: dict[str, list[str]] = {}
    offset = 0
    while True:
        page = cloud.get(
            "compute",
            "/os-server-groups",
            "server_groups",
            params={"all_projects": True, "limit": _GROUPS_PAGE, "offset": offset},
        )
        for group in page:
            for member in group.get("members") or ():
                members.setdefault(member, []).append(group["id"])
        if len(page) < _GROUPS_PAGE:
            return members
        offset += _GROUPS_PAGE
