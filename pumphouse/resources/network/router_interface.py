# SPDX-License-Identifier: Apache-2.0
"""Router interfaces: the ports by which routers reach subnets."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from typing import Any

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Difference, Record, Ref, Resource
from pumphouse.resources.base import Named
from pumphouse.resources.context import Context
from pumphouse.resources.fields import (
    Translate,
    by_key,
    copied,
    dropped,
    optional,
    reference,
    references,
)
from pumphouse.resources.listing import ID, PROJECT, Where
from pumphouse.resources.network import addresses, interfaces, policies
from pumphouse.resources.network.attachment import Attachment
from pumphouse.resources.network.neutron import STANDARD, NeutronType, all_dropped
from pumphouse.resources.relations import Discovered, Part


class RouterInterface(NeutronType):
    """A router interface.  Its id is ``<router id>/<port id>``.

    The record is the port's.  Discovery adds ``gateway``: whether each of its
    addresses is its subnet's gateway.  Where Neutron makes the very same port in the
    request that attaches the subnet, that is asked for.  Otherwise the port is made
    first: for its MAC (under ``keep_mac_addresses``), for addresses that are no
    gateways, and for all that an operator's own port has, such as a name or groups.
    A MAC is asked for, but an equal interface with another one is adopted.
    """

    name = "router-interface"
    path = "/ports"
    singular = "port"
    plural = "ports"
    in_client = False
    natural_key = ("device_id", "fixed_ips")
    fields = (
        *STANDARD,
        reference("device_id", "router", "the router it is on"),
        reference("network_id", "network", "the network it is on"),
        copied(
            "fixed_ips",
            why="the subnet it connects",
            refs={"[].subnet_id": "subnet"},
            normal=by_key("subnet_id", "ip_address"),
        ),
        copied("name"),
        copied("admin_state_up"),
        optional("mac_address", "keep_mac_addresses"),
        copied("port_security_enabled", default=False, send=False),
        references(
            "security_groups",
            "security-group",
            "it filters its traffic",
            default=[],
            send=False,
        ),
        copied(
            "allowed_address_pairs",
            default=[],
            normal=by_key("ip_address", "mac_address"),
            send=False,
        ),
        copied("extra_dhcp_opts", default=[], normal=by_key("opt_name", "ip_version")),
        copied("binding:vnic_type", default="normal"),
        dropped("gateway", "not the API's: see the type's description"),
        *all_dropped(
            "Neutron's own business on a router's port",
            *("device_owner", "status", "ip_allocation"),
            *("binding:host_id", "binding:profile", "binding:vif_details"),
            *("binding:vif_type", "data_plane_status"),
            *("dns_name", "dns_domain", "dns_assignment", "device_profile", "hints"),
            *("hardware_offload_type", "numa_affinity_policy", "resource_request"),
            *("propagate_uplink_status", "trunk_details", "trusted"),
            *("pvlan_type", "pvlan_community"),
        ),
        *all_dropped(
            "QoS policies are not migrated yet",
            *("qos_policy_id", "qos_network_policy_id"),
        ),
    )

    extensions = {
        "port_security_enabled": "port-security",
        "security_groups": "security-group",
        "allowed_address_pairs": "allowed-address-pairs",
        "extra_dhcp_opts": "extra_dhcp_opt",
        "binding:vnic_type": "binding",
    }

    called = ""
    within = "device_id"
    along = (Part("fixed_ips", "subnet"),)

    def identify(self, record: Record) -> str:
        return f"{record['device_id']}/{record['id']}"

    def title(self, resource: Resource, named: Named) -> str:
        """``router1 -> subnet1``."""
        record = resource.record
        subnets = sorted({ip["subnet_id"] for ip in record.get("fixed_ips") or ()})
        there = [named(Ref("subnet", each)) for each in subnets]
        there = there or [named(Ref("network", record["network_id"]))]
        return f"{named(Ref('router', record['device_id']))} -> {', '.join(there)}"

    def member(self, destination_id: str) -> str:
        return destination_id.partition("/")[2]

    # -- discovery --------------------------------------------------------
    def listed(self, cloud: Cloud, **filters: Iterable[str]) -> Iterator[Resource]:
        found = [*self._plain(cloud, **filters)]
        yield from self._knowing_gateways(found, interfaces.gateways(cloud, found))

    def coming(
        self,
        cloud: Cloud,
        part: Part,
        parents: Collection[Resource],
        found: Discovered,
    ) -> Iterator[Resource]:
        """Those on these subnets: of the subnet's owner, and its gateway, whoever's.

        Other projects' routers on a shared subnet are none of a selection's business;
        on any other subnet they are a part of how it works.  Who is on an external
        network is nobody's but its operator's.
        """
        inner = [s for s in parents if not s.record.get("router:external")]
        owners = {subnet.ref.id: subnet.project_id for subnet in inner}
        others: list[Resource] = []
        for each in self.on_subnets(cloud, inner):
            subnets = [ip["subnet_id"] for ip in each.record["fixed_ips"]]
            own = each.project_id in {owners.get(subnet) for subnet in subnets}
            if own or each.record["gateway"]:
                yield each
            else:
                others.append(each)
        if others:
            networks = {each.record["network_id"] for each in others}
            shared = policies.shared(cloud, networks)
            yield from (o for o in others if o.record["network_id"] not in shared)

    def on_subnets(
        self, cloud: Cloud, subnets: Collection[Resource]
    ) -> Iterator[Resource]:
        """The interfaces on these subnets, whoever owns them; one request."""
        wanted = [f"subnet_id={subnet.ref.id}" for subnet in subnets]
        found = [*self._plain(cloud, fixed_ips=wanted)]
        gateways = {s.ref.id: s.record.get("gateway_ip") for s in subnets}
        yield from self._knowing_gateways(found, gateways)

    def on_routers(self, cloud: Cloud, routers: Iterable[str]) -> Iterator[Resource]:
        """The interfaces of these routers, without ``gateway``; one request."""
        return self._plain(cloud, device_id=routers)

    def _plain(self, cloud: Cloud, **filters: Iterable[str]) -> Iterator[Resource]:
        return super().listed(cloud, **{"device_owner": interfaces.OWNERS, **filters})

    def read(self, cloud: Cloud, which: Where) -> Iterator[Resource]:
        if which.field == ID:
            yield from self.listed(cloud, id=[self.member(e) for e in which.values])
        elif which.field == PROJECT:
            found = [*self._plain(cloud, project_id=which.values)]
            known = interfaces.gateways(cloud, found, projects=which.values)
            yield from self._knowing_gateways(found, known)
        else:
            yield from super().read(cloud, which)

    def may_be_id(self, term: str) -> bool:
        return "/" in term

    # -- what is carried --------------------------------------------------
    def carried(self, record: Record, options: Options) -> Record:
        kept = addresses.carried(record, options)
        left_out = () if options.keep_mac_addresses else ("mac_address",)
        narrowed = {k: v for k, v in kept.items() if k not in left_out}
        return {**narrowed, "fixed_ips": record["fixed_ips"]}

    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        # Guests learn their router's MAC by asking: another is no other interface.
        found = super().compare(source, destination, translate, options)
        return tuple(each for each in found if each.field != "mac_address")

    # -- match ------------------------------------------------------------
    def key(self, resource: Resource, translate: Translate) -> Hashable | None:
        router = translate(Ref("router", resource.record["device_id"]))
        addresses = []
        for ip in resource.record["fixed_ips"]:
            subnet = translate(Ref("subnet", ip["subnet_id"]))
            if subnet is None:
                return None
            addresses.append((subnet, ip["ip_address"]))
        return None if router is None else (router, tuple(sorted(addresses)))

    def candidates(
        self, cloud: Cloud, resources: Collection[Resource], translate: Translate
    ) -> Iterator[Resource]:
        """Those of the same routers: whether one is a gateway is of no interest."""
        routers = {translate(Ref("router", self.place(each))) for each in resources}
        return self.on_routers(cloud, [each for each in routers if each])

    # -- steps ------------------------------------------------------------
    def create(self, ctx: Context, resource: Resource) -> str:
        router = ctx.destination_id(Ref("router", resource.record["device_id"]))
        with ctx.exclusively("interfaces", router):  # Neutron's own checks race
            port = Attachment(self, ctx, resource).made(router)
        self.finish_made(ctx, resource, {"id": port})
        return f"{router}/{port}"

    def delete(self, ctx: Context, destination_id: str) -> None:
        router, _, port = destination_id.partition("/")
        try:
            interfaces.change(ctx, router, "remove", {"port_id": port})
        except exceptions.ResourceMissing:  # gone, or made and never attached
            ctx.destination.delete(self.service, f"{self.path}/{port}")

    def leftover(self, ctx: Context, resource: Resource) -> str | None:
        found = super().leftover(ctx, resource)
        router = ctx.translate(Ref("router", resource.record["device_id"]))
        if found or router is None:
            return found
        left = Attachment(self, ctx, resource).left_behind()
        return f"{router}/{left['id']}" if left else None

    def _knowing_gateways(
        self, found: Iterable[Resource], gateways: dict[str, Any]
    ) -> Iterator[Resource]:
        for each in found:
            ips = each.record["fixed_ips"]
            known = all(gateways.get(ip["subnet_id"]) == ip["ip_address"] for ip in ips)
            yield self.resource({**each.record, "gateway": known})
