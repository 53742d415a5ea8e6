# SPDX-License-Identifier: Apache-2.0
"""The configuration of Glance: images are files."""


def write(cloud):
    """glance-api.conf."""
    default = cloud.default(
        "glance",
        enabled_backends="files:file",
        bind_host="127.0.0.1",
        node_staging_uri=f"file://{cloud.root / 'glance' / 'staging'}",
        worker_self_reference_url=cloud.url("glance"),
        show_image_direct_url=False,
        show_multiple_locations=False,
    )
    del default["state_path"]
    cloud.write(
        "glance",
        "glance-api.conf",
        {
            "DEFAULT": default,
            "database": cloud.database("glance"),
            "glance_store": {"default_backend": "files"},
            "files": {"filesystem_store_datadir": cloud.root / "images"},
            "os_glance_staging_store": {
                "filesystem_store_datadir": cloud.directory("glance", "staging")
            },
            "os_glance_tasks_store": {
                "filesystem_store_datadir": cloud.directory("glance", "tasks")
            },
            "paste_deploy": {
                "flavor": "keystone",
                "config_file": cloud.paste("glance"),
            },
            "keystone_authtoken": cloud.tokens("glance"),
            "image_format": {
                "disk_formats": "ami,ari,aki,vhd,vhdx,vmdk,raw,qcow2,vdi,iso,ploop"
            },
            **cloud.shared(),
        },
    )
