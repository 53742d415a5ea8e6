# SPDX-License-Identifier: Apache-2.0
"""Crooked accounts: rights that come by detours, and names that count as one."""

from testbed.openstack.seed import sshkeys
from testbed.openstack.seed.crooked.base import DOMAIN, unless_there
from testbed.openstack.seed.dice import Dice


def apply(here, there):
    """On the source; what stands on the destination already, there."""
    _projects(here)
    _roles(here)
    for situation in (
        owner,
        inherited,
        grouped,
        on_domain_and_system,
        folded_role,
    ):
        situation(here)
    generous_role(here, there)
    longer_key(here, there)
    credentials(here)


def _projects(site):
    parent = project(site, "parent")
    project(site, "crooked", parent_id=parent)
    for other in ("pool", "operators", "images"):
        project(site, other)


def project(site, word, **fields):
    """One of the projects; the tenant itself is "crooked"."""
    name = site.tenant if word == "crooked" else site.name("crooked", word)
    key = {"name": name, "domain_id": DOMAIN}
    made = site.once("identity", "/projects", "project", key, **fields)
    site.projects[word] = made["id"]
    return made["id"]


def _roles(site):
    listed = site.admin.listing("identity", "/roles", "roles")
    site.roles.update({role["name"]: role["id"] for role in listed})


def _role(site, name):
    if name not in site.roles:
        made = site.admin.post("identity", "/roles", {"role": {"name": name}})
        site.roles[name] = made["role"]["id"]
    return site.roles[name]


def _user(site, word):
    person = site.person("crooked", word)
    key = {"name": person.name, "domain_id": DOMAIN}
    made = site.once("identity", "/users", "user", key, password=person.password)
    site.users[word] = made["id"]
    return made["id"]


def _grant(site, user, role, project="crooked"):
    where = f"/projects/{site.projects[project]}/users/{site.users[user]}"
    site.admin.put("identity", f"{where}/roles/{site.roles[role]}")


def owner(site):
    """Who owns the servers: nothing is crooked about them."""
    _user(site, "owner")
    _grant(site, "owner", "member")


def inherited(site):
    """A user whose only role comes from the parent project."""
    user = _user(site, "inherited")
    site.admin.put(
        "identity",
        f"/OS-INHERIT/projects/{site.projects['parent']}/users/{user}"
        f"/roles/{site.roles['member']}/inherited_to_projects",
    )


def grouped(site):
    """A user whose only role is a group's."""
    user = _user(site, "grouped")
    key = {"name": site.name("crooked", "group"), "domain_id": DOMAIN}
    group = site.once("identity", "/groups", "group", key)["id"]
    site.admin.put("identity", f"/groups/{group}/users/{user}")
    where = f"/projects/{site.projects['crooked']}/groups/{group}"
    site.admin.put("identity", f"{where}/roles/{site.roles['member']}")


def on_domain_and_system(site):
    """A user of the project who reads the domain and the system as well."""
    user = _user(site, "reader")
    _grant(site, "reader", "member")
    reader = site.roles["reader"]
    site.admin.put("identity", f"/domains/{DOMAIN}/users/{user}/roles/{reader}")
    site.admin.put("identity", f"/system/users/{user}/roles/{reader}")


def folded_role(site):
    """A role that differs from one of the destination's by its case only."""
    name = site.name("crooked", "Operator")
    _role(site, name)
    _user(site, "folded")
    _grant(site, "folded", name)


def generous_role(here, there):
    """Roles of the same names on the destination: one implies more, one is folded."""
    name = here.name("crooked", "auditor")
    _role(here, name)
    _user(here, "auditor")
    _grant(here, "auditor", name)
    _roles(there)
    _role(there, there.name("crooked", "operator"))
    prior, implied = _role(there, name), _role(there, "manager")
    with unless_there():
        there.admin.put("identity", f"/roles/{prior}/implies/{implied}")


def longer_key(here, there):
    """A keypair of two lines, whose first alone is on the destination."""
    dice = Dice(here.seed, "crooked", "key")
    lines = [sshkeys.ed25519(dice.of(n), f"key {n}") for n in (1, 2)]
    _user(here, "keys")
    _grant(here, "keys", "member")
    _keypair(here, "keys", "team", "\n".join(lines) + "\n")
    _user(there, "keys")
    _keypair(there, "keys", "team", lines[0] + "\n")


def _keypair(site, user, name, public_key):
    body = {"name": name, "public_key": public_key, "type": "ssh"}
    body["user_id"] = site.users[user]
    with unless_there():
        site.admin.post("compute", "/os-keypairs", {"keypair": body})


def credentials(site):
    """EC2, TOTP and application credentials of the servers' owner."""
    user, project = site.users["owner"], site.projects["crooked"]
    listed = site.admin.listing("identity", "/credentials", "credentials", user_id=user)
    kinds = {found["type"] for found in listed}
    dice = Dice(site.seed, "crooked", "credentials")
    if "ec2" not in kinds:
        path = f"/users/{user}/credentials/OS-EC2"
        site.admin.post("identity", path, {"tenant_id": project})
    if "totp" not in kinds:
        body = {"type": "totp", "user_id": user, "blob": _base32(dice)}
        site.admin.post("identity", "/credentials", {"credential": body})
    mine = site.cloud.login(site.person("crooked", "owner"), site.tenant)
    path = f"/users/{user}/application_credentials"
    if not mine.get("identity", path)["application_credentials"]:
        body = {"name": "robot", "roles": [{"name": "member"}]}
        mine.post("identity", path, {"application_credential": body})


def _base32(dice):
    return "".join(dice.pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(32))
