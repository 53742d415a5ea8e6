# SPDX-License-Identifier: Apache-2.0
"""A tenant on both real clouds, whose servers the tests of servers move.

All but the servers is made on both sides by hand and bound, so that these tests
say something about servers only.
"""

from __future__ import annotations

import contextlib
import secrets
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openstack

from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.flow.context import RunContext
from pumphouse.models import Ref, Resource
from pumphouse.resources.compute.server import Server
from pumphouse.resources.listing import ID, where
from pumphouse.store import PlanRow, Store
from tests.clouds.resources.clouds import cloud

IMAGE = b"not much of a system" * 50_000
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEfTBNqQDXSAxbEHVUNPB1x5bCvqNSHYrbbh0dPJqq2e"


class Tenant:
    """One cloud's half: project, user, network, image, flavor, keypair."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.cloud = cloud
        self.name = name
        self._undo: list[tuple[str, str]] = []
        try:
            self._make()
        except BaseException:
            self.remove()
            raise

    def _make(self) -> None:
        cloud, name = self.cloud, self.name
        self.project = self.made(
            "identity", "/projects", project={"name": name, "domain_id": "default"}
        )
        self._password = secrets.token_urlsafe()
        user = {"name": name, "domain_id": "default", "password": self._password}
        self.user = self.made("identity", "/users", user=user)
        role = next(
            r["id"]
            for r in cloud.list("identity", "/roles", "roles")
            if r["name"] == "member"
        )
        cloud.put(
            "identity", f"/projects/{self.project}/users/{self.user}/roles/{role}", None
        )
        self.network = self.made(
            "network", "/networks", network={"name": name, "project_id": self.project}
        )
        self.subnet = self.made(
            "network",
            "/subnets",
            subnet={
                "network_id": self.network,
                "project_id": self.project,
                "ip_version": 4,
                "cidr": "10.78.0.0/24",
            },
        )
        self.flavor = self.made(
            "compute",
            "/flavors",
            flavor={"name": name, "ram": 64, "vcpus": 1, "disk": 1},
        )
        self.image = self._image()
        keypair = {"name": name, "public_key": KEY, "user_id": self.user}
        cloud.post("compute", "/os-keypairs", {"keypair": keypair}, microversion="2.10")

    def made(self, service: str, path: str, **body: Any) -> str:
        (singular,) = body
        made = self.cloud.post(service, path, body, singular)
        self._undo.append((service, f"{path}/{made['id']}"))
        return str(made["id"])

    def _image(self) -> str:
        body = {
            "name": self.name,
            "owner": self.project,
            "disk_format": "raw",
            "container_format": "bare",
        }
        image = str(self.cloud.post("image", "/images", body)["id"])
        self._undo.append(("image", f"/images/{image}"))
        self.cloud.request(
            "image",
            "PUT",
            f"/images/{image}/file",
            data=IMAGE,
            headers={"Content-Type": "application/octet-stream"},
        )
        return image

    def port(self, **more: Any) -> dict[str, Any]:
        body = {"network_id": self.network, "project_id": self.project, **more}
        made: dict[str, Any] = self.cloud.post(
            "network", "/ports", {"port": body}, "port"
        )
        self._undo.append(("network", f"/ports/{made['id']}"))
        return made

    def boot(self, **server: Any) -> str:
        """The id of a new server that the user creates, with the user's password."""
        with openstack.connect(cloud=self.cloud.name) as operator:
            user = operator.connect_as(
                username=self.name,
                password=self._password,
                project_id=self.project,
                user_domain_id="default",
            )
            answer = user.compute.post(
                "/servers", json={"server": server}, microversion="2.90"
            )
            openstack.exceptions.raise_from_response(answer)
            return str(answer.json()["server"]["id"])

    def servers(self) -> list[dict[str, Any]]:
        """All servers of the project."""
        return self.cloud.list(
            "compute",
            "/servers/detail",
            "servers",
            params={"all_tenants": 1, "project_id": self.project},
            microversion="2.90",
        )

    def keypairs_of_operator(self) -> list[str]:
        found = self.cloud.get("compute", "/os-keypairs", "keypairs")
        return [item["keypair"]["name"] for item in found]

    def clear(self) -> None:
        """No servers any more."""
        for server in self.servers():
            with contextlib.suppress(Exception):
                self.cloud.delete("compute", f"/servers/{server['id']}")
        for _ in range(200):
            if not self.servers():
                return

    def remove(self) -> None:
        with contextlib.suppress(Exception):
            self.clear()
        for service, path in reversed(self._undo):
            with contextlib.suppress(Exception):
                self.cloud.delete(service, path)


