# SPDX-License-Identifier: Apache-2.0
"""NICs on external networks, to which Nova attaches only for administrators.

So says the default of its policy ``network:attach_external_network``, unless the
network is shared.  An administrator may have attached one to somebody else's server;
whoever rebuilds that is refused by the host, when the server is being built.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pumphouse.models import Action, Record, Ref, Resource
from pumphouse.resources.outlook import Outlook

_EXTERNAL = "router:external"


def refused(
    outlook: Outlook, server: Resource, ports: Iterable[Record]
) -> Iterator[str]:
    """Why its owner could not build it with these ports, and what to do."""
    for port in ports:
        network = _there(outlook, Ref("network", str(port.get("network_id"))))
        if network.get(_EXTERNAL) and not network.get("shared"):
            yield (
                f"its port {port['id']} is on the external network "
                f"{network.get('name')}, to which Nova attaches only an "
                "administrator's server: 'openstack server remove port "
                f"{server.ref.id} {port['id']}' on the source, and use a floating IP; "
                "then plan again"
            )


def _there(outlook: Outlook, ref: Ref) -> Record:
    """The network as it will be there; of others than external ones nobody asks."""
    source, decision = outlook.resources.get(ref), outlook.decisions.get(ref)
    if source is None or decision is None or not source.record.get(_EXTERNAL):
        return {}
    if decision.action in (Action.CREATE, Action.ADOPT):
        return source.record
    path = f"/networks/{decision.destination_id}"
    return outlook.destination.find("network", path, "network") or {}
