# SPDX-License-Identifier: Apache-2.0
"""All the looks, side by side where they need not wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future

from pumphouse import exceptions
from pumphouse.check import database, identity, pair
from pumphouse.check.cloud import CloudCheck
from pumphouse.check.findings import Finding, Looks, Place, worst_first
from pumphouse.check.threads import Threads
from pumphouse.cloud import clouds_yaml
from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Read, Side, read_migration_file
from pumphouse.resources.base import ResourceType

SIDES = (Place.SOURCE, Place.DESTINATION)

Connect = Callable[[str, Side], Cloud]


def check(
    migration_file: str,
    types: Mapping[str, ResourceType],
    connect: Connect,
    database_url: str,
    lock_timeout: float,
) -> list[Finding]:
    """All that is to be said, the worst first.  Changes nothing anywhere.

    :param migration_file: its path
    :param types: the resource types there are
    :param connect: makes the cloud of a side; sends nothing yet
    :param database_url: of Pumphouse's own
    :param lock_timeout: seconds to wait for another process's write there
    """
    read = read_migration_file(migration_file, types)
    found = [*_files(migration_file, read)]
    pool = Threads()
    own = pool.submit(lambda: [*database.look(database_url, lock_timeout)])
    clouds: dict[Place, Cloud] = {}
    for place in SIDES:
        found += _connected(place, read, connect, clouds)
    looked = [pool.submit(_side, place, clouds, read, pool) for place in SIDES]
    mappings = read.migration.mappings if read.migration else {}
    source, destination = (_entered(each, found) for each in looked)
    if source and destination:
        found += pair.look(source, destination, types, mappings)
    else:
        found.append(
            Looks(Place.BOTH).unknown(
                "two-clouds",
                "how the clouds differ: that needs tokens of both",
            )
        )
    found += own.result()
    return worst_first(found)


def _files(path: str, read: Read) -> Iterator[Finding]:
    looks = Looks(Place.FILES)
    for error in read.errors:
        yield looks.error("migration-file", str(error))
    if not read.errors:
        yield looks.ok("migration-file", f"{path} can be used")
        said = identity.neither(*(_url(read, place) for place in SIDES))
        if said:
            yield said


def _connected(
    place: Place, read: Read, connect: Connect, clouds: dict[Place, Cloud]
) -> Iterator[Finding]:
    looks = Looks(Place.FILES)
    side = read.sides.get(place)
    if side is None:
        yield Looks(place).unknown(
            "services",
            f"this cloud: {place} in the migration file has to be right first",
        )
        return
    try:
        clouds[place] = connect(place, side)
    except exceptions.PumphouseError as error:
        faults: list[exceptions.PumphouseError] = [*clouds_yaml.faults(side.cloud)]
        for each in faults or [error]:
            yield looks.error("clouds.yaml", str(each))
        yield Looks(place).unknown(
            "services", f"this cloud: its entry {side.cloud} has to be right first"
        )
    else:
        yield looks.ok("clouds.yaml", f"the entry {side.cloud} can be used")


def _url(read: Read, place: Place) -> str:
    side = read.sides.get(place)
    given = side.identity_database if side else None
    return given.get_secret_value() if given else ""


def _side(
    place: Place, clouds: Mapping[Place, Cloud], read: Read, pool: Executor
) -> tuple[Cloud | None, list[Finding]]:
    """The cloud, if one got a token there, and what was found on that side."""
    found: list[Finding] = []
    cloud = clouds.get(place)
    if cloud is not None:
        look = CloudCheck(place, cloud, pool)
        trouble = look.enter()
        if trouble:
            unseen = "its services, rights, versions and clock: there is no token"
            found += [trouble, Looks(place).unknown("services", unseen)]
            cloud = None
        else:
            found += look.look()
    if url := _url(read, place):
        found += identity.look(Looks(place), url, cloud)
    return cloud, found


def _entered(
    looked: Future[tuple[Cloud | None, list[Finding]]], found: list[Finding]
) -> Cloud | None:
    cloud, more = looked.result()
    found += more
    return cloud
