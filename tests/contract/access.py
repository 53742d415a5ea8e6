# SPDX-License-Identifier: Apache-2.0
"""The contract of Keystone: who gets at what, by what way, and what names clash."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from tests.contract.base import PASSWORD, Contract
from tests.contract.shapes import fields


class Access(Contract):
    """Groups, inheritance, what users lend, and names that count as one."""

    def user(self, name: str = "u", **more: Any) -> dict[str, Any]:
        name = f"{self.prefix}-{name}"
        return self.make("identity", "/users", "user", name=name, **more)

    def role(self, name: str = "r", **more: Any) -> dict[str, Any]:
        name = f"{self.prefix}-{name}"
        return self.make("identity", "/roles", "role", name=name, **more)

    def group(self, *members: dict[str, Any]) -> dict[str, Any]:
        group = self.make("identity", "/groups", "group", name=self.prefix)
        for user in members:
            path = f"/groups/{group['id']}/users/{user['id']}"
            self.expect(204, self.admin.put("identity", path))
        return group

    def assignments(self, query: str) -> list[dict[str, Any]]:
        answer = self.admin.get("identity", f"/role_assignments?{query}")
        return list(self.expect(200, answer)["role_assignments"])

    def ways(self, project: dict[str, Any]) -> set[tuple[str, ...]]:
        """(user, role, path of each link) of all who get at *project*."""
        query = f"scope.project.id={project['id']}&effective&include_names=true"
        return {
            (
                each["user"]["name"],
                each["role"]["name"],
                *(
                    f"{name} {urlsplit(link).path.partition('/v3/')[2]}"
                    for name, link in sorted(each["links"].items())
                ),
            )
            for each in self.assignments(query)
        }

    # -- groups and inheritance --------------------------------------------
    def test_members_of_a_group(self):
        user = self.user(password=PASSWORD)
        group, role, project = self.group(user), self.role(), self.project()
        path = f"/groups/{group['id']}/users"
        (found,) = self.admin.get("identity", path).json()["users"]
        self.assertEqual(user["id"], found["id"])
        (found,) = self.admin.get("identity", f"/users/{user['id']}/groups").json()[
            "groups"
        ]
        self.assertEqual(group["id"], found["id"])
        grant = f"/projects/{project['id']}/groups/{group['id']}/roles/{role['id']}"
        self.refused(401, self.admin.log_in(user["name"], PASSWORD, project["name"]))
        self.expect(204, self.admin.put("identity", grant))
        answer = self.admin.log_in(user["name"], PASSWORD, project["name"])
        (found,) = self.expect(201, answer)["token"]["roles"]
        self.assertEqual(role["id"], found["id"])
        self.expect(204, self.admin.delete("identity", f"{path}/{user['id']}"))
        self.refused(404, self.admin.get("identity", f"{path}/{user['id']}"))

    def test_every_way_to_a_project_is_told(self):
        """Given, by a group, inherited, implied: links say which."""
        above = self.project()
        below = self.project(parent_id=above["id"])
        own, member, heir = (self.user(name) for name in ("own", "member", "heir"))
        group, role, more = self.group(member), self.role(), self.role("more")
        implies = f"/roles/{role['id']}/implies/{more['id']}"
        self.expect(201, self.admin.put("identity", implies))
        project, parent = f"projects/{below['id']}", f"projects/{above['id']}"
        end = f"roles/{role['id']}"
        paths = {
            "own": f"{project}/users/{own['id']}/{end}",
            "member": f"{project}/groups/{group['id']}/{end}",
            "heir": f"OS-INHERIT/{parent}/users/{heir['id']}/{end}"
            "/inherited_to_projects",
        }
        for path in paths.values():
            self.expect(204, self.admin.put("identity", f"/{path}"))
        expected = set()
        for name, path in paths.items():
            said = [f"assignment {path}"]
            if name == "member":
                said.append(f"membership groups/{group['id']}/users/{member['id']}")
            prior = f"prior_role prior_role/{more['id']}/implies/{role['id']}"
            who = f"{self.prefix}-{name}"
            expected.add((who, role["name"], *said))
            expected.add((who, more["name"], *said, prior))
        mine = {way for way in self.ways(below) if way[0].startswith(self.prefix)}
        self.assertEqual(expected, mine)
        inherited = self.assignments(
            f"scope.OS-INHERIT:inherited_to=projects&user.id={heir['id']}"
        )
        self.assertEqual(
            [{"id": above["id"]}], [a["scope"]["project"] for a in inherited]
        )

    def test_roles_of_a_domain_and_of_the_system(self):
        user, role = self.user(), self.role()
        for where in ("domains/default", "system"):
            path = f"/{where}/users/{user['id']}/roles/{role['id']}"
            self.expect(204, self.admin.put("identity", path))
            self.later(self.admin.delete, "identity", path)
        for query, scope in (
            ("scope.domain.id=default&effective", {"domain": {"id": "default"}}),
            ("scope.system=all", {"system": {"all": True}}),
        ):
            (found,) = [
                each
                for each in self.assignments(query)
                if each.get("user", {}).get("id") == user["id"]
            ]
            self.assertEqual(scope, found["scope"])

    # -- what users lend ---------------------------------------------------
    def test_application_credentials_of_others(self):
        body = {"application_credential": {"name": "ci"}}
        # Keystone computes assignments into a cache, which others who give roles at
        # the same moment may make stale for one user: then another one is asked.
        for _ in range(3):
            member = self.member()
            path = f"/users/{member.user_id}/application_credentials"
            self.refused(403, self.admin.post("identity", path, body))
            answer = member.post("identity", path, body)
            if answer.status_code != 400:
                break
        made = self.expect(201, answer)["application_credential"]
        (found,) = self.admin.get("identity", path).json()["application_credentials"]
        self.assertEqual(fields("application_credential", newer=self.newer), set(found))
        self.assertEqual((made["id"], "ci"), (found["id"], found["name"]))
        self.assertNotIn("secret", found)

    def test_trusts_of_others(self):
        member, other = self.member(), self.user("other")
        role = next(r for r in member.about["roles"] if r["name"] == "member")
        body = {
            "trustor_user_id": member.user_id,
            "trustee_user_id": other["id"],
            "project_id": member.project_id,
            "impersonation": True,
            "roles": [{"id": role["id"]}],
        }
        path = "/OS-TRUST/trusts"
        self.refused(403, self.admin.post("identity", path, {"trust": body}))
        made = self.expect(201, member.post("identity", path, {"trust": body}))["trust"]
        self.later(self.admin.delete, "identity", f"{path}/{made['id']}")
        every = self.expect(200, self.admin.get("identity", path))["trusts"]
        (found,) = [each for each in every if each["id"] == made["id"]]
        self.assertEqual(fields("trust", newer=self.newer), set(found))
        self.refused(403, member.get("identity", path))

    # -- names and sizes ---------------------------------------------------
    def test_names_count_without_case_accents_and_blanks_at_the_end(self):
        """The filter by name asks the same database that refuses the name."""
        for kind, more in (
            ("role", {}),
            ("user", {}),
            ("group", {}),
            ("project", {"domain_id": "default"}),
            ("domain", {"enabled": False}),
        ):
            name = f"{self.prefix}-ops"
            path = f"/{kind}s"
            made = self.make("identity", path, kind, name=name, **more)
            for other in (name.upper(), name.replace("ops", "öps"), f"{name} "):
                body = {kind: {"name": other, **more}}
                self.refused(409, self.admin.post("identity", path, body))
                found = self.admin.get("identity", f"{path}?name={quote(other)}")
                found = self.expect(200, found)[path[1:]]
                self.assertEqual([made["id"]], [each["id"] for each in found], other)

    def test_what_is_too_big(self):
        long = "x" * 256
        for kind, more, expected in (
            ("role", {"description": long}, 400),
            ("domain", {"description": long, "enabled": False}, 400),
            ("project", {"name": long[:65], "domain_id": "default"}, 400),
            ("domain", {"name": long[:65], "enabled": False}, 400),
            ("user", {"name": long}, 400),
            ("role", {"name": " "}, 400),
        ):
            if (kind, "description" in more) == ("domain", True) and not self.newer:
                expected = 201
            body = {"name": f"{self.prefix}-{kind}", **more}
            answer = self.admin.post("identity", f"/{kind}s", {kind: body})
            if answer.status_code == 201:
                made = answer.json()[kind]["id"]
                self.later(self.admin.delete, "identity", f"/{kind}s/{made}")
            self.assertEqual(expected, answer.status_code, (kind, more))

    def test_how_deep_projects_may_be(self):
        above = "default"
        for level in range(5):
            more = {"name": f"{self.prefix}-{level}", "parent_id": above}
            above = self.make("identity", "/projects", "project", **more)["id"]
        body = {"name": f"{self.prefix}-deep", "parent_id": above}
        answer = self.admin.post("identity", "/projects", {"project": body})
        self.refused(403, answer)
        model = self.expect(200, self.admin.get("identity", "/limits/model"))["model"]
        self.assertEqual("flat", model["name"])
