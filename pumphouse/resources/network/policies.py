# SPDX-License-Identifier: Apache-2.0
"""Neutron's RBAC policies: with whom a thing is shared, beside its owner.

What a record says of itself (``shared``, ``router:external``) is how it looks to
whoever asks: an administrator's project that a network is shared with sees one that
is ``shared``, and one that is external for a single project is so for all to see.
Only the policies tell for whom.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Record, Resource

EVERYBODY = "*"
SHARED = "access_as_shared"
EXTERNAL = "access_as_external"


@dataclass(frozen=True, slots=True)
class Policy:
    """That a project, or everybody, may use something.

    :param kind: ``network``, ``security_group``, ``address_group``, ``qos_policy``,
        ``address_scope``, ``subnetpool``, ``bgpvpn``, and what clouds may add
    :param owner: the project whose policy it is
    :param target: the project that may, or ``EVERYBODY``
    """

    kind: str
    object_id: str
    action: str
    target: str
    owner: str


def of(cloud: Cloud) -> list[Policy]:
    """All policies of the cloud, in one list that is the same for all who ask."""
    try:
        found = cloud.list("network", "/rbac-policies", "rbac_policies")
    except exceptions.ResourceMissing:  # a cloud without the extension
        return []
    return [_policy(record) for record in found]


def _policy(record: Record) -> Policy:
    return Policy(
        str(record["object_type"]),
        str(record["object_id"]),
        str(record["action"]),
        # Both names are there; which one is meant to stay has changed before.
        str(record.get("target_tenant") or record.get("target_project")),
        str(record.get("project_id") or ""),
    )


def targets(policies: Iterable[Policy], object_id: str, action: str) -> frozenset[str]:
    """For whom there is a policy of that action on that object."""
    return frozenset(
        each.target
        for each in policies
        if each.object_id == object_id and each.action == action
    )


def shared(cloud: Cloud, network_ids: Iterable[str]) -> set[str]:
    """Which of these networks are shared with anybody."""
    found = of(cloud)
    return {each for each in network_ids if targets(found, each, SHARED)}


def as_everybody_sees(cloud: Cloud, found: Iterable[Resource]) -> Iterator[Resource]:
    """Networks, ``shared`` only if they are with everybody.

    One more request, if any of them says that it is shared.
    """
    networks = [*found]
    if not any(each.record.get("shared") for each in networks):
        yield from networks
        return
    policies = of(cloud)
    for each in networks:
        with_all = EVERYBODY in targets(policies, each.ref.id, SHARED)
        if each.record.get("shared") and not with_all:
            each = replace(each, record={**each.record, "shared": False})
        yield each
