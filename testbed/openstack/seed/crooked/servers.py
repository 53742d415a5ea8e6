# SPDX-License-Identifier: Apache-2.0
"""Crooked servers: in every state, and what they were built of has changed since."""

import concurrent.futures

from testbed.openstack.seed.rest import wait

AT_ONCE = 2
# name -> (actions after it was built, the state they lead to)
STATES = {
    "running": ([], "ACTIVE"),
    "locked": ([{"lock": None}], "ACTIVE"),
    "paused": ([{"pause": None}], "PAUSED"),
    "suspended": ([{"suspend": None}], "SUSPENDED"),
    "shelved": ([{"shelve": None}], "SHELVED_OFFLOADED"),
    "rescued": ([{"rescue": {}}], "RESCUE"),
    "resized": ([{"resize": {"flavorRef": "larger"}}], "VERIFY_RESIZE"),
}
# name -> what differs from a plain server
ODD = {
    "tagged": {"tag": "management"},
    "pooled-address": {},
    "on-shared-network": {"network": "shared-by-policy"},
    "of-grown-image": {"image": "grown"},
    "of-hidden-image": {"image": "hidden"},
    "in-named-zone": {"zone": "nova"},
    "of-special-flavor": {"flavor": "special"},
}


def apply(site, public_id):
    """All servers, then the address that another project gives to one."""
    room = {"quota_set": {"instances": 2 * len({*STATES, *ODD})}}
    path = f"/os-quota-sets/{site.projects['crooked']}"
    site.admin.put("compute", path, room)
    servers = Servers(site)
    names = [name for name in (*STATES, *ODD) if name not in servers.known]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(servers.boot, names))
    pooled_address(site, servers.known["pooled-address"], public_id)


class Servers:
    """The tenant's servers by name, booted by their owner."""

    def __init__(self, site):
        self.site = site
        self.rest = site.cloud.login(site.person("crooked", "owner"), site.tenant)
        listed = self.rest.listing("compute", "/servers/detail", "servers")
        self.known = {server["name"]: server["id"] for server in listed}

    def boot(self, name):
        """Make one, and bring it into its state."""
        odd = ODD.get(name, {})
        nic = {"uuid": self.site.networks[odd.get("network", "lan")]}
        if "tag" in odd:
            nic["tag"] = odd["tag"]
        body = {
            "name": name,
            "imageRef": self.site.images[odd.get("image", "plain")],
            "flavorRef": self.site.flavors[odd.get("flavor", "small")],
            "networks": [nic],
        }
        if "zone" in odd:
            body["availability_zone"] = odd["zone"]
        made = self.rest.post("compute", "/servers", {"server": body})["server"]
        path = f"/servers/{made['id']}"
        actions, state = STATES.get(name, ([], "ACTIVE"))
        self._until("ACTIVE", path, name)
        for action in actions:
            if "resize" in action:
                action = {"resize": {"flavorRef": self.site.flavors["larger"]}}
            self.rest.post("compute", f"{path}/action", action)
        self._until(state, path, name)
        self.known[name] = made["id"]

    def _until(self, state, path, name):
        wait(lambda: self.rest.get("compute", path)["server"], (state,), name)


def pooled_address(site, server_id, public_id):
    """A floating IP of another project's, on a server of the tenant's."""
    ports = site.admin.listing("network", "/ports", "ports", device_id=server_id)
    port = next(iter(ports))
    body = {
        "floating_network_id": public_id,
        "port_id": port["id"],
        "project_id": site.projects["pool"],
    }
    found = site.admin.listing(
        "network", "/floatingips", "floatingips", port_id=port["id"]
    )
    if not list(found):
        site.admin.post("network", "/floatingips", {"floatingip": body})