class World:
    """Both halves, and what a run knows."""

    def __init__(self) -> None:
        self.name = f"server-test-{uuid.uuid4().hex[:8]}"
        self.here = Tenant(cloud("source"), self.name)
        self.there = Tenant(cloud("destination"), self.name)
        self.kind = Server()

    def remove(self) -> None:
        self.here.remove()
        self.there.remove()

    def boot(self, **more: Any) -> Resource:
        """A source server, ACTIVE, created by its owner; as a plan would hold it."""
        ports = [self.here.port() for _ in range(2)]
        body = {
            "name": f"{self.name}-web",
            "imageRef": self.here.image,
            "flavorRef": self.here.flavor,
            "key_name": self.name,
            "networks": [{"port": p["id"]} for p in reversed(ports)],
            "metadata": {"role": "web", "tier": "1"},
            "description": "serves the pages",
            "tags": ["prod", "blue"],
            "user_data": "c2VjcmV0LWNhbmFyeQ==",
            "config_drive": True,
            "hostname": "web-one",
            **more,
        }
        made = self.here.boot(**body)
        self.twins = {}
        for port in ports:
            fixed = [{"ip_address": f["ip_address"]} for f in port["fixed_ips"]]
            twin = self.there.port(mac_address=port["mac_address"], fixed_ips=fixed)
            self.twins[Ref("port", port["id"])] = twin["id"]
        self.wait(self.here, made, "ACTIVE")
        return self.planned(made)

    def planned(self, server_id: str) -> Resource:
        (found,) = self.kind.list(self.here.cloud, where(ID, [server_id]))
        return Resource(
            found.ref, found.name, self.kind.saved(found.record), found.project_id
        )

    def wait(self, side: Tenant, server_id: str, status: str) -> None:
        with self.context() as ctx:
            ctx.wait(
                f"{server_id} to be {status}",
                lambda: self.status(side, server_id) == status or None,
                timeout=60,
            )

    def status(self, side: Tenant, server_id: str) -> str:
        found = side.cloud.find("compute", f"/servers/{server_id}", "server")
        return found["status"] if found else "gone"

    @contextlib.contextmanager
    def context(
        self, store: Store | None = None, **options: Any
    ) -> Iterator[RunContext]:
        """A run's context that knows everything but the servers."""
        with contextlib.ExitStack() as stack:
            if store is None:
                folder = stack.enter_context(tempfile.TemporaryDirectory())
                store = self.store(folder)
                stack.callback(store.close)
            ctx = RunContext(
                source=self.here.cloud,
                destination=self.there.cloud,
                store=store,
                writer=store.writer(store.run()),
                options=Options(**options),
                standing=self.standing(),
            )
            stack.callback(ctx.close)
            yield ctx

    def store(self, folder: str) -> Store:
        store = Store(f"sqlite:///{Path(folder) / 'pumphouse.db'}")
        plan = PlanRow(
            id="plan", digest="d", source="s", destination="d", title="", document="{}"
        )
        store.save_plan(plan)
        store.create_run("plan")
        return store

    def standing(self) -> dict[Ref, str]:
        here, there = self.here, self.there
        return {
            Ref("project", here.project): there.project,
            Ref("user", here.user): there.user,
            Ref("flavor", here.flavor): there.flavor,
            Ref("image", here.image): there.image,
            Ref("keypair", f"{here.user}/{self.name}"): f"{there.user}/{self.name}",
            **getattr(self, "twins", {}),
        }
