# SPDX-License-Identifier: Apache-2.0
"""What projects have in services that no resource type covers, and how to count it.

Each service's own API says how an administrator asks for another project: a filter, a
header, or not at all.  Types are those of the service-types authority, whose aliases
come with os-service-types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pumphouse.cloud.endpoints import Service, register

_ALL = {"all_tenants": "1"}

for _service, _about in {
    "load-balancer": Service("v2", optional=True),
    "dns": Service("v2", optional=True),
    "shared-file-system": Service("v2", "shared-file-system", optional=True),
    "orchestration": Service("v1", optional=True),
    "key-manager": Service("v1", optional=True),
    "database": Service("v1.0", optional=True),
    "container-infrastructure-management": Service("v1", optional=True),
    "application-container": Service("v1", optional=True),
    "object-store": Service("v1", optional=True, accounts=True),
}.items():
    register(_service, _about)


@dataclass(frozen=True)
class Kind:
    """One kind of thing that projects have in a service.

    :param service: its official type; the catalogue may have an alias of that
    :param name: of one; an ``s`` makes several
    :param path: of a list that has each thing's owner
    :param owner: the field that names it
    :param every: query for those of all projects, as an administrator
    :param one: the query's name for one project; "" if there is none
    :param header: names one project instead
    :param scoped: only a token of the project itself shows them
    :param of: there is none without one of that kind, which was counted before
    :param microversion: since when the list has the owner of each
    :param servers: servers may belong to it, or be reached through it
    """

    service: str
    name: str
    path: str
    key: str
    owner: str = "project_id"
    every: Mapping[str, str] = field(default_factory=dict)
    one: str = "project_id"
    header: str = ""
    scoped: bool = False
    of: str = ""
    microversion: str = ""
    servers: bool = False


KINDS = (
    Kind(
        *("block-storage", "volume", "/volumes/detail", "volumes"),
        owner="os-vol-tenant-attr:tenant_id",
        every=_ALL,
    ),
    Kind(
        *("block-storage", "volume snapshot", "/snapshots/detail", "snapshots"),
        owner="os-extended-snapshot-attributes:project_id",
        of="volume",
        every=_ALL,
    ),
    Kind(
        *("block-storage", "volume backup", "/backups/detail", "backups"),
        owner="os-backup-project-attr:project_id",
        microversion="3.18",
        every=_ALL,
    ),
    Kind(
        *("load-balancer", "load balancer", "/lbaas/loadbalancers", "loadbalancers"),
        servers=True,
    ),
    Kind(
        *("dns", "DNS zone", "/zones", "zones"),
        header="X-Auth-Sudo-Project-ID",
        servers=True,
    ),
    Kind(
        *("shared-file-system", "share", "/shares/detail", "shares"),
        every=_ALL,
        servers=True,
    ),
    Kind(
        *("orchestration", "stack", "/stacks", "stacks"),
        owner="project",
        every={"global_tenant": "true"},
        one="tenant",
        servers=True,
    ),
    Kind("key-manager", "secret", "/secrets", "secrets", scoped=True),
    Kind("database", "database instance", "/instances", "instances", scoped=True),
    Kind(
        *("container-infrastructure-management", "cluster", "/clusters", "clusters"),
        scoped=True,
        servers=True,
    ),
    Kind(
        "application-container", "container", "/containers", "containers", scoped=True
    ),
    Kind("object-store", "object container", "", ""),
)
OBJECTS = KINDS[-1]
