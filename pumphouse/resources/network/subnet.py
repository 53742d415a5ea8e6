# SPDX-License-Identifier: Apache-2.0
"""Subnets: as they are, no gateway and switched-off DHCP included."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import ClassVar

from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Finding, Record, Ref, Resource
from pumphouse.resources.base import Fitness
from pumphouse.resources.fields import by_key, copied, dropped, reference
from pumphouse.resources.listing import ID, where
from pumphouse.resources.network import ranges
from pumphouse.resources.network.neutron import STANDARD, NeutronType
from pumphouse.resources.outlook import Outlook
from pumphouse.resources.relations import Discovered, Part


class Subnet(NeutronType):
    """A subnet.

    Its range is asked for in so many words, also where the source took it out of
    a pool, so that all addresses stay.
    """

    name = "subnet"
    path = "/subnets"
    singular = "subnet"
    plural = "subnets"
    counted = "subnet"
    natural_key = ("network_id", "cidr")
    filters: ClassVar[Mapping[str, str]] = {
        **NeutronType.filters,
        "network_id": "network_id",
    }
    within = "network_id"
    along = (Part("network_id", "network"),)
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

    def coming(
        self,
        cloud: Cloud,
        part: Part,
        parents: Collection[Resource],
        found: Discovered,
    ) -> Iterator[Resource]:
        """Those of the networks found, whoever owns them.

        Older releases do not say of a subnet that its network is external: it is
        said here, so that nobody need ask for routers on it.
        """
        wanted: set[str] = set()
        outside: set[str] = set()
        for network in parents:
            of_it = network.record.get("subnets") or ()
            wanted.update(of_it)
            if network.record.get("router:external"):
                outside.update(of_it)
        absent = {e for e in wanted if Ref(self.name, e) not in found.resources}
        for each in self.list(cloud, where(ID, absent)):
            of_external = {"router:external": True} if each.ref.id in outside else {}
            yield self.resource({**each.record, **of_external})

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        notes = []
        if resource.record.get("subnetpool_id"):
            notes.append("it no longer belongs to a subnet pool; its range is kept")
        if resource.record.get("segment_id"):
            notes.append("it is no longer tied to a segment")
        return Fitness(notes=tuple(notes))
