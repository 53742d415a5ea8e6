# SPDX-License-Identifier: Apache-2.0
"""Ports that users made, whether servers, users' own things or nothing use them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Difference, Finding, Record, Ref, Resource
from pumphouse.resources.base import Fitness, Named
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
from pumphouse.resources.listing import where
from pumphouse.resources.network import addresses, dhcp, owners, pairs, taken
from pumphouse.resources.network.neutron import STANDARD, NeutronType, all_dropped
from pumphouse.resources.outlook import Outlook
from pumphouse.resources.relations import Discovered, Part


class Port(NeutronType):
    """A port that a user made, or Nova did for a server.

    The ports of routers, DHCP, floating IPs, load balancers and the like are made
    by those and are not of this type (``owners``).  A ``device_owner`` of the user's
    own is carried; which device it was for is not: Nova takes no port that has one.
    """

    name = "port"
    path = "/ports"
    singular = "port"
    plural = "ports"
    counted = "port"
    natural_key = ("network_id", "mac_address")
    filters: ClassVar[Mapping[str, str]] = {
        **NeutronType.filters,
        "device_id": "device_id",
    }
    along = (Part("device_id", "server", before="its NIC"),)
    fields = (
        *STANDARD,
        copied("name"),
        reference("network_id", "network", "the network it is on"),
        copied(
            "fixed_ips",
            why="the subnet of its address",
            refs={"[].subnet_id": "subnet"},
            normal=by_key("subnet_id", "ip_address"),
        ),
        optional("mac_address", "keep_mac_addresses"),
        references("security_groups", "security-group", "it filters its traffic"),
        copied("port_security_enabled", default=True),
        copied("admin_state_up"),
        copied(
            "allowed_address_pairs",
            default=[],
            normal=by_key("ip_address", "mac_address"),
        ),
        copied("extra_dhcp_opts", default=[], normal=by_key("opt_name", "ip_version")),
        copied("binding:vnic_type", default="normal"),
        copied("dns_name", default=""),
        copied("dns_domain", default=""),
        copied("numa_affinity_policy", default=None),
        copied("propagate_uplink_status", default=True),
        copied("hardware_offload_type", default=None),
        copied("hints", default=None),
        copied("trusted", default=None),
        copied("pvlan_type", default=None),
        copied("pvlan_community", default=None),
        copied("device_owner", default=""),
        dropped("device_id", "Nova sets it when it attaches the port"),
        dropped("binding:profile", "it names devices of the source's hosts"),
        dropped("device_profile", "accelerators are not migrated yet"),
        dropped("trunk_details", "trunks are not migrated yet"),
        *all_dropped(
            "QoS policies are not migrated yet",
            *("qos_policy_id", "qos_network_policy_id"),
        ),
        *all_dropped(
            "follows from where it runs",
            *("status", "binding:host_id", "binding:vif_details", "binding:vif_type"),
            *("data_plane_status", "dns_assignment", "ip_allocation"),
            "resource_request",
        ),
    )
    extensions = {
        "tags": "tag-ports-during-bulk-creation",
        "security_groups": "security-group",
        "port_security_enabled": "port-security",
        "allowed_address_pairs": "allowed-address-pairs",
        "extra_dhcp_opts": "extra_dhcp_opt",
        "binding:vnic_type": "binding",
        "dns_name": "dns-integration",
        "dns_domain": "dns-domain-ports",
        "numa_affinity_policy": "port-numa-affinity-policy",
        "propagate_uplink_status": "uplink-status-propagation",
        "hardware_offload_type": "port-hardware-offload-type",
        "hints": "port-hints",
        "trusted": "port-trusted-vif",
        "pvlan_type": "pvlan",
        "pvlan_community": "pvlan",
    }
    vital = frozenset(("security_groups",))

    def title(self, resource: Resource, named: Named) -> str:
        """Its name, or ``10.0.0.5 on front``."""
        record = resource.record
        ips = [ip["ip_address"] for ip in record.get("fixed_ips") or ()]
        which = ", ".join(ips) or str(record["mac_address"])
        network = named(Ref("network", record["network_id"]))
        return resource.name or f"{which} on {network}"

    # -- discovery --------------------------------------------------------
    def listed(self, cloud: Cloud, **filters: Iterable[str]) -> Iterator[Resource]:
        for found in super().listed(cloud, **filters):
            if owners.movable(found.record.get("device_owner")):
                yield found

    def coming(
        self,
        cloud: Cloud,
        part: Part,
        parents: Collection[Resource],
        found: Discovered,
    ) -> Iterator[Resource]:
        """Of a server whose project's ports are all there: those in other projects."""
        known = {
            port.record["mac_address"]
            for ref, port in found.resources.items()
            if ref.type == self.name
        }
        missing = [
            server.ref.id
            for server in parents
            if Ref("project", server.project_id) not in found.followed
            or addresses.macs(server.record) - known
        ]
        yield from self.list(cloud, where("device_id", missing))

    # -- what is carried --------------------------------------------------
    def carried(self, record: Record, options: Options) -> Record:
        found = addresses.carried(record, options)
        kept = owners.own(record.get("device_owner"))
        return {k: v for k, v in found.items() if kept or k != "device_owner"}

    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        narrowed = self.narrowed(destination, options)
        found = super().compare(source, narrowed, translate, options)
        taken = source.record.get("device_id") and destination.record.get("device_id")
        # Nova writes its own word upon what it attaches.
        return tuple(d for d in found if not taken or d.field != "device_owner")

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        yield from super().foresee(outlook)
        yield from pairs.refused(outlook)
        yield from taken.taken(outlook)

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        record, notes = resource.record, []
        if record.get("qos_policy_id"):
            notes.append("its QoS policy is not kept")
        if record.get("binding:profile"):
            notes.append("its binding profile is not kept")
        if record.get("device_profile"):
            notes.append("its accelerator profile is not kept")
        if trunk := record.get("trunk_details"):
            count = len(trunk.get("sub_ports") or ())
            notes.append(f"its trunk with {count} subports is not kept")
        if record.get("device_owner") == "trunk:subport":
            notes.append("its trunk is not kept: it comes as a port of its own")
        if owners.own(record.get("device_owner")) and record.get("device_id"):
            notes.append(f"its device_id {record['device_id']} is not kept")
        if not options.keep_mac_addresses:
            notes.append("it gets another MAC address")
        if not options.keep_fixed_ips and record.get("fixed_ips"):
            notes.append("it gets another address in the same subnet")
        return Fitness(notes=tuple(notes))

    # -- steps ------------------------------------------------------------
    def body(self, ctx: Context, resource: Resource) -> dict[str, Any]:
        body = super().body(ctx, resource)
        tags = resource.record.get("tags")
        if tags and self.extensions["tags"] in ctx.destination.extensions():
            body["tags"] = tags
        return body

    def create(self, ctx: Context, resource: Resource) -> str:
        try:
            return super().create(ctx, resource)
        except exceptions.Conflict as error:
            ips = self.carried(resource.record, ctx.options)["fixed_ips"]
            wanted = [ip["ip_address"] for ip in ips if ip.get("ip_address")]
            network = Ref("network", resource.record["network_id"])
            # A retried request may have been taken at first: then it is looked up.
            if not error.retried and dhcp.make_way(ctx, network, wanted):
                return super().create(ctx, resource)
            error.hint = addresses.holders(ctx, resource.record) or error.hint
            raise

    def recognise(self, ctx: Context, resource: Resource) -> str | None:
        if ctx.options.keep_mac_addresses:
            return super().recognise(ctx, resource)
        return self.equal_and_free(ctx, resource)

    # -- undo -------------------------------------------------------------
    def used_by(
        self, ctx: Context, resource: Resource, destination_id: str
    ) -> Iterator[str]:
        """The server it is attached to: Neutron would take its NIC away."""
        path = f"{self.path}/{destination_id}"
        there = ctx.destination.find(self.service, path, self.singular) or {}
        if there.get("device_id"):
            yield f"server {there['device_id']}"
