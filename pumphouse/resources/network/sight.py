# SPDX-License-Identifier: Apache-2.0
"""Whether projects see, on the destination, the networks that they are on.

Nova creates a server as its owner.  A port on a network that its project does not
see is taken without a word, and the server comes up without an address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pumphouse.models import Action, Finding, Ref, Resource
from pumphouse.resources.network import policies
from pumphouse.resources.network.exposure import Exposure
from pumphouse.resources.network.policies import EVERYBODY, EXTERNAL, SHARED


def findings(exposure: Exposure) -> Iterator[Finding]:
    """Of servers to be created on such networks: blocked.  Of other ports: a note."""
    outlook = exposure.outlook
    mapped = _mapped(exposure)
    for port in outlook.having("port"):
        network = outlook.resources.get(Ref("network", port.record["network_id"]))
        server = outlook.resources.get(Ref("server", str(port.record["device_id"])))
        who = server or port
        if network is None or not _made(exposure, who):
            continue
        if _seen(exposure, network, who.project_id, mapped):
            continue
        if server is None:
            yield Finding(port.ref, notes=(_note(exposure, network, port),))
        else:
            yield Finding(server.ref, blocked=_block(exposure, network, server))


def _made(exposure: Exposure, resource: Resource) -> bool:
    return exposure.outlook.decisions[resource.ref].action is Action.CREATE


def _seen(
    exposure: Exposure, network: Resource, project: str, mapped: Mapping[str, str]
) -> bool:
    """Whether *project* is going to see what stands for *network*.

    :param mapped: the owners of networks that the operator mapped to
    """
    record, there = network.record, exposure.outlook.decisions[network.ref]
    user = exposure.outlook.translate(Ref("project", project))
    if there.destination_id in mapped:
        own = mapped[there.destination_id] == user
    else:
        own = network.project_id == project
    if own or not there.destination_id:
        return bool(own or record.get("shared") or record.get("router:external"))
    return any(
        {EVERYBODY, user}
        & policies.targets(exposure.there, there.destination_id, action)
        for action in (SHARED, EXTERNAL)
    )


def _mapped(exposure: Exposure) -> dict[str, str]:
    """The networks that the operator mapped to -> their owners.  One list, if any."""
    outlook = exposure.outlook
    used = {port.record["network_id"] for port in outlook.having("port")}
    ids = {
        outlook.decisions[network.ref].destination_id
        for network in outlook.having("network", Action.MAP)
        if network.ref.id in used
    }
    if not ids:
        return {}
    params = {"id": sorted(ids), "fields": ["id", "project_id"]}
    found = outlook.destination.list("network", "/networks", "networks", params=params)
    return {each["id"]: each.get("project_id") or "" for each in found}


def _note(exposure: Exposure, network: Resource, port: Resource) -> str:
    project = exposure.projects.here(port.project_id)
    return f"{project} is not going to see its network {network.label} there"


def _block(exposure: Exposure, network: Resource, server: Resource) -> str:
    projects = exposure.projects
    owner, user = projects.here(network.project_id), projects.here(server.project_id)
    made = exposure.outlook.decisions[network.ref].destination_id
    first = "" if made else f"migrate {owner} first, "
    name = user.removeprefix("project ")
    return (
        f"its network {network.label} of {owner} would not be shared with {user}, and "
        f"it would have no address: {first}share it there ('openstack network rbac "
        f"create --type network --action {SHARED} --target-project {name} "
        f"{network.label}'), then plan again; or map the network"
    )
