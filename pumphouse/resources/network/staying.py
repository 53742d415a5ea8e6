# SPDX-License-Identifier: Apache-2.0
"""What is attached to a plan's networks, routers and addresses, and stays behind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from pumphouse.models import Finding, Record, Ref, Resource
from pumphouse.resources.network import owners
from pumphouse.resources.network.projects import Projects
from pumphouse.resources.outlook import Outlook
from pumphouse.text import some

_READ = ("id", "network_id", "project_id", "device_id", "device_owner", "fixed_ips")
_NAMED = 3  # addresses of one kind are named, the others counted


def on_networks(outlook: Outlook, projects: Projects) -> Iterator[Finding]:
    """The ports on networks to be created that are no part of the plan.  One list."""
    networks = {
        each.ref.id
        for each in outlook.created("network")
        if not each.record.get("router:external")
    }
    if not networks:
        return
    mine = {
        each.project_id
        for kind in ("network", "server")
        for each in outlook.created(kind)
    }
    params = {"network_id": sorted(networks), "fields": [*_READ]}
    found: dict[str, list[Record]] = defaultdict(list)
    for port in outlook.source.list("network", "/ports", "ports", params=params):
        server = outlook.resources.get(Ref("server", str(port.get("device_id"))))
        if not _stays(outlook, port, mine):
            continue
        if server is not None:
            yield _missing(server, projects.here(port["project_id"]))
        else:
            found[port["network_id"]].append(port)
    for network, ports in found.items():
        kinds: dict[str, list[Record]] = defaultdict(list)
        for each in ports:
            kinds[_whose(each, projects)].append(each)
        notes = (_left(kind, those) for kind, those in sorted(kinds.items()))
        yield Finding(Ref("network", network), notes=tuple(notes))


def behind_floating_ips(outlook: Outlook) -> Iterator[Finding]:
    """Floating IPs that lead to servers that stay; those that are others'."""
    for each in outlook.created("floating-ip"):
        port = outlook.resources.get(Ref("port", str(each.record.get("port_id"))))
        if port is None:
            continue
        if each.project_id != port.project_id:
            yield _along(outlook, each)
        if not port.record["device_owner"].startswith("compute:"):
            continue
        device = port.record["device_id"]
        if Ref("server", device) not in outlook.resources:
            said = f"it leads to a server that stays, {device}: nothing answers there"
            yield Finding(each.ref, notes=(said,))


def on_routers(outlook: Outlook) -> Iterator[Finding]:
    """Routers that are others'; routes by way of nothing that comes along."""
    for interface in outlook.created("router-interface"):
        router = outlook.resources.get(Ref("router", interface.record["device_id"]))
        network = outlook.resources.get(Ref("network", interface.record["network_id"]))
        if router and network and router.project_id != network.project_id:
            yield _along(outlook, router)
    carried = {
        (each.record["router_id"], each.record["destination"], each.record["nexthop"])
        for each in outlook.having("route")
    }
    for router in outlook.created("router"):
        for route in router.record.get("routes") or ():
            key = (router.ref.id, route["destination"], route["nexthop"])
            if key not in carried:
                said = (
                    f"its route {route['destination']} via {route['nexthop']} is not "
                    "kept: the next hop is on no subnet of it that comes along"
                )
                yield Finding(router.ref, notes=(said,))


def _stays(outlook: Outlook, port: Record, mine: Collection[str]) -> bool:
    """Whether anybody should be told of it.

    :param mine: whose ports come with a selection of their own
    """
    owner = port["device_owner"]
    if owner in owners.AGAIN - owners.ROUTERS:
        return False  # the destination makes its own
    if port["project_id"] in mine and owner not in owners.STAYING:
        return False
    composite = f"{port['device_id']}/{port['id']}"
    return not (
        Ref("port", port["id"]) in outlook.resources
        or Ref("router-interface", composite) in outlook.resources
    )


def _along(outlook: Outlook, resource: Resource) -> Finding:
    """A note on what is another project's than what it is attached to."""
    owner = outlook.resources.get(Ref("project", resource.project_id))
    whose = f"project {owner.label}" if owner else "another project"
    return Finding(resource.ref, notes=(f"it is {whose}'s and comes along",))


def _missing(server: Resource, project: str) -> Finding:
    return Finding(
        server.ref,
        blocked=f"one of its ports, without an address, is {project}'s and would not "
        "come along: give it to the server's project, or detach it",
    )


def _whose(port: Record, projects: Projects) -> str:
    service = owners.STAYING.get(port["device_owner"])
    if service:
        return f"a {service}"
    owner = projects.here(port["project_id"])
    return f"a router of {owner}" if port["device_owner"] in owners.ROUTERS else owner


def _left(whose: str, ports: Iterable[Record]) -> str:
    """``10.0.0.5, 10.0.0.6 and 2 more, of a load balancer, stay: ...``."""
    ips = sorted(ip["ip_address"] for port in ports for ip in port["fixed_ips"] or ())
    if not ips:
        return f"ports without an address, of {whose}, stay"
    said = f"{some(ips, _NAMED)}, of {whose}"
    if len(ips) == 1:
        return f"{said}, stays: on the destination anybody may get that address"
    return f"{said}, stay: on the destination anybody may get those addresses"
