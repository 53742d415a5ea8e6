# SPDX-License-Identifier: Apache-2.0
"""Subnets: as they are, no gateway and switched-off DHCP included."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import ClassVar

from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Finding, Record, Resource
from pumphouse.resources.base import Fitness
from pumphouse.resources.fields import by_key, copied, dropped, reference
from pumphouse.resources.listing import ID, where
from pumphouse.resources.network import policies, ranges
from pumphouse.resources.network.neutron import STANDARD, NeutronType
from pumphouse.resources.network.router_interface import RouterInterface
from pumphouse.resources.outlook import Outlook


class Subnet(NeutronType):
    """A subnet.

    Its range is asked for in so many words, also where the source took it out of
    a pool, so that all addresses stay.
    """

    name = "subnet"
    path = "/subnets"
    singular = "subnet"
    plural = "subnets"
    natural_key = ("network_id", "cidr")
    filters: ClassVar[Mapping[str, str]] = {
        **NeutronType.filters,
        "network_id": "network_id",
    }
    within = "network_id"
    fields = (
        *STANDARD,
        copied("name"),
        reference("network_id", "network", "the network it is in"),
        copied("cidr"),
        copied("ip_version"),
        copied("gateway_ip", omit_none=False),  # left out would mean the first one
        copied("allocation_pools", normal=by_key("start")),
        copied("enable_dhcp"),
        copied("dns_nameservers"),  # in the order in which guests ask them
        copied("host_routes", normal=by_key("destination", "nexthop")),
        copied("ipv6_address_mode"),
        copied("ipv6_ra_mode"),
        copied("service_types", default=[], normal=sorted),
        copied("dns_publish_fixed_ip", default=False),
        dropped("subnetpool_id", "the range is asked for in so many words"),
        dropped("segment_id", "segments are the destination's own"),
        dropped("router:external", "follows from its network"),
        dropped("leak_routes", "BGP is set up by the destination's operator"),
    )
    extensions = {
        "service_types": "subnet-service-types",
        "dns_publish_fixed_ip": "subnet-dns-publish-fixed-ip",
    }

    def carried(self, record: Record, options: Options) -> Record:
        if not ranges.pools_implied(record):
            return record
        return {k: v for k, v in record.items() if k != "allocation_pools"}

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        yield from super().foresee(outlook)
        yield from ranges.refused(outlook)

    def belonging_to(
        self, cloud: Cloud, resources: Collection[Resource], whole_project: bool
    ) -> Iterator[Resource]:
        """Those of the networks found, whoever owns them.

        Older releases do not say of a subnet that its network is external: it is
        said here, so that ``companions`` need not ask for routers on it.
        """
        known = {each.ref.id for each in resources if each.ref.type == self.name}
        networks = [each.record for each in resources if each.ref.type == "network"]
        wanted = {one for each in networks for one in each.get("subnets") or ()}
        outside = {
            one
            for each in networks
            for one in each.get("subnets") or ()
            if each.get("router:external")
        }
        for found in self.list(cloud, where(ID, wanted - known)):
            of_external = {"router:external": True} if found.ref.id in outside else {}
            yield self.resource({**found.record, **of_external})

    def companions(
        self, cloud: Cloud, resources: Collection[Resource], whole_project: bool
    ) -> Iterator[Resource]:
        """The router interfaces on it: of its owner, and its gateway, whoever's.

        Other projects' routers on a shared subnet are none of this selection's
        business; on any other subnet they are a part of how it works.
        """
        inner = [
            each
            for each in resources
            if not (whole_project and each.record.get("router:external"))
        ]
        owners = {each.ref.id: each.project_id for each in inner}
        others: list[Resource] = []
        for found in RouterInterface().on_subnets(cloud, inner):
            subnets = [ip["subnet_id"] for ip in found.record["fixed_ips"]]
            own = found.project_id in {owners.get(each) for each in subnets}
            if own or found.record["gateway"]:
                yield found
            else:
                others.append(found)
        if others:
            networks = {each.record["network_id"] for each in others}
            shared = policies.shared(cloud, networks)
            yield from (o for o in others if o.record["network_id"] not in shared)

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        notes = []
        if resource.record.get("subnetpool_id"):
            notes.append("it no longer belongs to a subnet pool; its range is kept")
        if resource.record.get("segment_id"):
            notes.append("it is no longer tied to a segment")
        return Fitness(notes=tuple(notes))
