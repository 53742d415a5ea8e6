# SPDX-License-Identifier: Apache-2.0
"""Just enough of Nova and Neutron to move a server between two of them.

Unlike a script of answers it has a state, so that a move may be killed at any
request and taken up again, and the outcome be looked at.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from pumphouse import exceptions

MAC, TYPE = "OS-EXT-IPS-MAC:mac_addr", "OS-EXT-IPS:type"
TASK = "OS-EXT-STS:task_state"
_ACTIONS = {
    "suspend": ("ACTIVE", "SUSPENDED"),
    "resume": ("SUSPENDED", "ACTIVE"),
    "os-stop": ("ACTIVE", "SHUTOFF"),
    "os-start": ("SHUTOFF", "ACTIVE"),
    "pause": ("ACTIVE", "PAUSED"),
    "unpause": ("PAUSED", "ACTIVE"),
}


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours runs any more."""


class SimCloud:
    """One cloud with servers and ports.

    :param polls: how many looks at a server it takes until an action is over
    """

    def __init__(self, side: str, polls: int = 1) -> None:
        self.side = side
        self.user_id = f"{side}-operator"
        self.project_id = f"{side}-admin"
        self.servers: dict[str, dict[str, Any]] = {}
        self.ports: dict[str, dict[str, Any]] = {}
        self.keypairs: dict[tuple[str, str], dict[str, Any]] = {}
        self.identity: dict[str, dict[str, Any]] = {}  # Keystone's, by path
        self.images: dict[str, dict[str, Any]] = {}
        self.flavors: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.bodies: list[Any] = []
        self.newest = "2.96"
        self.polls = polls
        self.fault = ""  # what new servers end in ERROR with
        self.before: Callable[[str], None] = lambda name: None
        self.after: Callable[[str], None] = lambda name: None
        self._pending: dict[str, tuple[int, dict[str, Any]]] = {}
        self._made = 0

    # -- what a test puts in and looks at ------------------------------------
    def add_port(self, port_id: str, mac: str, address: str) -> None:
        self.ports[port_id] = {
            "id": port_id,
            "mac_address": mac,
            "address": address,
            "device_id": "",
            "admin_state_up": True,
            "project_id": f"{self.side}-project",
            "fixed_ips": [{"ip_address": address}],
        }

    def boot(
        self,
        body: Mapping[str, Any],
        *,
        user: str,
        project: str,
        server_id: str = "",
        status: str = "ACTIVE",
    ) -> dict[str, Any]:
        """A server as Nova would make it of *body*."""
        self._made += 1
        server_id = server_id or f"{self.side}-server-{self._made}"
        nics = [self.ports[nic["port"]] for nic in body["networks"]]
        for port in nics:
            if port["device_id"]:
                raise exceptions.Conflict(f"port {port['id']} is in use")
            port["device_id"] = server_id
        for nic, port in zip(body["networks"], nics, strict=True):
            port["tag"] = nic.get("tag")
        address = {TYPE: "fixed", "version": 4}
        self.servers[server_id] = {
            "id": server_id,
            "name": body["name"],
            "status": status,
            TASK: None,
            "tenant_id": project,
            "user_id": user,
            "image": {"id": body["imageRef"]},
            "flavor": {"id": body["flavorRef"]},
            "metadata": dict(body.get("metadata") or {}),
            "tags": list(body.get("tags") or []),
            "description": body.get("description"),
            "key_name": self._key(user, body.get("key_name")),
            "config_drive": "True" if body.get("config_drive") else "",
            "accessIPv4": body.get("accessIPv4", ""),
            "accessIPv6": body.get("accessIPv6", ""),
            "OS-DCF:diskConfig": body.get("OS-DCF:diskConfig", "MANUAL"),
            "OS-EXT-SRV-ATTR:hostname": body.get("hostname", body["name"]),
            "OS-EXT-SRV-ATTR:user_data": body.get("user_data"),
            "OS-EXT-AZ:availability_zone": body.get("availability_zone", "nova"),
            "os-extended-volumes:volumes_attached": [],
            "locked": False,
            "addresses": {
                "net": [
                    {**address, "addr": p["address"], MAC: p["mac_address"]}
                    for p in nics
                ]
            },
        }
        return self.servers[server_id]

    def _key(self, user: str, name: str | None) -> str | None:
        if name and (user, name) not in self.keypairs:
            raise exceptions.UnexpectedAnswer(f"no keypair {name} of {user}")
        return name

    def changes(self) -> list[str]:
        """The requests that may have changed something."""
        return [name for name in self.requests if not name.startswith("GET")]

    # -- the interface of Cloud ----------------------------------------------
    def microversion(self, service: str, wanted: str) -> str:
        def parsed(text: str) -> list[int]:
            return [int(part) for part in text.split(".")]

        return min(wanted, self.newest, key=parsed)

    def get(self, service: str, path: str, key: str = "", **more: Any) -> Any:
        found = self.find(service, path, key, **more)
        if found is None:
            raise exceptions.ResourceMissing("it does not exist")
        return found

    def find(self, service: str, path: str, key: str = "", **more: Any) -> Any:
        self._asked(f"GET {path}")
        if service == "identity":
            return self.identity.get(path)
        kind, _, name = path.strip("/").partition("/")
        if kind in ("images", "flavors"):
            return copy.deepcopy(getattr(self, kind).get(name))
        if kind == "os-keypairs":
            user = (more.get("params") or {}).get("user_id", self.user_id)
            return copy.deepcopy(self.keypairs.get((user, name)))
        if name.endswith("/os-interface"):
            return self._interfaces(name.partition("/")[0])
        self._advance(name)
        return copy.deepcopy(self.servers.get(name))

    def _interfaces(self, server_id: str) -> list[dict[str, Any]]:
        return [
            {"port_id": port["id"], "tag": port.get("tag")}
            for port in self.ports.values()
            if port["device_id"] == server_id
        ]

    def list(
        self, service: str, path: str, key: str, params: Any = None, **more: Any
    ) -> list[dict[str, Any]]:
        self._asked(f"GET {path}")
        params = params or {}
        if key == "ports":
            found = [
                p
                for p in self.ports.values()
                if params.get("device_id", p["device_id"]) == p["device_id"]
                and p["id"] in params.get("id", [p["id"]])
            ]
        else:
            found = [
                s
                for s in self.servers.values()
                if params.get("tags", "") in ("", *s["tags"])
                and params.get("project_id", s["tenant_id"]) == s["tenant_id"]
            ]
        return copy.deepcopy(found)

    def post(
        self, service: str, path: str, body: Any, key: str = "", **more: Any
    ) -> Any:
        return self._change("POST", path, body)

    def put(
        self, service: str, path: str, body: Any, key: str = "", **more: Any
    ) -> Any:
        return self._change("PUT", path, body)

    def delete(self, service: str, path: str, **more: Any) -> Any:
        return self._change("DELETE", path, None)

    # -- inside ----------------------------------------------------------------
    def as_user(self, user: str, project: str) -> SimUser:
        return SimUser(self, user, project)

    def _asked(self, name: str) -> None:
        self.requests.append(name)

    def _change(self, method: str, path: str, body: Any, user: str = "") -> Any:
        what = next(iter(body)) if path.endswith("/action") else ""
        name = f"{method} {path} {what}".strip()
        self.requests.append(name)
        self.bodies.append(body)
        self.before(name)
        answer = self._effect(method, path, body, user or self.user_id)
        self.after(name)
        return answer

    def _effect(self, method: str, path: str, body: Any, user: str) -> Any:
        words = path.strip("/").split("/")
        if words == ["servers"]:
            return self._create(body["server"], user)
        if words[0] == "os-keypairs":
            return self._keypair(method, words, body)
        if words[0] == "ports":
            if words[1] not in self.ports:
                raise exceptions.ResourceMissing("no such port")
            self.ports[words[1]].update(body["port"])
            return {}
        server = self.servers.get(words[1])
        if method == "DELETE":
            if server is not None:
                self._later(words[1], status="DELETED")
            return True
        if server is None:
            raise exceptions.ResourceMissing("it does not exist")
        if words[-1] == "tags":
            server["tags"] = list(body["tags"])
            return {}
        return self._action(server, next(iter(body)))

    def _create(self, body: dict[str, Any], user: str) -> dict[str, str]:
        project = body.pop("_project", f"{self.side}-project")
        made = self.boot(body, user=user, project=project, status="BUILD")
        if self.fault:
            fault = {"message": self.fault}
            self._later(made["id"], status="ERROR", fault=fault)
        else:
            self._later(made["id"], status="ACTIVE")
        return {"id": made["id"]}

    def _action(self, server: dict[str, Any], action: str) -> dict[str, Any]:
        if action in ("lock", "unlock"):
            server["locked"] = action == "lock"
            return {}
        was, becomes = _ACTIONS[action]
        if server["status"] != was or server[TASK]:
            raise exceptions.Conflict(f"cannot {action} while in {server['status']}")
        server[TASK] = action
        self._later(server["id"], status=becomes)
        return {}

    def _keypair(self, method: str, words: list[str], body: Any) -> Any:
        if method == "DELETE":
            return self.keypairs.pop((self.user_id, words[1]), None) is not None
        self.keypairs[self.user_id, body["keypair"]["name"]] = body["keypair"]
        return body["keypair"]

    def _later(self, server_id: str, **fields: Any) -> None:
        self._pending[server_id] = (self.polls, {**fields, TASK: None})

    def _advance(self, server_id: str) -> None:
        left, fields = self._pending.get(server_id, (0, {}))
        if not fields:
            return
        if left > 1:
            self._pending[server_id] = (left - 1, fields)
            return
        del self._pending[server_id]
        self.servers[server_id].update(fields)
        if fields["status"] == "DELETED":
            del self.servers[server_id]
            for port in self.ports.values():
                if port["device_id"] == server_id:
                    port["device_id"] = ""


class SimUser:
    """A cloud as one of its users, in one project."""

    def __init__(self, cloud: SimCloud, user: str, project: str) -> None:
        self._cloud = cloud
        self._user = user
        self._project = project

    def find(self, *asked: Any, **more: Any) -> Any:
        return self._cloud.find(*asked, **more)

    def list(self, *asked: Any, **more: Any) -> list[dict[str, Any]]:
        return self._cloud.list(*asked, **more)

    def post(
        self, service: str, path: str, body: Any, key: str = "", **more: Any
    ) -> Any:
        body = {"server": {**body["server"], "_project": self._project}}
        return self._cloud._change("POST", path, body, self._user)
