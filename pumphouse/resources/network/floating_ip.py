# SPDX-License-Identifier: Apache-2.0
"""Floating IPs, with the port they lead to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Finding, Need, Record, Ref, Resource
from pumphouse.resources.base import Fitness
from pumphouse.resources.context import Context
from pumphouse.resources.fields import (
    Translate,
    copied,
    dropped,
    optional,
    reference,
)
from pumphouse.resources.listing import ID, PROJECT
from pumphouse.resources.network import owners, staying, taken
from pumphouse.resources.network.neutron import STANDARD, NeutronType
from pumphouse.resources.network.router_interface import RouterInterface
from pumphouse.resources.outlook import Outlook
from pumphouse.resources.relations import Part

ASSOCIATION = ("port_id", "fixed_ip_address", "router_id", "router_interfaces")


class FloatingIP(NeutronType):
    """A floating IP, associated as it is created.

    Neutron refuses the association until a router joins both networks, and the
    address until its subnet is there.  The API's record names neither, so discovery
    adds ``router_interfaces``, the ids of its router's interfaces on the port's
    network, and ``subnets`` of the external network for an unassociated one.
    """

    name = "floating-ip"
    path = "/floatingips"
    singular = "floatingip"
    plural = "floatingips"
    counted = "floatingip"
    called = "floating_ip_address"
    filters = {
        ID: "id",
        PROJECT: "project_id",
        "floating_ip_address": "floating_ip_address",
        "port_id": "port_id",
    }
    natural_key = ("floating_network_id", "floating_ip_address")
    along = (Part("port_id", "port"),)
    fields = (
        *STANDARD,
        reference("floating_network_id", "network", "the network it comes from"),
        optional("floating_ip_address", "keep_floating_ip_addresses"),
        reference("port_id", "port", "the port it leads to"),
        copied("fixed_ip_address"),
        reference("router_id", "router", "the router that translates it", send=False),
        copied("dns_name", default=""),
        copied("dns_domain", default=""),
        dropped("router_interfaces", "not the API's: see the type's description"),
        dropped("subnets", "not the API's: see the type's description"),
        dropped("port_details", "repeats its port"),
        dropped("port_forwardings", "port forwardings are not migrated yet"),
        dropped("qos_policy_id", "QoS policies are not migrated yet"),
        dropped("qos_network_policy_id", "QoS policies are not migrated yet"),
        dropped("distributed", "follows from its router"),
        dropped("status", "follows from where it runs"),
    )
    extensions = {"dns_name": "dns-integration", "dns_domain": "dns-integration"}

    # -- discovery --------------------------------------------------------
    def listed(self, cloud: Cloud, **filters: Iterable[str]) -> Iterator[Resource]:
        return self._with_ways(cloud, [*super().listed(cloud, **filters)])

    def candidates(
        self, cloud: Cloud, resources: Collection[Resource], translate: Translate
    ) -> Iterator[Resource]:
        owners = {translate(Ref("project", r.project_id)) for r in resources}
        there = [each for each in owners if each]
        return super().listed(cloud, project_id=there)

    def _with_ways(self, cloud: Cloud, found: list[Resource]) -> Iterator[Resource]:
        routers = {r.record["router_id"] for r in found if r.record.get("router_id")}
        ways: dict[tuple[str, str], list[str]] = defaultdict(list)
        for each in RouterInterface().on_routers(cloud, routers):
            on = each.record["device_id"], each.record["network_id"]
            ways[on].append(each.ref.id)
        loose = [r.record for r in found if not r.record.get("router_id")]
        subnets = _subnets(cloud, {record["floating_network_id"] for record in loose})
        for each in found:
            record = each.record
            network = (record.get("port_details") or {}).get("network_id", "")
            on = record.get("router_id") or "", network
            extra = {
                "router_interfaces": sorted(ways.get(on, ())),
                "subnets": sorted(subnets.get(record["floating_network_id"], ())),
            }
            yield self.resource({**record, **{k: v for k, v in extra.items() if v}})

    # -- what is carried --------------------------------------------------
    def resource(self, record: Record) -> Resource:
        return Resource(
            ref=Ref(self.name, self.identify(record)),
            name=str(record.get("floating_ip_address") or ""),
            record=record,
            project_id=str(record.get("project_id") or ""),
        )

    def needs(self, resource: Resource) -> Iterator[Need]:
        record = _associable(resource.record)
        for field in self.fields:
            yield from field.needs(record)
        for each in record.get("router_interfaces") or ():
            yield Need(Ref("router-interface", each), "the way to its port")
        for each in record.get("subnets") or ():
            # Weak: the operator may have said what takes its network's place.
            ref = Ref("subnet", each)
            yield Need(ref, "the subnet it comes from", must=False, brings=False)

    def carried(self, record: Record, options: Options) -> Record:
        carried = dict(_associable(record))
        if not options.keep_fixed_ips:  # Neutron takes the one that the port got
            carried.pop("fixed_ip_address", None)
        return carried

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        yield from super().foresee(outlook)
        yield from taken.outside(outlook)
        yield from staying.behind_floating_ips(outlook)

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        record, notes = resource.record, []
        if record.get("port_id") and not _associable(record).get("port_id"):
            owner = record["port_details"]["device_owner"]
            notes.append(f"it leads to a port of {owner} and comes unassociated")
        if record.get("qos_policy_id"):
            notes.append("its QoS policy is not kept")
        if record.get("port_forwardings"):
            count = len(record["port_forwardings"])
            notes.append(f"its {count} port forwardings are not kept")
        if not options.keep_floating_ip_addresses:
            notes.append("it gets another address")
        return Fitness(notes=tuple(notes))

    # -- steps ------------------------------------------------------------
    def create(self, ctx: Context, resource: Resource) -> str:
        try:
            return super().create(ctx, resource)
        except (exceptions.Conflict, exceptions.UnexpectedAnswer) as error:
            if ctx.options.keep_floating_ip_addresses:
                error.hint = (
                    f"Make {resource.name} available on the destination, or set "
                    "keep_floating_ip_addresses to false"
                )
            raise

    def used_by(
        self, ctx: Context, resource: Resource, destination_id: str
    ) -> Iterator[str]:
        """Another port than its own, which it leads to by now."""
        path = f"{self.path}/{destination_id}"
        there = ctx.destination.find(self.service, path, self.singular) or {}
        port = there.get("port_id")
        own = resource.record.get("port_id")
        if port and port != (ctx.translate(Ref("port", own)) if own else None):
            yield f"port {port}"

    def recognise(self, ctx: Context, resource: Resource) -> str | None:
        if ctx.options.keep_floating_ip_addresses:
            return super().recognise(ctx, resource)
        return self.equal_and_free(ctx, resource)


def _associable(record: Record) -> Record:
    """*record* without its association, if that is with what is not migrated."""
    owner = (record.get("port_details") or {}).get("device_owner") or ""
    if owners.movable(owner):
        return record
    return {k: v for k, v in record.items() if k not in ASSOCIATION}


def _subnets(cloud: Cloud, networks: set[str]) -> dict[str, list[str]]:
    if not networks:
        return {}
    params = {"id": sorted(networks)}  # as who brings these networks asks
    found = cloud.list("network", "/networks", "networks", params=params)
    return {each["id"]: each.get("subnets") or [] for each in found}
