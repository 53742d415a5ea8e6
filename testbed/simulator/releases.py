# SPDX-License-Identifier: Apache-2.0
"""In what the simulated releases differ, as the real ones do."""

from __future__ import annotations

from dataclasses import dataclass

# Of Neutron with ML2 and the plugins router, trunk, segments, qos, port_forwarding
# and metering.
_EXTENSIONS = [
    "address-group",
    "address-scope",
    "agent",
    "agent-resources-synced",
    "allowed-address-pairs",
    "auto-allocated-topology",
    "availability_zone",
    "availability_zone_filter",
    "binding",
    "binding-extended",
    "default-subnetpools",
    "dhcp_agent_scheduler",
    "dvr",
    "empty-string-filtering",
    "expose-port-forwarding-in-fip",
    "ext-gw-mode",
    "external-net",
    "extra_dhcp_opt",
    "extraroute",
    "extraroute-atomic",
    "filter-validation",
    "fip-port-details",
    "flavors",
    "floating-ip-port-forwarding",
    "floating-ip-port-forwarding-description",
    "floating-ip-port-forwarding-detail",
    "floating-ip-port-forwarding-port-ranges",
    "floatingip-pools",
    "ip-substring-filtering",
    "ip_allocation",
    "l2_adjacency",
    "l3-flavors",
    "l3-ha",
    "l3-port-ip-change-not-allowed",
    "l3_agent_scheduler",
    "metering",
    "metering_source_and_destination_fields",
    "multi-provider",
    "net-mtu",
    "net-mtu-writable",
    "network-ip-availability",
    "network_availability_zone",
    "pagination",
    "port-device-profile",
    "port-mac-address-regenerate",
    "port-mac-override",
    "port-numa-affinity-policy",
    "port-resource-request",
    "port-resource-request-groups",
    "port-security",
    "port-security-groups-filtering",
    "project-id",
    "provider",
    "qos",
    "qos-bw-limit-direction",
    "qos-bw-minimum-ingress",
    "qos-default",
    "qos-fip",
    "qos-gateway-ip",
    "qos-port-network-policy",
    "qos-pps",
    "qos-pps-minimum",
    "qos-pps-minimum-rule-alias",
    "qos-rule-type-details",
    "qos-rule-type-filter",
    "qos-rules-alias",
    "quota-check-limit",
    "quota_details",
    "quotas",
    "rbac-address-group",
    "rbac-address-scope",
    "rbac-policies",
    "rbac-security-groups",
    "rbac-subnetpool",
    "revision-if-match",
    "router",
    "router-admin-state-down-before-update",
    "router_availability_zone",
    "security-group",
    "security-groups-normalized-cidr",
    "security-groups-remote-address-group",
    "security-groups-shared-filtering",
    "segment",
    "segments-peer-subnet-host-routes",
    "service-type",
    "sorting",
    "standard-attr-description",
    "standard-attr-revisions",
    "standard-attr-segment",
    "standard-attr-tag",
    "standard-attr-timestamp",
    "stateful-security-group",
    "subnet-segmentid-writable",
    "subnet-service-types",
    "subnet_allocation",
    "subnet_onboard",
    "subnetpool-prefix-ops",
    "trunk",
    "trunk-details",
]

_NEWER = [
    "aap-reject-multicast",
    "agent_sort_key",
    "floating-ip-router-writable",
    "network-ip-availability-details",
    "network_ha",
    "port-numa-affinity-policy-socket",
    "quota-check-limit-default",
    "security-groups-default-rules",
    "security-groups-default-statefulness",
    "security-groups-rules-belongs-to-default-sg",
    "subnet-external-network",
    "tag-creation",
]


@dataclass(frozen=True)
class Release:
    """One release.

    :param compute: Nova's newest microversion
    :param volume: Cinder's
    :param image: Glance's versions, the newest first
    :param roles: that Keystone makes when it is set up, each implying the next
    :param pages: whether Keystone honours ``limit``
    :param ec2_admin: whether /ec2tokens wants the token of an administrator
    """

    name: str
    compute: tuple[int, int]
    volume: tuple[str, str]
    image: tuple[str, ...]
    roles: tuple[str, ...]
    extensions: tuple[str, ...]
    pages: bool
    ec2_admin: bool
    newer: bool

    @property
    def belongs_to_default(self) -> bool:
        """Whether a rule says if its group is the default one."""
        return "security-groups-rules-belongs-to-default-sg" in self.extensions

    @property
    def external_subnets(self) -> bool:
        """Whether a subnet says if its network is external."""
        return "subnet-external-network" in self.extensions


_IMAGE = tuple(f"v2.{n}" for n in (9, 8, 7, 6, 5, 4, 3, 2, 1, 0))

RELEASES = {
    "zed": Release(
        name="zed",
        compute=(2, 93),
        volume=("3.70", "2022-08-31T00:00:00Z"),
        image=("v2.15", "v2.13", "v2.12", "v2.11", "v2.10", *_IMAGE),
        roles=("admin", "member", "reader"),
        extensions=tuple(sorted(_EXTENSIONS)),
        pages=False,
        ec2_admin=True,
        newer=False,
    ),
    "2026.2": Release(
        name="2026.2",
        compute=(2, 104),
        volume=("3.71", "2023-08-31T00:00:00Z"),
        image=("v2.17", "v2.15", "v2.13", "v2.12", "v2.11", "v2.10", *_IMAGE),
        roles=("admin", "manager", "member", "reader"),
        extensions=tuple(sorted([*_EXTENSIONS, *_NEWER])),
        pages=True,
        ec2_admin=True,
        newer=True,
    ),
}
