# SPDX-License-Identifier: Apache-2.0
"""The configuration of Nova, whose conductor, scheduler and computes share it."""

import uuid

FILTERS = (
    "ComputeFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
    "SameHostFilter",
    "DifferentHostFilter",
)


def write(cloud):
    """nova.conf and the host's identity."""
    # Nova refuses a second start without it; the driver names the nodes itself
    (cloud.directory("nova") / "compute_id").write_text(str(uuid.uuid4()))
    cloud.write(
        "nova",
        "nova.conf",
        {
            "DEFAULT": _default(cloud),
            "api": {"auth_strategy": "keystone"},
            "wsgi": {"api_paste_config": cloud.paste("nova")},
            "api_database": cloud.database("nova_api"),
            "database": cloud.database("nova"),
            "keystone_authtoken": cloud.tokens("nova"),
            "service_user": cloud.login("nova", send_service_user_token=True),
            "placement": cloud.login("nova"),
            "glance": {"api_servers": cloud.url("glance")},
            "neutron": cloud.login("nova"),
            "cinder": cloud.login("nova", catalog_info="volumev3::publicURL"),
            "compute": {"live_migration_wait_for_vif_plug": False},
            "scheduler": {"discover_hosts_in_cells_interval": 60, "workers": 1},
            "conductor": {"workers": 1},
            "filter_scheduler": {
                "enabled_filters": ",".join(FILTERS),
                "track_instance_changes": False,
            },
            "vnc": {"enabled": False},
            **cloud.shared(),
        },
    )


def _default(cloud):
    return cloud.default(
        "nova",
        host=f"{cloud.name}-ctl",
        my_ip="127.0.0.1",
        compute_driver="testbedfiles.FilesDriver",
        instances_path=cloud.root / "instances",
        # 1800 s is how long Nova would wait for a dead host
        long_rpc_timeout=60,
        shutdown_timeout=5,
        instance_name_template=f"{cloud.name}-%08x",
        vif_plugging_is_fatal=False,
        vif_plugging_timeout=0,
        report_interval=10,
        service_down_time=60,
        allow_resize_to_same_host=True,
        resume_guests_state_on_host_boot=True,
        graceful_shutdown_timeout=0,
        manager_shutdown_timeout=0,
    )
