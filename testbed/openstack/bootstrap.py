# SPDX-License-Identifier: Apache-2.0
"""Makes the service users and catalogue entries of both clouds.

  python -m testbed.openstack.bootstrap

`prepare` runs it with the virtual environment's interpreter, as only that one is
sure to have openstacksdk.
"""

import openstack

from testbed.openstack import credentials
from testbed.openstack.layout import CLOUDS, Layout

TYPES = {
    "glance": "image",
    "placement": "placement",
    "neutron": "network",
    "nova": "compute",
    "cinder": "block-storage",
}
ROLES = ("admin", "service", "member", "reader")


def fill(layout, cloud):
    """Gives a bootstrapped Keystone what the other services need."""
    identity = openstack.connect(cloud=cloud).identity
    password = credentials.load(layout)[cloud]["service"]
    project = identity.create_project(
        name="service", domain_id="default", description="Service users"
    )
    roles = {role.name: role for role in identity.roles()}
    for name in ROLES:
        if name not in roles:
            roles[name] = identity.create_role(name=name)
    for name, kind in TYPES.items():
        user = identity.create_user(
            name=name,
            password=password,
            domain_id="default",
            default_project_id=project.id,
        )
        for role in ("admin", "service"):
            identity.assign_project_role_to_user(project, user, roles[role])
        service = identity.create_service(name=name, type=kind)
        for interface in ("public", "internal", "admin"):
            identity.create_endpoint(
                service_id=service.id,
                interface=interface,
                region_id="RegionOne",
                url=layout.url(cloud, name),
            )


def main():
    """Fills both clouds."""
    layout = Layout.from_environment()
    for cloud in CLOUDS:
        fill(layout, cloud)


if __name__ == "__main__":
    main()
