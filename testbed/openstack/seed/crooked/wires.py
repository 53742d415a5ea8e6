# SPDX-License-Identifier: Apache-2.0
"""Crooked networks: others' things in between, and what newer Neutrons refuse."""

from testbed.openstack.seed.crooked import people
from testbed.openstack.seed.crooked.base import BLANK, BREAK

# outside of the addresses that `plan_network` gives to tenants
LAN, SHARED, CORPORATE = "10.180.0.0/24", "10.181.0.0/24", "10.182.0.0/24"
WIDER = "10.182.0.0/16"
MULTICAST = "224.0.0.18"


def apply(here, there, public_id):
    """On the source; what stands on the destination already, there."""
    lan(here)
    operators_router(here, public_id)
    shared_network(here)
    shared_group(here)
    user_owned_ports(here)
    multicast_pair(here)
    padded_names(here)
    port_as_interface(here)
    overlapping_subnet(here, there)


def lan(site):
    """The network of the tenant's servers."""
    network(site, "lan", LAN)


def network(site, word, cidr, owner="crooked", **fields):
    """A network with one subnet, both of that name."""
    made = site.net("network", word, owner, **fields)
    site.networks[word] = made["id"]
    subnet = site.net(
        "subnet", word, owner, network_id=made["id"], cidr=cidr, ip_version=4
    )
    site.subnets[word] = subnet["id"]


def operators_router(site, public_id):
    """The way out of the tenant's network belongs to the operators."""
    gateway = {"network_id": public_id}
    edge = site.net("router", "edge", "operators", external_gateway_info=gateway)
    if not _interfaces(site, edge["id"]):
        body = {"subnet_id": site.subnets["lan"]}
        path = f"/routers/{edge['id']}/add_router_interface"
        site.admin.put("network", path, body)


def _interfaces(site, router_id):
    listed = site.admin.listing("network", "/ports", "ports", device_id=router_id)
    return [p for p in listed if p["device_owner"] == "network:router_interface"]


def shared_network(site):
    """A network of the operators' that a policy shares with the tenant alone."""
    network(site, "shared-by-policy", SHARED, "operators")
    _share(site, "network", site.networks["shared-by-policy"])


def shared_group(site):
    """A group of the operators' that a port of the tenant's is in."""
    group = site.net("security_group", "corporate", "operators")["id"]
    _share(site, "security_group", group)
    _port(site, "in-shared-group", security_groups=[group])


def _share(site, kind, thing_id):
    body = {
        "object_type": kind,
        "object_id": thing_id,
        "target_tenant": site.projects["crooked"],
        "action": "access_as_shared",
    }
    found = site.admin.listing(
        "network", "/rbac-policies", "rbac_policies", object_id=thing_id
    )
    if not [p for p in found if p["target_tenant"] == body["target_tenant"]]:
        site.admin.post("network", "/rbac-policies", {"rbac_policy": body})


def _port(site, name, word="lan", **fields):
    made = site.net("port", name, network_id=site.networks[word], **fields)
    site.ports[name] = made["id"]
    return made


def user_owned_ports(site):
    """Ports whose `device_owner` is a user's word, and looks like a service's."""
    for device_owner in ("network:vip", "k8s:metallb", "baremetal:none"):
        _port(site, device_owner, device_owner=device_owner)


def multicast_pair(site):
    """Older Neutrons take a multicast address as an address pair."""
    _port(site, "vrrp", allowed_address_pairs=[{"ip_address": MULTICAST}])


def padded_names(site):
    """Older Neutrons take names with blanks at their ends, and line breaks."""
    for name in (BLANK, BREAK):
        site.net("network", name)


def port_as_interface(site):
    """A router whose interface was made of a port with a MAC and a name of its own."""
    network(site, "behind", "10.183.0.0/24")
    address = {"subnet_id": site.subnets["behind"], "ip_address": "10.183.0.77"}
    router = site.net("router", "inner")
    if _interfaces(site, router["id"]):
        return
    port = _port(
        site,
        "leg",
        "behind",
        mac_address="fa:16:3e:77:77:77",
        fixed_ips=[address],
        description="Made before its router",
    )
    path = f"/routers/{router['id']}/add_router_interface"
    site.admin.put("network", path, {"port_id": port["id"]})


def overlapping_subnet(here, there):
    """A shared network of that name is on both clouds, with a wider subnet there."""
    people.project(there, "operators")
    name = here.name("crooked", "corporate")
    network(here, name, CORPORATE, "operators", shared=True)
    network(there, name, WIDER, "operators", shared=True)
    _port(here, "on-corporate", name)
