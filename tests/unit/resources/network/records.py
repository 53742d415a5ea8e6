# SPDX-License-Identifier: Apache-2.0
"""What Neutron says of small things, for the unit tests of its types."""

from __future__ import annotations

from typing import Any

from pumphouse import exceptions
from pumphouse.models import Ref
from tests.unit.resources.fakes import FakeContext

OWN = {
    "project_id": "p1",
    "tenant_id": "p1",
    "description": "",
    "tags": [],
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
    "revision_number": 1,
}
PROJECT = {Ref("project", "p1"): "P1"}


def network(**more: Any) -> dict[str, Any]:
    return {
        **OWN,
        "id": "n1",
        "name": "app",
        "admin_state_up": True,
        "mtu": 1450,
        "status": "ACTIVE",
        "shared": False,
        "port_security_enabled": True,
        "router:external": False,
        "provider:network_type": "vxlan",
        "provider:physical_network": None,
        "provider:segmentation_id": 7,
        "subnets": ["s1"],
        "availability_zone_hints": [],
        "qos_policy_id": None,
        **more,
    }


def subnet(**more: Any) -> dict[str, Any]:
    return {
        **OWN,
        "id": "s1",
        "name": "app-v4",
        "network_id": "n1",
        "ip_version": 4,
        "cidr": "10.0.0.0/24",
        "gateway_ip": "10.0.0.1",
        "allocation_pools": [{"start": "10.0.0.2", "end": "10.0.0.254"}],
        "enable_dhcp": True,
        "dns_nameservers": ["9.9.9.9", "1.1.1.1"],
        "host_routes": [],
        "ipv6_address_mode": None,
        "ipv6_ra_mode": None,
        "service_types": [],
        "subnetpool_id": None,
        "segment_id": None,
        **more,
    }


def router(**more: Any) -> dict[str, Any]:
    return {
        **OWN,
        "id": "r1",
        "name": "edge",
        "admin_state_up": True,
        "status": "ACTIVE",
        "distributed": False,
        "ha": False,
        "flavor_id": None,
        "availability_zone_hints": [],
        "routes": [],
        "external_gateway_info": None,
        **more,
    }


def gateway(**more: Any) -> dict[str, Any]:
    ips = [{"subnet_id": "sx", "ip_address": "203.0.113.5"}]
    return {
        "network_id": "nx",
        "enable_snat": False,
        "external_fixed_ips": ips,
        **more,
    }


def port(**more: Any) -> dict[str, Any]:
    return {
        **OWN,
        "id": "t1",
        "name": "web",
        "network_id": "n1",
        "mac_address": "fa:16:3e:00:00:01",
        "fixed_ips": [{"subnet_id": "s1", "ip_address": "10.0.0.5"}],
        "security_groups": ["g1"],
        "admin_state_up": True,
        "device_id": "",
        "device_owner": "",
        "port_security_enabled": True,
        "allowed_address_pairs": [],
        "extra_dhcp_opts": [],
        "binding:vnic_type": "normal",
        "binding:profile": {},
        **more,
    }


def interface(**more: Any) -> dict[str, Any]:
    return port(
        **{
            "id": "i1",
            "name": "",
            "device_id": "r1",
            "device_owner": "network:router_interface",
            "fixed_ips": [{"subnet_id": "s1", "ip_address": "10.0.0.1"}],
            "security_groups": [],
            "port_security_enabled": False,
            "gateway": True,
            **more,
        },
    )


def floating_ip(**more: Any) -> dict[str, Any]:
    return {
        **OWN,
        "id": "f1",
        "floating_network_id": "nx",
        "floating_ip_address": "203.0.113.9",
        "port_id": "t1",
        "fixed_ip_address": "10.0.0.5",
        "router_id": "r1",
        "status": "ACTIVE",
        "port_details": {"network_id": "n1", "device_owner": "compute:nova"},
        "port_forwardings": [],
        "qos_policy_id": None,
        **more,
    }


def rule(**more: Any) -> dict[str, Any]:
    return {
        **OWN,
        "id": "u1",
        "security_group_id": "g1",
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "tcp",
        "port_range_min": 22,
        "port_range_max": 22,
        "remote_ip_prefix": None,
        "remote_group_id": None,
        "remote_address_group_id": None,
        "normalized_cidr": None,
        **more,
    }


def everything_out(rule_id: str, ethertype: str = "IPv4", **more: Any) -> Any:
    """A rule such as Neutron puts into each new group."""
    return rule(
        id=rule_id,
        direction="egress",
        ethertype=ethertype,
        protocol=None,
        port_range_min=None,
        port_range_max=None,
        description=None,
        **more,
    )


def group(**more: Any) -> dict[str, Any]:
    return {
        **OWN,
        "id": "g1",
        "name": "web",
        "stateful": True,
        "shared": False,
        "security_group_rules": [],
        **more,
    }


def policy(object_id: str, **more: Any) -> dict[str, Any]:
    """That project p9 may use a network."""
    target = more.pop("target", "p9")
    return {
        "id": f"policy-{object_id}-{target}",
        "object_type": "network",
        "object_id": object_id,
        "action": "access_as_shared",
        "target_tenant": target,
        "project_id": "p1",
        "tenant_id": "p1",
        **more,
    }


def context(*bound: tuple[str, str], **more: Any) -> FakeContext:
    """A context in which project p1 is P1 and (type, id) is ID in capitals."""
    known = {Ref(kind, its): its.upper() for kind, its in bound}
    return FakeContext(bound={**PROJECT, **known}, **more)


def lost() -> exceptions.LostAnswer:
    return exceptions.LostAnswer("no answer")


def refused(status: int = 409, what: str = "no") -> exceptions.CloudError:
    kind = exceptions.Conflict if status == 409 else exceptions.UnexpectedAnswer
    return kind(what, status=status)
