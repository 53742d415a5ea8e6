# SPDX-License-Identifier: Apache-2.0
"""Networks: a tenant's own, shared ones, and the external ones addresses come from."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from typing import Any

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Difference, Finding, Need, Record, Ref, Resource
from pumphouse.resources.base import Fitness
from pumphouse.resources.context import Context
from pumphouse.resources.fields import Translate, copied, dropped, optional
from pumphouse.resources.network import limits, places, policies, surroundings
from pumphouse.resources.network.neutron import (
    STANDARD,
    NeutronType,
    all_dropped,
    without,
)
from pumphouse.resources.network.places import PROVIDER, prescribed
from pumphouse.resources.outlook import Outlook


class Network(NeutronType):
    """A network.

    The segment of a tenant's network is the destination's to allot.  That of an
    external, shared or flat network on a physical network is the operator's word
    and is carried.

    An external network is the same on both clouds if its name is, whoever owns
    it: operators prepare those by hand.  All others need the same owner, too.
    """

    name = "network"
    path = "/networks"
    singular = "network"
    plural = "networks"
    counted = "network"
    fields = (
        *STANDARD,
        copied("name"),
        copied("admin_state_up"),
        copied("mtu"),
        copied("port_security_enabled", default=True),
        copied("shared"),
        copied("router:external", default=False),
        copied("is_default", default=False),
        copied("dns_domain", default=""),
        copied("vlan_transparent", default=None),
        copied("project_default", default=False),
        copied("pvlan", default=False),
        copied("qinq", default=None),
        *(copied(path, default=None) for path in PROVIDER),
        optional(
            "availability_zone_hints", "keep_availability_zone", default=[], normal=list
        ),
        dropped("qos_policy_id", "QoS policies are not migrated yet"),
        dropped("segments", "the destination allots segments"),
        dropped("subnets", "each subnet is a resource of its own"),
        *all_dropped(
            "follows from where it runs",
            "status",
            "availability_zones",
            "l2_adjacency",
        ),
        *all_dropped(
            "follows from its subnets' pools",
            "ipv4_address_scope",
            "ipv6_address_scope",
        ),
    )
    extensions = {
        "mtu": "net-mtu-writable",
        "port_security_enabled": "port-security",
        "router:external": "external-net",
        "is_default": "auto-allocated-topology",
        "dns_domain": "dns-integration",
        "vlan_transparent": "vlan-transparent",
        "project_default": "project-default-networks",
        "pvlan": "pvlan",
        "qinq": "qinq",
        "availability_zone_hints": "network_availability_zone",
        **dict.fromkeys(PROVIDER, "provider"),
    }
    vital = frozenset(("router:external",))

    def carried(self, record: Record, options: Options) -> Record:
        left_out: set[str] = set()
        if not prescribed(record):
            left_out |= {*PROVIDER}
        if not record.get("router:external"):
            left_out.add("is_default")
        return {k: v for k, v in record.items() if k not in left_out}

    def listed(self, cloud: Cloud, **filters: Iterable[str]) -> Iterator[Resource]:
        return policies.as_everybody_sees(cloud, super().listed(cloud, **filters))

    def needs(self, resource: Resource) -> Iterator[Need]:
        for need in super().needs(resource):
            # The owner of an external network is no part of what it is.
            weak = need.ref.type == "project" and _external(resource)
            yield Need(need.ref, need.why, False, False) if weak else need

    def key(self, resource: Resource, translate: Translate) -> Hashable | None:
        if _external(resource):
            return ("external", resource.name)
        return super().key(resource, translate)

    def candidates(
        self, cloud: Cloud, resources: Collection[Resource], translate: Translate
    ) -> Iterator[Resource]:
        if any(map(_external, resources)):
            yield from self.listed(cloud, **{"router:external": ["true"]})
        others = [r for r in resources if not _external(r)]
        for found in super().candidates(cloud, others, translate):
            if not _external(found):
                yield found

    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        if _external(source):
            source = without(source, ["project_id"])
        return super().compare(source, destination, translate, options)

    def body(self, ctx: Context, resource: Resource) -> dict[str, Any]:
        owner = Ref("project", resource.project_id)
        if _external(resource) and ctx.translate(owner) is None:
            resource = without(resource, ["project_id"])
        return super().body(ctx, resource)

    def create(self, ctx: Context, resource: Resource) -> str:
        try:
            return super().create(ctx, resource)
        except exceptions.CloudError as error:
            if error.status == 400 and "MTU" in error.what:
                # A smaller one would cut the guests' packets without a word.
                error.hint = (
                    "Make the network on the destination with the MTU it allows and "
                    "'pumphouse register' it, once its guests can live with that"
                )
            raise

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        yield from super().foresee(outlook)
        yield from places.zones(self.name, outlook)
        yield from places.segments(outlook)
        yield from limits.mtu(outlook)
        yield from surroundings.findings(outlook)

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        record, notes = resource.record, []
        if record.get("qos_policy_id"):
            notes.append("its QoS policy is not kept")
        if record.get("segments"):
            notes.append("it has several segments; the destination allots one")
        if record.get("provider:physical_network") and not prescribed(record):
            segment = record.get("provider:segmentation_id")
            notes.append(
                f"its segment {segment} is not kept: the destination allots one"
            )
        if record.get("availability_zone_hints") and not options.keep_availability_zone:
            notes.append("its availability zone hints are not kept")
        return Fitness(notes=tuple(notes))


def _external(resource: Resource) -> bool:
    return bool(resource.record.get("router:external"))
