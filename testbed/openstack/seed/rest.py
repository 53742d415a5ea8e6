# SPDX-License-Identifier: Apache-2.0
"""Requests to one cloud as one user, over openstacksdk's sessions.

The raw APIs are used on purpose: what the seed makes must not depend on how a
version of the SDK reads or writes a resource.
"""

import ipaddress
import time
import urllib.parse

import openstack
from keystoneauth1 import exceptions

from testbed.errors import TestbedError

# the newest that the oldest supported release knows and that has all we need
COMPUTE_VERSION = "compute 2.79"
VOLUME_VERSION = "volume 3.60"
FAILURES = (exceptions.ClientException, openstack.exceptions.SDKException)


class ApiError(TestbedError):
    """A service said no."""

    def __init__(self, method, path, response):
        super().__init__(
            f"{method} {path}: {response.status_code} {response.text[:300]}"
        )
        self.status = response.status_code


class Rest:
    """One cloud as one user sees it; `services` by their catalogue types."""

    def __init__(self, connection):
        try:
            self.adapters = {
                "identity": connection.identity,
                "compute": connection.compute,
                "network": connection.network,
                "image": connection.image,
                "volume": connection.block_storage,
            }
        except FAILURES as e:
            raise TestbedError(f"the cloud does not answer: {e}") from e

    def request(self, method, service, path, **more):
        """A request; the response if it went well, ApiError if not."""
        headers = dict(more.pop("headers", {}))
        version = {"compute": COMPUTE_VERSION, "volume": VOLUME_VERSION}.get(service)
        if version:
            headers["OpenStack-API-Version"] = version
        try:
            response = self.adapters[service].request(
                path, method, headers=headers, raise_exc=False, **more
            )
        except FAILURES as e:
            raise TestbedError(f"{service} of this cloud does not answer: {e}") from e
        if response.status_code >= 400:
            raise ApiError(method, path, response)
        return response

    def get(self, service, path, **params):
        """The answer of a GET."""
        return self.request("GET", service, path, params=params).json()

    def post(self, service, path, body):
        """The answer of a POST, if there is one."""
        response = self.request("POST", service, path, json=body)
        return response.json() if response.content else None

    def put(self, service, path, body=None):
        """A PUT."""
        self.request("PUT", service, path, **({} if body is None else {"json": body}))

    def patch(self, service, path, body):
        """A PATCH."""
        self.request("PATCH", service, path, json=body)

    def delete(self, service, path):
        """A DELETE; what is not there is as good as deleted."""
        try:
            self.request("DELETE", service, path)
        except ApiError as e:
            if e.status != 404:
                raise

    def listing(self, service, path, key, **params):
        """All of a collection, page after page."""
        while True:
            page = self.get(service, path, **params)
            yield from page[key]
            links = page.get(f"{key}_links") or []
            further = [x["href"] for x in links if x["rel"] == "next"]
            further += [page["next"]] if page.get("next") else []
            if not further:
                return
            query = urllib.parse.urlsplit(further[0]).query
            params = dict(urllib.parse.parse_qsl(query))


class Cloud:
    """One cloud of the testbed: its admin, and its users by name."""

    def __init__(self, name):
        try:
            self.connection = openstack.connect(cloud=name)
        except openstack.exceptions.ConfigException as e:
            raise TestbedError(f"no cloud {name}: {e}") from e
        self.auth = dict(self.connection.config.config["auth"])
        _only_here(name, self.auth["auth_url"])
        self.name = name
        self.admin = Rest(self.connection)
        self.users = {}

    def check(self):
        """Fails if nobody answers, or not to these credentials."""
        self.admin.get("identity", "/projects", name="admin")

    def login(self, user, project):
        """The cloud as one of the seed's users sees it, with their own password."""
        if user.name not in self.users:
            auth = {
                **self.auth,
                "username": user.name,
                "password": user.password,
                "project_name": project,
            }
            connection = openstack.connect(
                load_yaml_config=False,
                load_envvars=False,
                auth=auth,
                region_name="RegionOne",
                identity_api_version="3",
            )
            self.users[user.name] = Rest(connection)
        return self.users[user.name]


def wait(get, wanted, what, limit=180, bad=("ERROR", "error", "killed")):
    """Polls until `get` answers a thing with a wanted status."""
    end = time.monotonic() + limit
    while (thing := get())["status"] not in wanted:
        if thing["status"] in bad:
            raise TestbedError(f"{what} is {thing['status']}: {thing.get('fault', '')}")
        if time.monotonic() > end:
            raise TestbedError(f"{what} is still {thing['status']} after {limit} s")
        time.sleep(0.2)
    return thing


def _only_here(name, auth_url):
    """Seed and reset are for testbeds, never for a cloud that somebody uses."""
    host = urllib.parse.urlsplit(auth_url).hostname or ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    if not here:
        raise TestbedError(
            f"the cloud {name} is at {host}, not on this machine: refused"
        )
