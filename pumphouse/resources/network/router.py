# SPDX-License-Identifier: Apache-2.0
"""Routers: with their gateway; interfaces and static routes are types of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Difference, Finding, Need, Record, Ref, Resource
from pumphouse.resources.base import Fitness
from pumphouse.resources.context import Context
from pumphouse.resources.fields import Translate, copied, dropped, optional
from pumphouse.resources.network import places, staying
from pumphouse.resources.network.neutron import (
    STANDARD,
    NeutronType,
    all_dropped,
    without,
)
from pumphouse.resources.outlook import Outlook

GATEWAY = "external_gateway_info"
KINDS = ("distributed", "ha")
ADDRESSES = "gateway_addresses"  # no field: of its gateway, which is compared without


class Router(NeutronType):
    """A router.

    Its gateway keeps network and source NAT.  Under ``keep_floating_ip_addresses``
    its addresses are asked for, too; where one is taken on the destination, or of a
    subnet that is not there, the router gets another and the run notes it.
    """

    name = "router"
    path = "/routers"
    singular = "router"
    plural = "routers"
    counted = "router"
    fields = (
        *STANDARD,
        copied("name"),
        copied("admin_state_up"),
        copied("distributed", default=False),
        copied("ha", default=False),
        copied(
            GATEWAY,
            why="its way out",
            refs={"network_id": "network"},
            normal=lambda gateway: {
                "network_id": gateway.get("network_id"),
                "enable_snat": gateway.get("enable_snat", True),
            },
        ),
        copied("enable_ndp_proxy", default=False),
        copied("enable_default_route_bfd", default=False),
        copied("enable_default_route_ecmp", default=False),
        optional(
            "availability_zone_hints", "keep_availability_zone", default=[], normal=list
        ),
        dropped("routes", "each route is a resource of its own"),
        dropped("flavor_id", "router flavors are the destination's own"),
        dropped("service_type_id", "service providers are the destination's own"),
        dropped("external_gateways", "repeats external_gateway_info"),
        dropped("enable_snat", "repeats external_gateway_info"),
        dropped("conntrack_helpers", "conntrack helpers are not migrated yet"),
        dropped("evpn_vni", "EVPN is set up by the destination's operator"),
        *all_dropped(
            "follows from where it runs",
            *("status", "availability_zones", "gw_port_id", "ha_vr_id"),
        ),
    )
    extensions = {
        "distributed": "dvr",
        "ha": "l3-ha",
        "enable_ndp_proxy": "l3-ndp-proxy",
        "enable_default_route_bfd": "enable-default-route-bfd",
        "enable_default_route_ecmp": "enable-default-route-ecmp",
        "availability_zone_hints": "router_availability_zone",
    }

    def needs(self, resource: Resource) -> Iterator[Need]:
        yield from super().needs(resource)
        for ip in _gateway_ips(resource.record):
            # Weak: the operator may have said what takes its network's place.
            ref = Ref("subnet", ip["subnet_id"])
            yield Need(ref, "its gateway's subnet", must=False, brings=False)

    def body(self, ctx: Context, resource: Resource) -> dict[str, Any]:
        body = super().body(ctx, resource)
        if gateway := body.get(GATEWAY):
            keep = ctx.options.keep_floating_ip_addresses
            body[GATEWAY] = _asked(gateway, ctx.translate, keep)
        return body

    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        # A cloud that does not tell these kinds of routers apart has just one.
        unknown = {kind for kind in KINDS if kind not in destination.record}
        return super().compare(
            without(source, unknown), destination, translate, options
        )

    def create(self, ctx: Context, resource: Resource) -> str:
        try:
            return super().create(ctx, resource)
        except (exceptions.Conflict, exceptions.UnexpectedAnswer) as error:
            if not _addresses(resource) or not ctx.options.keep_floating_ip_addresses:
                raise
            made = self._with_another_address(ctx, resource, error)
        return str(made["id"])

    def finish(self, ctx: Context, resource: Resource, made: Record) -> None:
        """Also says so where its gateway has other addresses than asked for."""
        super().finish(ctx, resource, made)
        if not ctx.options.keep_floating_ip_addresses or GATEWAY not in made:
            return
        should = _addresses(resource)
        there = [ip["ip_address"] for ip in _gateway_ips(made)]
        if should and sorted(should) != sorted(there):
            event = "router.gateway_address"
            ctx.note(resource.ref, event, source=should, destination=there)
            ctx.not_kept(resource.ref, ADDRESSES)

    def _with_another_address(
        self, ctx: Context, resource: Resource, refused: exceptions.CloudError
    ) -> Record:
        body = self.body(ctx, resource)
        body[GATEWAY] = _asked(resource.record[GATEWAY], ctx.translate, False)
        body[GATEWAY]["network_id"] = ctx.destination_id(
            Ref("network", resource.record[GATEWAY]["network_id"])
        )
        try:
            made: Record = ctx.destination.post(
                self.service, self.path, {self.singular: body}, key=self.singular
            )
        except exceptions.CloudError as error:
            if error.status == refused.status:  # it was not about the address
                raise refused from None
            raise
        self.finish_made(ctx, resource, made)
        return made

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        yield from super().foresee(outlook)
        yield from places.zones(self.name, outlook)
        yield from staying.on_routers(outlook)

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        record, notes, announced = resource.record, [], []
        if record.get("flavor_id"):
            notes.append("its router flavor is not kept")
        if record.get("conntrack_helpers"):
            notes.append("its conntrack helpers are not kept")
        kinds = [kind for kind in KINDS if record.get(kind)]
        if kinds:
            notes.append(f"it stays {' and '.join(kinds)} only if the destination can")
            announced += kinds
        if (record.get(GATEWAY) or {}).get("qos_policy_id"):
            notes.append("the QoS policy of its gateway is not kept")
        if len(record.get("external_gateways") or ()) > 1:
            notes.append("only the first of its gateways is kept")
        if _addresses(resource):
            announced.append(ADDRESSES)
            there = ", ".join(_addresses(resource))
            kept = options.keep_floating_ip_addresses
            notes.append(
                f"its gateway address {there} is kept only if free on the destination"
                if kept
                else f"its gateway address {there} is not kept"
            )
        if record.get("availability_zone_hints") and not options.keep_availability_zone:
            notes.append("its availability zone hints are not kept")
        return Fitness(notes=tuple(notes), announced=tuple(announced))


def _gateway_ips(record: Record) -> list[dict[str, str]]:
    return list((record.get(GATEWAY) or {}).get("external_fixed_ips") or ())


def _addresses(resource: Resource) -> list[str]:
    return [ip["ip_address"] for ip in _gateway_ips(resource.record)]


def _asked(gateway: Record, translate: Translate, keep: bool) -> dict[str, Any]:
    """What to ask of a gateway, with or without its very addresses.

    :param gateway: with a network that is mapped, and subnets that are not
    """
    asked = {k: gateway[k] for k in ("network_id", "enable_snat") if k in gateway}
    ips = []
    for ip in gateway.get("external_fixed_ips") or ():
        subnet = translate(Ref("subnet", ip["subnet_id"]))
        if subnet is not None:
            address = {"ip_address": ip["ip_address"]} if keep else {}
            ips.append({"subnet_id": subnet, **address})
    return {**asked, "external_fixed_ips": ips} if ips else asked
