# SPDX-License-Identifier: Apache-2.0
"""The configuration of Neutron: ML2 with a driver that binds every port."""

PLUGINS = "router,trunk,segments,qos,port_forwarding,metering"


def write(cloud):
    """neutron.conf."""
    cloud.write(
        "neutron",
        "neutron.conf",
        {
            "DEFAULT": cloud.default(
                "neutron",
                bind_host="127.0.0.1",
                auth_strategy="keystone",
                api_paste_config=cloud.paste("neutron"),
                core_plugin="ml2",
                service_plugins=PLUGINS,
                notify_nova_on_port_status_changes=True,
                notify_nova_on_port_data_changes=True,
                dhcp_agent_notification=False,
                router_distributed=False,
                vlan_transparent=False,
                rpc_workers=0,
                rpc_state_report_workers=0,
            ),
            "database": cloud.database("neutron"),
            "keystone_authtoken": cloud.tokens("neutron"),
            "nova": cloud.login("nova"),
            "placement": cloud.login("neutron"),
            "quotas": {
                "quota_driver": "neutron.db.quota.driver_nolock.DbQuotaNoLockDriver"
            },
            "ml2": {
                "type_drivers": "flat,vlan,vxlan,local",
                "tenant_network_types": "vxlan",
                # openvswitch binds nothing without agents, but the trunk plugin
                # does not load unless it is named
                "mechanism_drivers": "testbed,openvswitch",
                "extension_drivers": "port_security,qos",
            },
            "ml2_type_flat": {"flat_networks": "*"},
            "ml2_type_vlan": {"network_vlan_ranges": "physnet1:100:999"},
            "ml2_type_vxlan": {"vni_ranges": "1:100000"},
            "securitygroup": {"enable_security_group": True},
            "agent": {"root_helper": ""},
            **cloud.shared(),
        },
    )
