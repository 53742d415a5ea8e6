# SPDX-License-Identifier: Apache-2.0
"""Static routes of routers: each one a resource, added without touching the others."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Record, Ref, Resource
from pumphouse.resources.base import Named
from pumphouse.resources.context import Context
from pumphouse.resources.fields import copied, dropped, reference
from pumphouse.resources.listing import ID, Where
from pumphouse.resources.network.neutron import NeutronType
from pumphouse.resources.relations import Discovered, Part

ATOMIC = "extraroute-atomic"


class Route(NeutronType):
    """A static route.  Its id is ``<router id>/<destination>/<next hop>``.

    It has no record of its own in the API.  Ours is made from the router's:
    ``router_id``, ``destination``, ``nexthop``, ``project_id`` of the router, and
    ``interface_id``, the router interface on whose subnet the next hop is: Neutron
    takes no route whose next hop is out of reach.
    """

    name = "route"
    path = "/routers"
    singular = "router"
    plural = "routers"
    project_field = ""
    called = ""
    in_client = False
    natural_key = ("router_id", "destination", "nexthop")
    filters = {"router_id": "id"}
    within = "router_id"
    nested = "routes"
    along = (
        Part("router_id", "router"),
        Part("interface_id", "router-interface"),
    )
    set_later = ()
    fields = (
        reference("router_id", "router", "the router it is on"),
        reference("interface_id", "router-interface", "the way to its next hop"),
        copied("destination"),
        copied("nexthop"),
        dropped("project_id", "its router's owner"),
    )

    def identify(self, record: Record) -> str:
        return f"{record['router_id']}/{record['destination']}/{record['nexthop']}"

    def resource(self, record: Record) -> Resource:
        return Resource(
            ref=Ref(self.name, self.identify(record)),
            name=f"{record['destination']} via {record['nexthop']}",
            record=record,
            project_id=str(record.get("project_id") or ""),
        )

    def title(self, resource: Resource, named: Named) -> str:
        """``10.9.0.0/16 via 10.0.0.9 of router1``."""
        router = named(Ref("router", resource.record["router_id"]))
        return f"{resource.name} of {router}"

    def carried(self, record: Record, options: Options) -> Record:
        return {k: v for k, v in record.items() if k != "interface_id"}

    # -- discovery --------------------------------------------------------
    def listed(self, cloud: Cloud, **filters: Iterable[str]) -> Iterator[Resource]:
        """The routes of all routers that pass *filters*."""
        params = {name: sorted(set(values)) for name, values in filters.items()}
        if not all(params.values()):
            return
        for router in cloud.list(self.service, self.path, self.plural, params=params):
            for route in router.get("routes") or ():
                yield self.resource(_record(router, route))

    def read(self, cloud: Cloud, which: Where) -> Iterator[Resource]:
        if which.field != ID:
            return super().read(cloud, which)
        return self.listed(cloud, id=[split(each)[0] for each in which.values])

    def may_be_id(self, term: str) -> bool:
        return term.count("/") > 1

    def coming(
        self,
        cloud: Cloud,
        part: Part,
        parents: Collection[Resource],
        found: Discovered,
    ) -> Iterator[Resource]:
        """The routes by way of the gateways of these routers, or of these interfaces.

        Not by way of a router's other interfaces: those may be of others, and would
        bring others' networks.
        """
        records = [each.record for each in parents]
        if part.field == "router_id":
            yield from self.reachable(cloud, records, map(_gateway, records), found)
            return
        ids = {port["device_id"] for port in records}
        known = {each: found.resources.get(Ref("router", each)) for each in ids}
        routers = [each.record for each in known.values() if each is not None]
        absent = sorted(each for each in ids if known[each] is None)
        if absent:
            params = {"id": absent}
            routers += cloud.list(self.service, self.path, self.plural, params=params)
        yield from self.reachable(cloud, routers, records, found)

    def reachable(
        self,
        cloud: Cloud,
        routers: Iterable[Record],
        ports: Iterable[Record],
        found: Discovered,
    ) -> Iterator[Resource]:
        """The routes whose next hop lies in a subnet of one of *ports*.

        One request at most, for the ranges of subnets that were not found.

        :param ports: their ports; those of gateways have no ``id``
        """
        having = {router["id"]: router for router in routers if router.get("routes")}
        ways = [
            (port["device_id"], ip["subnet_id"], port.get("id"))
            for port in ports
            if port["device_id"] in having
            for ip in port["fixed_ips"]
        ]
        ranges = _ranges(cloud, {subnet for _, subnet, _ in ways}, found)
        for router in having.values():
            for route in router["routes"]:
                hop = ipaddress.ip_address(route["nexthop"])
                for device, subnet, port in ways:
                    if device == router["id"] and hop in ranges.get(subnet, ()):
                        yield self.resource(_record(router, route, port))
                        break

    # -- steps ------------------------------------------------------------
    def create(self, ctx: Context, resource: Resource) -> str:
        router = ctx.destination_id(Ref("router", resource.record["router_id"]))
        route = {k: resource.record[k] for k in ("destination", "nexthop")}
        change(ctx, router, route, add=True)
        return f"{router}/{route['destination']}/{route['nexthop']}"

    def delete(self, ctx: Context, destination_id: str) -> None:
        router, destination, nexthop = split(destination_id)
        route = {"destination": destination, "nexthop": nexthop}
        try:
            change(ctx, router, route, add=False)
        except exceptions.ResourceMissing:
            return  # the router is gone, and the route with it


def split(route_id: str) -> tuple[str, str, str]:
    """Router id, destination and next hop of a route's id."""
    router, _, rest = route_id.partition("/")
    destination, _, nexthop = rest.rpartition("/")
    return router, destination, nexthop


def change(ctx: Context, router: str, route: Mapping[str, str], *, add: bool) -> None:
    """Add or remove one route; already done is fine."""
    cloud, path = ctx.destination, f"/routers/{router}"
    if ATOMIC in cloud.extensions():
        verb = "add_extraroutes" if add else "remove_extraroutes"
        cloud.put("network", f"{path}/{verb}", {"router": {"routes": [dict(route)]}})
        return
    with ctx.exclusively("routes", router):
        routes = cloud.get("network", path, "router").get("routes") or []
        kept = [each for each in routes if each != route]
        wanted = [*kept, dict(route)] if add else kept
        if wanted != routes:
            cloud.put("network", path, {"router": {"routes": wanted}})


def _gateway(router: Record) -> Record:
    """What stands for its gateway's port; whose id is nobody's business."""
    gateway = router.get("external_gateway_info") or {}
    ips = gateway.get("external_fixed_ips") or ()
    return {"device_id": router["id"], "fixed_ips": ips}


def _ranges(cloud: Cloud, subnets: set[str], found: Discovered) -> dict[str, Any]:
    known = {each: found.resources.get(Ref("subnet", each)) for each in subnets}
    records = [each.record for each in known.values() if each is not None]
    absent = sorted(each for each in subnets if known[each] is None)
    if absent:
        params = {"id": absent}  # as who brings the others of their networks asks
        records += cloud.list("network", "/subnets", "subnets", params=params)
    return {each["id"]: ipaddress.ip_network(each["cidr"]) for each in records}


def _record(router: Record, route: Record, port: str | None = None) -> Record:
    record = {
        "router_id": router["id"],
        "destination": route["destination"],
        "nexthop": route["nexthop"],
        "project_id": router.get("project_id"),
    }
    return {**record, "interface_id": f"{router['id']}/{port}"} if port else record
