# SPDX-License-Identifier: Apache-2.0
"""What users have besides a password, and is not carried: noted with its owner.

EC2 keys and TOTP secrets are in ``GET /v3/credentials``, trusts in one list as well;
application credentials can be listed for one user at a time only, unless the
source's identity database is at hand.  Of a credential
nothing is kept but whose it is and what for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from pumphouse import exceptions
from pumphouse.models import Action, Finding, Resource
from pumphouse.resources.identity import ways
from pumphouse.resources.identity.ways import Words
from pumphouse.resources.outlook import Outlook
from pumphouse.text import some

# So many requests, one for each user, are worth knowing of their credentials.
_FEW = 20
_MOST = 5  # that a note names
_NAMES = {"ec2": "EC2 key", "totp": "TOTP secret", "cert": "certificate"}


def foresee(outlook: Outlook) -> Iterator[Finding]:
    """Of each user that the plan creates or adopts: what stays behind."""
    users = {
        user.ref.id: user
        for user in outlook.having("user", Action.CREATE, Action.ADOPT)
    }
    if not users:
        return
    notes: dict[str, list[str]] = defaultdict(list)
    silent: list[str] = []
    for what, look in (
        ("EC2 and TOTP credentials", _credentials),
        ("application credentials", _applications),
        ("trusts", _trusts),
        ("roles on domains and on the system", _elsewhere),
    ):
        try:
            for user, note in look(outlook, users):
                notes[user].append(note)
        except (exceptions.CloudError, exceptions.IdentityDatabaseError) as error:
            silent.append(f"{what} of users could not be listed: {error.what}")
    if len(users) > _FEW and outlook.identity is None:
        silent.append(
            f"application credentials of {len(users) - _FEW} of {len(users)} users "
            "were not looked at: they stay behind, if there are any"
        )
    for user, told in notes.items():
        yield Finding(users[user].ref, notes=tuple(told))
    if silent:
        yield Finding(None, notes=tuple(silent))


def _credentials(
    outlook: Outlook, users: dict[str, Resource]
) -> Iterator[tuple[str, str]]:
    params = {"user_id": next(iter(users))} if len(users) == 1 else {}
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for record in outlook.source.list(
        "identity", "/credentials", "credentials", params=params
    ):
        kind = str(record["type"])
        found[str(record["user_id"])][_NAMES.get(kind, f"{kind} credential")] += 1
    for user in found.keys() & users.keys():
        told = " and ".join(_many(n, name) for name, n in sorted(found[user].items()))
        stay = _stay(found[user].total())
        yield user, f"{told} of it {stay} behind: to be made anew there"


def _applications(
    outlook: Outlook, users: dict[str, Resource]
) -> Iterator[tuple[str, str]]:
    if outlook.identity is not None:
        names = outlook.identity.application_credentials(users)
    else:
        names = {user: _names(outlook, user) for user in [*users][:_FEW]}
    for user, found in names.items():
        if found:
            told = some([*map(repr, sorted(found))], _MOST)
            many = _many(len(found), "application credential")
            yield (
                user,
                f"{many} of it {_stay(len(found))} behind: {told}; whoever logs "
                "in with one needs another",
            )


def _names(outlook: Outlook, user: str) -> list[str]:
    path = f"/users/{user}/application_credentials"
    found = outlook.source.list("identity", path, "application_credentials")
    return [str(each["name"]) for each in found]


def _trusts(outlook: Outlook, users: dict[str, Resource]) -> Iterator[tuple[str, str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    try:
        trusts = outlook.source.list("identity", "/OS-TRUST/trusts", "trusts")
    except exceptions.ResourceMissing:
        return  # a cloud that does not know trusts
    for record in trusts:
        found[str(record["trustor_user_id"])]["that it gave"] += 1
        found[str(record["trustee_user_id"])]["that it was given"] += 1
    for user in found.keys() & users.keys():
        told = " and ".join(f"{_many(n, 'trust')} {k}" for k, n in found[user].items())
        yield user, f"{told} {_stay(found[user].total())} behind"


def _elsewhere(
    outlook: Outlook, users: dict[str, Resource]
) -> Iterator[tuple[str, str]]:
    """Roles on a domain, or on the system: neither is a project of the selection."""
    words, source = Words(outlook.source, outlook), outlook.source
    for domain in sorted(r.ref for r in outlook.having("domain")):
        own: dict[str, list[ways.Way]] = defaultdict(list)
        for way in ways.to(source, domain):
            own[way.user].append(way)
        for user in own.keys() & users.keys():
            told = ", ".join(words.role(way) for way in own[user])
            name = outlook.resources[domain]
            yield user, f"its roles on {name} are not carried: {told}"
    params = {"scope.system": "all", "include_names": "true"}
    for record in source.list(
        "identity", "/role_assignments", "role_assignments", params=params
    ):
        role = record["role"].get("name") or record["role"]["id"]
        group = record.get("group")
        members = (
            [record["user"]["id"]]
            if group is None
            else [
                each["id"]
                for each in source.list(
                    "identity", f"/groups/{group['id']}/users", "users"
                )
            ]
        )
        by = (
            f", as a member of group {group.get('name') or group['id']}"
            if group
            else ""
        )
        for user in members:
            if user in users:
                yield user, f"its role on the whole system is not carried: {role}{by}"


def _many(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def _stay(number: int) -> str:
    return "stays" if number == 1 else "stay"
