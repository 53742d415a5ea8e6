# SPDX-License-Identifier: Apache-2.0
"""What Nova would refuse of the plan's servers, or change, found before anything runs.

What ``POST /servers`` checks, or the scheduler and the hosts after it, is held against
what the plan has read of both clouds.  Lists are asked for only where there is
something to judge: of images and flavors that are mapped or came earlier, of zones
under their option, of Placement for flavors that ask it for something.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from pumphouse.models import Action, Finding, Record, Ref, Resource
from pumphouse.resources.compute import (
    server_access,
    server_build,
    server_external,
    server_hostname,
    server_zone,
)
from pumphouse.resources.compute.flavor_specs import Hosts
from pumphouse.resources.compute.server_fields import HOSTNAME, OWNER, ZONE
from pumphouse.resources.compute.server_standing import Standing, Standings
from pumphouse.resources.outlook import Outlook

_DNS = "dns-integration"


def foresee(outlook: Outlook) -> Iterator[Finding]:
    """Findings about the servers that the plan creates."""
    servers = outlook.created("server")
    if servers:
        foresight = _Foresight(outlook, servers)
        for server in servers:
            yield from foresight.of(server)


class _Foresight:
    def __init__(self, outlook: Outlook, servers: list[Resource]) -> None:
        self._outlook = outlook
        self._standings = Standings(outlook, servers)
        self._hosts = Hosts(outlook.destination)
        self._ports: defaultdict[str, list[Record]] = defaultdict(list)
        for port in outlook.having("port"):
            self._ports[str(port.record.get("device_id"))].append(port.record)

    @cached_property
    def _zones(self) -> server_zone.Zones:
        return server_zone.of(self._outlook.destination)

    def of(self, server: Resource) -> Iterator[Finding]:
        """Each reason by itself: all are told."""
        for reason in (
            *self._of_image_and_flavor(server),
            *self._of_names(server),
            *self._of_zone(server),
        ):
            if reason:
                yield Finding(server.ref, blocked=reason)
        yield from self._notes(server)

    # -- what blocks --------------------------------------------------------
    def _of_image_and_flavor(self, server: Resource) -> Iterator[str]:
        image, flavor = self._stands(server, "image"), self._stands(server, "flavor")
        if image is None or flavor is None:
            return  # the plan says so of these
        same = not image.there and not flavor.there
        yield from server_build.refused(
            server.record, image.record, flavor.record, image.where, same=same
        )
        if flavor.there and flavor.record.get("OS-FLV-DISABLED:disabled"):
            yield (
                f"its flavor {flavor.record['name']} is disabled on the destination: "
                "map it to another, then plan again"
            )
        if not server_access.privileged(self._outlook, server):
            yield server_access.unseen_image(self._outlook, server, image)
            yield server_access.unusable_flavor(self._outlook, server, flavor)
            ports = self._ports[server.ref.id]
            yield from server_external.refused(self._outlook, server, ports)
        for what, specs in self._specs(image, flavor):
            for lacking in self._hosts.lacking(specs):
                yield (
                    f"{what} asks for {lacking}: provide it there, or map the flavor; "
                    "then plan again"
                )

    def _of_names(self, server: Resource) -> Iterator[str]:
        """A port that carries another name than its server's is not attached."""
        cloud, ports = self._outlook.destination, self._ports[server.ref.id]
        if not any(port.get("dns_name") for port in ports):
            return
        if _DNS not in cloud.extensions():
            return
        name = server_hostname.there(cloud, server.record)
        for port in server_hostname.contradicted(name, ports):
            yield (
                f"its port {port['id']} has dns_name {port['dns_name']}, which has to "
                f"be its host name ({name}): 'openstack port set --dns-name {name} "
                f"{port['id']}' on the source, then plan again"
            )

    def _of_zone(self, server: Resource) -> Iterator[str]:
        zone = str(server.record.get(ZONE) or "")
        if zone and self._outlook.options.keep_availability_zone:
            yield self._zones.blocked(zone)

    # -- what will be otherwise ---------------------------------------------
    def _notes(self, server: Resource) -> Iterator[Finding]:
        record, options = server.record, self._outlook.options
        zone = str(record.get(ZONE) or "")
        if zone and options.keep_availability_zone and self._zones.uncertain(zone):
            yield Finding(
                server.ref,
                notes=(
                    f"it is in zone {zone}, which there is the default and no "
                    "aggregate's: Nova cannot be held to it, it may land in another",
                ),
                announced=(ZONE,),
            )
        if server_hostname.lost(self._outlook.destination, record):
            name = server_hostname.there(self._outlook.destination, record)
            yield Finding(
                server.ref,
                notes=(
                    f"the destination does not take its host name {record[HOSTNAME]}: "
                    f"it will be {name or 'made of its new id'}",
                ),
                announced=(HOSTNAME,),
            )
        yield from self._of_flavor(server)
        yield from self._of_key(server)

    def _of_flavor(self, server: Resource) -> Iterator[Finding]:
        image, flavor = self._stands(server, "image"), self._stands(server, "flavor")
        if image is None or flavor is None:
            return
        notes = tuple(
            f"its flavor {flavor.record['name']} asks for {doubt}"
            for doubt in self._hosts.doubtful(flavor.record.get("extra_specs") or {})
        )
        if notes:
            yield Finding(server.ref, notes=notes)
        privileged = server_access.privileged(self._outlook, server)
        if not int(flavor.record.get("disk") or 0) and not privileged:
            yield Finding(
                server.ref,
                notes=(
                    f"its flavor {flavor.record['name']} has no disk, from which by "
                    "default Nova lets only administrators build: if so there, it "
                    "will be Pumphouse's own user's",
                ),
                announced=(OWNER,),
            )

    def _of_key(self, server: Resource) -> Iterator[Finding]:
        name = server.record.get("key_name")
        ref = Ref("keypair", f"{server.record.get(OWNER)}/{name}")
        decision = self._outlook.decisions.get(ref)
        if name and (decision is None or decision.action is Action.BLOCKED):
            note = f"its keypair {name} is gone since it was created: it will have none"
            yield Finding(server.ref, notes=(note,))

    # -- what it is made of --------------------------------------------------
    def _stands(self, server: Resource, kind: str) -> Standing | None:
        return self._standings.of(kind, Ref(kind, str(server.record[kind]["id"])))

    def _specs(self, image: Standing, flavor: Standing) -> Iterator[tuple[str, Record]]:
        yield (
            f"its flavor {flavor.record['name']}",
            (flavor.record.get("extra_specs") or {}),
        )
        traits = {k: v for k, v in image.record.items() if k.startswith("trait:")}
        yield f"its image {image.record.get('name')}", traits
