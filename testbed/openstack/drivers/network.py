# SPDX-License-Identifier: Apache-2.0
"""ML2 mechanism driver: any host can carry any port.

There is no agent and no data path. A port is bound and ACTIVE at once, so Nova gets
its network-vif-plugged events. Hosts in REFUSED get no port: a real
PortBindingFailed for tests.
"""

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api

REFUSED = set()


def handle(method, _parts, body):
    """Requests to /_testbed/unbindable."""
    if method == "PUT":
        REFUSED.clear()
        REFUSED.update(str(host) for host in body)
    elif method != "GET":
        raise ValueError("%s is not for unbindable" % method)
    return sorted(REFUSED)


class TestbedMechanismDriver(api.MechanismDriver):
    """Binds ordinary ports to the first segment it is offered."""

    def initialize(self):
        """Nothing to set up."""

    @property
    def connectivity(self):
        return portbindings.CONNECTIVITY_L2

    def bind_port(self, context):
        vnic = context.current.get(portbindings.VNIC_TYPE, portbindings.VNIC_NORMAL)
        if context.host in REFUSED or vnic != portbindings.VNIC_NORMAL:
            return
        details = {
            portbindings.CAP_PORT_FILTER: True,
            portbindings.VIF_DETAILS_BRIDGE_NAME: "br-int",
            portbindings.OVS_HYBRID_PLUG: False,
            portbindings.VIF_DETAILS_CONNECTIVITY: portbindings.CONNECTIVITY_L2,
        }
        for segment in context.segments_to_bind[:1]:
            context.set_binding(
                segment[api.ID],
                portbindings.VIF_TYPE_OVS,
                details,
                status=constants.PORT_STATUS_ACTIVE,
            )
