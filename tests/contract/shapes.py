# SPDX-License-Identifier: Apache-2.0
"""The top-level fields of each type's record, as both releases return them."""

from __future__ import annotations

_NEUTRON = (
    "id name project_id tenant_id description tags created_at updated_at "
    "revision_number "
)
_ALIKE = {
    "domain": "id name description enabled tags options links",
    "project": "id name domain_id description enabled parent_id is_domain tags options "
    "links",
    "user": "id name domain_id enabled password_expires_at options links",
    "role": "id name domain_id description options links",
    "credential": "id user_id type blob project_id links",
    "token": "methods user audit_ids expires_at issued_at project is_domain roles "
    "catalog",
    "assignment": "links scope user role",
    "application_credential": "id name description project_id user_id roles expires_at "
    "unrestricted system links",
    "trust": "id trustor_user_id trustee_user_id project_id impersonation expires_at "
    "remaining_uses deleted_at redelegation_count redelegated_trust_id links",
    "network": _NEUTRON
    + "admin_state_up mtu status subnets shared availability_zone_hints "
    "availability_zones ipv4_address_scope ipv6_address_scope router:external "
    "port_security_enabled qos_policy_id l2_adjacency provider:network_type "
    "provider:physical_network provider:segmentation_id",
    "subnet": _NEUTRON
    + "network_id ip_version subnetpool_id enable_dhcp ipv6_ra_mode ipv6_address_mode "
    "gateway_ip cidr allocation_pools host_routes dns_nameservers service_types "
    "segment_id",
    "port": _NEUTRON
    + "network_id mac_address admin_state_up status device_id device_owner fixed_ips "
    "allowed_address_pairs extra_dhcp_opts security_groups binding:vnic_type "
    "binding:profile binding:host_id binding:vif_type binding:vif_details "
    "port_security_enabled qos_policy_id qos_network_policy_id ip_allocation "
    "resource_request",
    "router": _NEUTRON
    + "admin_state_up status external_gateway_info availability_zones distributed ha "
    "availability_zone_hints routes flavor_id",
    "security_group": _NEUTRON + "stateful shared security_group_rules",
    "security_group_rule": "id project_id tenant_id description created_at updated_at "
    "revision_number security_group_id ethertype direction protocol port_range_min "
    "port_range_max remote_ip_prefix remote_address_group_id normalized_cidr "
    "remote_group_id",
    "floatingip": _NEUTRON.replace("name ", "")
    + "floating_ip_address floating_network_id router_id port_id fixed_ip_address "
    "status qos_policy_id port_details port_forwardings",
    "image": "name disk_format container_format visibility size virtual_size status "
    "checksum protected min_ram min_disk owner os_hidden os_hash_algo os_hash_value id "
    "created_at updated_at tags self file schema",
    "member": "member_id image_id status created_at updated_at schema",
    "flavor": "id name ram disk swap OS-FLV-EXT-DATA:ephemeral vcpus "
    "OS-FLV-DISABLED:disabled os-flavor-access:is_public rxtx_factor links description "
    "extra_specs",
    "keypair": "name public_key fingerprint type",
    "keypair alone": "name public_key fingerprint type user_id id created_at deleted "
    "deleted_at updated_at",
    "server": "id name status tenant_id user_id metadata hostId image flavor created "
    "updated addresses accessIPv4 accessIPv6 links OS-DCF:diskConfig progress "
    "OS-EXT-AZ:availability_zone config_drive key_name OS-SRV-USG:launched_at "
    "OS-SRV-USG:terminated_at OS-EXT-STS:task_state OS-EXT-STS:vm_state "
    "OS-EXT-STS:power_state os-extended-volumes:volumes_attached security_groups",
}
_HIDDEN = "OS-EXT-SRV-ATTR:"
_ADMIN = f"{_HIDDEN}host {_HIDDEN}instance_name {_HIDDEN}hypervisor_hostname"
_SINCE = {
    3: " ".join(
        _HIDDEN + name
        for name in [
            "reservation_id",
            "launch_index",
            "hostname",
            "kernel_id",
            "ramdisk_id",
            "root_device_name",
            "user_data",
        ]
    ),
    9: "locked",
    16: "host_status",
    19: "description",
    26: "tags",
    63: "trusted_image_certificates",
    73: "locked_reason",
    96: "pinned_availability_zone",
    100: "scheduler_hints",
}


def fields(kind: str, *, newer: bool) -> set[str]:
    """The fields of a *kind* of record."""
    found = set(_ALIKE[kind].split())
    if newer and kind == "security_group_rule":
        found.add("belongs_to_default_sg")
    if newer and kind == "subnet":
        found.add("router:external")
    return found


def server(minor: int) -> set[str]:
    """The fields of an ACTIVE server with a NIC, in a list, for an administrator."""
    found = set(_ALIKE["server"].split()) | set(_ADMIN.split())
    for since, names in _SINCE.items():
        if minor >= since:
            found |= set(names.split())
    return found
