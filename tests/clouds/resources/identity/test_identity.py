# SPDX-License-Identifier: Apache-2.0
"""Projects, users, roles and assignments, from one real cloud to the other.

Users log in on the destination with the passwords they had, or do not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import requests

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Origin, Ref, Resource
from pumphouse.resources import registry
from pumphouse.resources.listing import ID, PROJECT, where
from tests.clouds.resources.clouds import CloudsTestCase, passwords

ORDER = ("domain", "project", "role", "user", "assignment")
PASSWORD = "Canary-7 of alice"
DISABLED = "Canary-8 of bob"


def itself(ref: Ref) -> str:
    return ref.id


class Carrier:
    """A plan and a run in miniature: adopt what is equal, make the rest."""

    def __init__(self, case: CloudsTestCase, **more: Any) -> None:
        self.types = registry.resource_types()
        self.ctx = case.context(**more)
        self.results: dict[str, Mapping[str, Any]] = {}
        self.adopted: set[Ref] = set()

    def discover(self, project_ids: list[str]) -> list[Resource]:
        """By the order in which they are needed; only what these types need."""
        source, found = self.ctx.source, {}
        fresh = [
            *self.types["project"].list(source, where(ID, project_ids)),
            *self.types["assignment"].list(source, where(PROJECT, project_ids)),
        ]
        while fresh:
            found |= {r.ref: r for r in fresh}
            needs = {
                need.ref
                for r in fresh
                for need in self.types[r.ref.type].needs(r)
                if need.brings and need.ref not in found
            }
            fresh = [
                resource
                for name in ORDER
                if (ids := [ref.id for ref in needs if ref.type == name])
                for resource in self.types[name].list(source, where(ID, ids))
            ]
        # A parent goes before what is below it, an implied role before the other.
        depth = {r.ref: r for r in found.values()}
        return sorted(
            found.values(),
            key=lambda r: (ORDER.index(r.ref.type), self._depth(r, depth)),
        )

    def _depth(self, resource: Resource, among: Mapping[Ref, Resource]) -> int:
        same = [
            among[need.ref]
            for need in self.types[resource.ref.type].needs(resource)
            if need.ref.type == resource.ref.type and need.ref in among
        ]
        return 1 + max((self._depth(r, among) for r in same), default=0)

    def carry(self, resources: list[Resource]) -> None:
        for name in ORDER:
            self._adopt(name, [r for r in resources if r.ref.type == name])
            for resource in resources:
                if resource.ref.type == name and not self.ctx.binding(resource.ref):
                    self.run(resource)

    def _adopt(self, name: str, resources: list[Resource]) -> None:
        kind, ctx = self.types[name], self.ctx
        keys = {r.ref: kind.key(r, ctx.translate) for r in resources}
        known = [r for r in resources if keys[r.ref] is not None]
        if not known:
            return
        there = {
            kind.key(r, itself): r
            for r in kind.candidates(ctx.destination, known, ctx.translate)
        }
        for resource in known:
            match = there.get(keys[resource.ref])
            if match is not None:
                differ = kind.compare(resource, match, ctx.translate, ctx.options)
                assert not differ, f"{resource}: {differ}"
                self.adopted.add(resource.ref)
                ctx.bind(resource.ref, match.ref.id, Origin.ADOPTED)

    def run(self, resource: Resource) -> None:
        steps: list[Any] = []
        kind = self.types[resource.ref.type]
        kind.tasks(resource, lambda step, function: steps.append((step, function)))
        for step, function in steps:
            result = function(self.ctx, resource) or {}
            self.results[f"{resource.name}:{step}"] = result

    def differences(self, resources: list[Resource]) -> list[str]:
        found = []
        for name in ORDER:
            kind, ctx = self.types[name], self.ctx
            mine = {ctx.translate(r.ref): r for r in resources if r.ref.type == name}
            there = {
                r.ref.id: r for r in kind.list(ctx.destination, where(ID, list(mine)))
            }
            for wanted, resource in mine.items():
                if wanted not in there:
                    found.append(f"{resource} is not there")
                    continue
                found += [
                    f"{resource}: {d}"
                    for d in kind.compare(
                        resource, there[wanted], ctx.translate, ctx.options
                    )
                ]
        return found

    def undo(self) -> None:
        """Remove what was made here, the last made first."""
        for binding in reversed(self.ctx.store.bindings(self.ctx.pair)):
            if binding.origin is Origin.CREATED:
                kind = self.types[binding.ref.type]
                with contextlib.suppress(exceptions.ResourceMissing):
                    kind.delete(self.ctx, binding.destination_id)


class TestIdentity(CloudsTestCase):
    """One tenant with everything that is awkward about identities."""

    def setUp(self) -> None:
        super().setUp()
        self.databases = {
            f"{side}_passwords": passwords(side) for side in ("source", "destination")
        }
        name = self.prefix
        roles = self.source.list("identity", "/roles", "roles")
        reader = next(r["id"] for r in roles if r["name"] == "reader")
        self.project = self.make(
            project={
                "name": name,
                "domain_id": "default",
                "description": "the shop",
                "tags": ["b", "a"],
                "cost_centre": 4711,
            }
        )
        self.below = self.make(
            project={
                "name": f"{name}-below",
                "domain_id": "default",
                "parent_id": self.project,
                "enabled": False,
            }
        )
        role = self.make(role={"name": name, "description": "ours"})
        self.source.put("identity", f"/roles/{role}/implies/{reader}", None)
        self.alice = self.make(
            user={
                "name": f"{name}-alice",
                "domain_id": "default",
                "password": PASSWORD,
                "email": "alice@example.org",
                "description": "owns it",
                "default_project_id": self.project,
                "options": {"ignore_password_expiry": True},
                "badge": {"number": 7},
            }
        )
        self.bob = self.make(
            user={
                "name": f"{name}-bob",
                "domain_id": "default",
                "password": DISABLED,
                "enabled": False,
            }
        )
        self.carol = self.make(user={"name": f"{name}-carol", "domain_id": "default"})
        for user, project in (
            (self.alice, self.project),
            (self.alice, self.below),
            (self.bob, self.project),
            (self.carol, self.project),
        ):
            self.source.put(
                "identity", f"/projects/{project}/users/{user}/roles/{role}", None
            )
        path = f"/projects/{self.project}/users/{self.bob}/roles/{reader}"
        self.source.put("identity", f"/OS-INHERIT{path}/inherited_to_projects", None)
        # Pumphouse's own user has a role in the project, as operators often do.
        path = f"/projects/{self.project}/users/{self.source.user_id}/roles/{reader}"
        self.source.put("identity", path, None)

    def make(self, **body: Any) -> str:
        (singular,) = body
        return str(self.made(self.source, "identity", f"/{singular}s", **body)["id"])

    def carrier(self, **more: Any) -> Carrier:
        carrier = Carrier(self, **more)
        self.addCleanup(carrier.undo)
        return carrier

    def test_a_tenant_arrives_whole_and_a_second_time_changes_nothing(self) -> None:
        first = self.carrier(**self.databases)
        self.source.log.reset()
        self.destination.log.reset()
        resources = first.discover([self.project, self.below])
        self.assertLessEqual(self.source.log.total, 9, self.source.log.by)
        first.carry(resources)
        requests_sent = self.destination.log.total
        self.assertEqual([], first.differences(resources))
        made = [r for r in resources if r.ref not in first.adopted]
        # 2 projects, 3 users, 1 role that implies another, 5 assignments
        self.assertEqual(11, len(made), made)
        # One each, the implied role, and a look for what may be there already
        self.assertLessEqual(requests_sent, len(made) + 1 + 9, self.destination.log.by)

        again = self.carrier(**self.databases)
        self.destination.log.reset()
        again.carry(again.discover([self.project, self.below]))
        self.assertEqual({}, again.results)
        changed = [r for r in self.destination.log.by if not r.startswith("GET")]
        self.assertEqual([], changed)

    def test_users_log_in_with_their_old_passwords(self) -> None:
        if None in self.databases.values():
            self.skipTest("TESTBED_ABOUT names no Keystone databases")
        carrier = self.carrier(**self.databases)
        carrier.carry(carrier.discover([self.project]))
        said = {
            user: carrier.results[f"{self.prefix}-{user}:password"]["login"]
            for user in ("alice", "bob", "carol")
        }
        self.assertEqual({"alice": "copied", "bob": "copied", "carol": "none"}, said)
        self.assertEqual(201, self.login("alice", PASSWORD))
        self.assertEqual(401, self.login("alice", "default"))
        self.assertEqual(401, self.login("bob", DISABLED), "disabled stays disabled")
        self.assertEqual(401, self.login("carol", ""))

    def test_without_databases_nobody_gets_a_password(self) -> None:
        carrier = self.carrier()
        carrier.carry(carrier.discover([self.project]))
        result = carrier.results[f"{self.prefix}-alice:password"]
        self.assertEqual({"login": "not copied"}, result)
        for word in (PASSWORD, "default", "", self.prefix):
            self.assertEqual(401, self.login("alice", word))

    def test_every_step_may_run_twice(self) -> None:
        carrier = self.carrier(**self.databases)
        resources = carrier.discover([self.project])
        carrier.carry(resources)
        before = dict(carrier.results)
        for resource in resources:
            if resource.ref not in carrier.adopted:
                carrier.run(resource)
        self.assertEqual(before, carrier.results)
        self.assertEqual([], carrier.differences(resources))

    def test_a_namesake_with_other_fields_is_told_apart(self) -> None:
        self.made(
            self.destination,
            "identity",
            "/users",
            user={
                "name": f"{self.prefix}-alice",
                "domain_id": "default",
                "email": "another@example.org",
            },
        )
        carrier = self.carrier()
        user = registry.resource_types()["user"]
        (alice,) = user.list(self.source, where(ID, [self.alice]))
        carrier.ctx.bind(Ref("domain", "default"), "default", Origin.ADOPTED)
        error = self.assertRaises(
            exceptions.DestinationDiffers, user.ensure, carrier.ctx, alice
        )
        self.assertIn("another@example.org", str(error))

    def test_an_immutable_project_can_be_undone(self) -> None:
        frozen = self.make(
            project={
                "name": f"{self.prefix}-frozen",
                "domain_id": "default",
                "options": {"immutable": True},
            }
        )
        self.addCleanup(
            self.source.patch,
            "identity",
            f"/projects/{frozen}",
            {"project": {"options": {"immutable": False}}},
        )
        carrier = self.carrier()
        carrier.carry(carrier.discover([frozen]))
        there = carrier.ctx.destination_id(Ref("project", frozen))
        project = registry.resource_types()["project"]
        project.delete(carrier.ctx, there)
        project.delete(carrier.ctx, there)
        self.assertEqual([], list(project.list(self.destination, where(ID, [there]))))

    def test_a_domain_with_its_role_comes_and_goes(self) -> None:
        domain = self.make(domain={"name": self.prefix, "tags": ["x"]})
        disable = {"domain": {"enabled": False}}
        self.addCleanup(self.source.patch, "identity", f"/domains/{domain}", disable)
        project = self.make(project={"name": f"{self.prefix}-in", "domain_id": domain})
        role = self.make(role={"name": self.prefix, "domain_id": domain})
        path = f"/projects/{project}/users/{self.alice}/roles/{role}"
        self.source.put("identity", path, None)
        carrier = self.carrier()
        resources = carrier.discover([project])
        carrier.carry(resources)
        self.assertEqual([], carrier.differences(resources))
        self.assertIn(Ref("domain", domain), [r.ref for r in resources])
        carrier.undo()
        there = carrier.ctx.destination_id(Ref("domain", domain))
        kind = registry.resource_types()["domain"]
        self.assertEqual([], list(kind.list(self.destination, where(ID, [there]))))

    def login(self, user: str, password: str) -> int:
        """The status of a login on the destination, without a project."""
        auth_url = self.destination.identity.split("|")[0].rstrip("/")
        who = {
            "name": f"{self.prefix}-{user}",
            "domain": {"id": "default"},
            "password": password,
        }
        method = {"methods": ["password"], "password": {"user": who}}
        body = {"auth": {"identity": method, "scope": "unscoped"}}
        answer = requests.post(f"{auth_url}/auth/tokens", json=body, timeout=30)
        return answer.status_code

    def test_options_decide_about_passwords(self) -> None:
        carrier = self.carrier(options=Options(copy_passwords=False), **self.databases)
        carrier.carry(carrier.discover([self.project]))
        self.assertEqual(401, self.login("alice", PASSWORD))
