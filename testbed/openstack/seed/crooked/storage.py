# SPDX-License-Identifier: Apache-2.0
"""A volume of the crooked tenant, with a snapshot."""

from testbed.openstack.seed.rest import wait


def apply(site):
    """Both, as their owner makes them."""
    rest = site.cloud.login(site.person("crooked", "owner"), site.tenant)
    volume = _once(rest, "volume", {"name": "kept", "size": 1})
    _once(rest, "snapshot", {"name": "kept", "volume_id": volume})


def _once(rest, kind, body):
    listed = rest.listing("volume", f"/{kind}s/detail", f"{kind}s")
    found = next((thing for thing in listed if thing["name"] == body["name"]), None)
    if found is None:
        found = rest.post("volume", f"/{kind}s", {kind: body})[kind]
    path = f"/{kind}s/{found['id']}"
    wait(lambda: rest.get("volume", path)[kind], ("available",), f"{kind} kept")
    return found["id"]
