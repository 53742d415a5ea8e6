# SPDX-License-Identifier: Apache-2.0
"""Attaches a router: to subnets, or by a port that is made first."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pumphouse import exceptions
from pumphouse.models import Record, Ref, Resource
from pumphouse.resources.context import Context
from pumphouse.resources.fields import by_key
from pumphouse.resources.network import dhcp, interfaces

if TYPE_CHECKING:
    from pumphouse.resources.network.router_interface import RouterInterface

_PORTS = "/ports"
_in_order = by_key("subnet_id", "ip_address")


@dataclass(frozen=True)
class Attachment:
    """How one router interface comes to be on the destination."""

    kind: RouterInterface
    ctx: Context
    resource: Resource

    def made(self, router: str) -> str:
        """Make it; the id of its port.

        :param router: the destination's
        """
        carried = self.kind.carried(self.resource.record, self.ctx.options)
        if interfaces.attachable_by_subnet(carried):
            return self._by_subnets(router)
        return self._by_port(router)

    def left_behind(self) -> Record | None:
        """The port that an earlier try made and did not attach."""
        body = self._body()
        held = [f"ip_address={ip['ip_address']}" for ip in body["fixed_ips"]]
        params = {"network_id": body["network_id"], "fixed_ips": held}
        wanted = _in_order(body["fixed_ips"])
        found = self.ctx.destination.list("network", _PORTS, "ports", params=params)
        for port in found:
            ours = port["device_owner"] in ("", body["device_owner"])
            same = port["name"] == body["name"] and ours and not port["device_id"]
            if same and _in_order(port["fixed_ips"]) == wanted:
                return port
        return None

    def _by_subnets(self, router: str) -> str:
        port = ""
        for ip in self.resource.record["fixed_ips"]:
            subnet = self.ctx.destination_id(Ref("subnet", ip["subnet_id"]))
            try:
                what = {"subnet_id": subnet}
                answer = interfaces.change(self.ctx, router, "add", what)
            except exceptions.CloudError as error:
                if not port:
                    raise
                raise exceptions.Unfinished.after(error, str(self.resource)) from error
            port = str(answer["port_id"])
        return port

    def _by_port(self, router: str) -> str:
        made = self._port()
        port = str(made["id"])
        try:
            secured = interfaces.secured(self.resource.record)
            if secured and not made.get("port_security_enabled"):
                self._secure(port)
            interfaces.change(self.ctx, router, "add", {"port_id": port})
        except (exceptions.LostAnswer, exceptions.Unreachable, exceptions.ServiceError):
            raise
        except exceptions.CloudError as refused:
            try:
                self.ctx.destination.delete("network", f"{_PORTS}/{port}")
            except exceptions.CloudError:
                raise exceptions.Unfinished.after(
                    refused, str(self.resource)
                ) from refused
            raise
        return port

    def _port(self) -> Record:
        """A port with its addresses: a new one, or what an earlier try left."""
        try:
            return self._posted()
        except exceptions.Conflict:
            left = self.left_behind()
            if left is not None:
                return left
            network = Ref("network", self.resource.record["network_id"])
            wanted = [ip["ip_address"] for ip in self.resource.record["fixed_ips"]]
            if not dhcp.make_way(self.ctx, network, wanted):
                raise
        return self._posted()

    def _posted(self) -> Record:
        body = self._body()
        ips = self.resource.record["fixed_ips"]
        four = all(ipaddress.ip_address(ip["ip_address"]).version == 4 for ip in ips)
        if four and interfaces.secured(self.resource.record):
            # As its owner made it, in one request.
            made = self._post({**body, **self._security(), "device_owner": ""})
            if _in_order(made["fixed_ips"]) == _in_order(body["fixed_ips"]):
                return made
            # A subnet of automatic addresses gave it one, which it has not.
            self.ctx.destination.delete("network", f"{_PORTS}/{made['id']}")
        return self._post(body)

    def _post(self, body: Record) -> Record:
        made: Record = self.ctx.destination.post(
            "network", _PORTS, {"port": body}, key="port"
        )
        return made

    def _secure(self, port: str) -> None:
        """Neutron makes ports of routers without security; it may be set later."""
        body = {"port": self._security()}
        self.ctx.destination.put("network", f"{_PORTS}/{port}", body)

    def _security(self) -> dict[str, Any]:
        kind, record = self.kind, self.resource.record
        known = self.ctx.destination.extensions()
        return {
            field.path: field.translated(record, self.ctx.destination_id)
            for field in kind.fields
            if field.path in interfaces.SECURITY
            and field.path in record
            and kind.extensions[field.path] in known
        }

    def _body(self) -> dict[str, Any]:
        body = self.kind.body(self.ctx, self.resource)
        del body["device_id"]
        # On others' ports Neutron lets nobody choose a stateless IPv6 address.
        return {**body, "device_owner": interfaces.OWNERS[0]}
