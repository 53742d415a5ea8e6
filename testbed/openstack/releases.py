# SPDX-License-Identifier: Apache-2.0
"""What differs between the OpenStack releases that a cloud of the testbed can run.

`zed` is what Debian 12 ships, under the system's own interpreter; `2026.2` comes
from PyPI into one virtual environment.
"""

# Every one of these is a file below the package's own configuration directory
PASTE = {
    "nova": "api-paste.ini",
    "neutron": "api-paste.ini",
    "cinder": "api-paste.ini",
    "glance": "glance-api-paste.ini",
}

# service -> module with `application`, or module:factory
APPLICATIONS = {
    "2026.2": {
        "keystone": "keystone.wsgi.api",
        "glance": "glance.wsgi.api",
        "placement": "placement.wsgi.api",
        "neutron": "neutron.wsgi.api",
        "cinder": "cinder.wsgi.api",
        "nova": "nova.wsgi.osapi_compute",
    },
    "zed": {
        "keystone": "keystone.server.wsgi:initialize_public_application",
        "glance": "glance.common.wsgi_app:init_app",
        "placement": "placement.wsgi:init_application",
        "neutron": "testbed.openstack.workers:zed_neutron",
        "cinder": "cinder.wsgi.wsgi:initialize_application",
        "nova": "testbed.openstack.workers:zed_nova",
    },
}

# Zed knows only eventlet for these; run on native threads its neutron tells nova of
# a bound port late or never
GREEN = {"2026.2": (), "zed": ("nova", "cinder", "neutron")}

# what their processes need to be told: native threads where the release knows them
ENVIRONMENT = {
    "2026.2": {
        "OS_NOVA_DISABLE_EVENTLET_PATCHING": "1",
        "OS_CINDER_DISABLE_EVENTLET_PATCHING": "1",
    },
    "zed": {"EVENTLET_NO_GREENDNS": "yes"},
}


def python(layout, release):
    """The interpreter that has this release's libraries."""
    if release == "zed":
        return "/usr/bin/python3"
    return str(layout.venv / "bin" / "python")


def paste_file(layout, release, service):
    """The packaged paste pipeline of a service."""
    if release == "zed":
        share = layout.zed_share / "usr" / "share"
        return share / f"{service}-common" / PASTE[service]
    return layout.venv / "etc" / service / PASTE[service]
