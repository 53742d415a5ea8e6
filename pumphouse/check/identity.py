# SPDX-License-Identifier: Apache-2.0
"""A side's identity database: can it be used, and is it that of the side's Keystone."""

from __future__ import annotations

from collections.abc import Iterator

from pumphouse.check.findings import Finding, Looks, Place
from pumphouse.cloud.cloud import Cloud
from pumphouse.cloud.identity_database import IdentityDatabase

CHECK = "identity-database"

_ASKED = 3  # users, as one may have been deleted meanwhile


def look(looks: Looks, url: str, cloud: Cloud | None) -> Iterator[Finding]:
    """Read it; on the destination whether it may be written, without writing.

    :param url: a secret
    :param cloud: whose Keystone's it should be; None if nobody got a token there
    """
    return looks.look(CHECK, lambda: _look(looks, url, cloud))


def _look(looks: Looks, url: str, cloud: Cloud | None) -> Iterator[Finding]:
    writable = looks.place is Place.DESTINATION
    database = IdentityDatabase(url, looks.place, read_only=not writable)
    try:
        database.check(writable=writable)
        rights = "may be read and written" if writable else "may be read"
        if cloud is None:
            yield looks.unknown(CHECK, f"whether it is this cloud's; it {rights}")
        else:
            yield _whose(looks, database, cloud, rights)
    finally:
        database.close()


def _whose(
    looks: Looks, database: IdentityDatabase, cloud: Cloud, rights: str
) -> Finding:
    """Whether the database and the Keystone know the same users.

    Pumphouse's own need not be one that the database keeps; then Keystone is asked
    for some that it does.
    """
    if not database.keeps(cloud.user_id):
        users = database.local_users(_ASKED)
        if not users:
            return looks.unknown(
                CHECK, f"whether it is this cloud's, as no user is in it; it {rights}"
            )
        if not any(cloud.find("identity", f"/users/{user}") for user in users):
            return looks.error(
                CHECK,
                "it is not that of this cloud, whose Keystone knows none of its users. "
                f"Correct {looks.place}.identity_database in the migration file",
            )
    return looks.ok(CHECK, f"it {rights}, and is this cloud's")


def neither(source: str, destination: str) -> Finding | None:
    """What is to be said if not both sides name one; None if both do."""
    looks = Looks(Place.BOTH)
    if source and destination:
        return None
    if source or destination:
        lacking = "source" if destination else "destination"
        return looks.warning(
            CHECK,
            f"{lacking}.identity_database is not in the migration file: users keep "
            "their passwords only where both are",
        )
    return looks.warning(
        CHECK,
        "the migration file names none: users will be created without a password. "
        "Set source.identity_database and destination.identity_database to keep them",
    )
