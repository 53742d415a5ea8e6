# SPDX-License-Identifier: Apache-2.0
"""The configuration of Cinder: volumes are sparse files."""


def write(cloud):
    """cinder.conf."""
    locks = cloud.directory("cinder", "coordination")
    cloud.write(
        "cinder",
        "cinder.conf",
        {
            "DEFAULT": cloud.default(
                "cinder",
                host=f"{cloud.name}-ctl",
                my_ip="127.0.0.1",
                auth_strategy="keystone",
                api_paste_config=cloud.paste("cinder"),
                enabled_backends="files",
                default_volume_type="__DEFAULT__",
                glance_api_servers=cloud.url("glance"),
                image_conversion_dir=cloud.directory("cinder", "conversion"),
                periodic_interval=20,
                periodic_fuzzy_delay=0,
                # 60 s at every start without it
                scheduler_driver_init_wait_time=1,
                scheduler_default_filters="AvailabilityZoneFilter,CapacityFilter,"
                "CapabilitiesFilter",
                enable_force_upload=True,
            ),
            "files": {
                "volume_driver": "testbed.openstack.drivers.volume.FilesDriver",
                "volume_backend_name": "files",
                "testbed_volumes_dir": cloud.root / "volumes",
                "volume_dd_blocksize": "4M",
            },
            "coordination": {"backend_url": f"file://{locks}"},
            "database": cloud.database("cinder"),
            "keystone_authtoken": cloud.tokens("cinder"),
            "service_user": cloud.login("cinder", send_service_user_token=True),
            "nova": cloud.login("cinder"),
            **cloud.shared(),
        },
    )
