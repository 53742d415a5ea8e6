# SPDX-License-Identifier: Apache-2.0
"""The contract of Keystone."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from pumphouse.cloud.delegation import Delegation
from tests.contract.base import PASSWORD, Contract
from tests.contract.shapes import fields


class Identity(Contract):
    """Tokens, projects, users, roles, grants, credentials."""

    def test_shapes(self):
        """What is made has the fields that its release returns, made and listed."""
        project = self.project()
        user = self.make("identity", "/users", "user", name=self.prefix)
        role = self.make("identity", "/roles", "role", name=self.prefix)
        for kind, made in (("project", project), ("user", user), ("role", role)):
            wanted = fields(kind, newer=self.newer)
            self.assertEqual(wanted, set(made))
            one = self.admin.get("identity", f"/{kind}s/{made['id']}").json()[kind]
            self.assertEqual(made, one)
            listed = self.admin.get("identity", f"/{kind}s?name={made['name']}").json()
            self.assertEqual([made], listed[f"{kind}s"])
        (domain,) = self.admin.get("identity", "/domains?name=Default").json()[
            "domains"
        ]
        self.assertEqual(fields("domain", newer=self.newer), set(domain))

    def test_defaults(self):
        project = self.project()
        for name, value in (
            ("parent_id", "default"),
            ("enabled", True),
            ("description", ""),
            ("is_domain", False),
        ):
            self.assertEqual(value, project[name], name)
        role = self.make("identity", "/roles", "role", name=self.prefix)
        self.assertEqual((None, None), (role["domain_id"], role["description"]))

    def test_unknown_attributes_are_kept(self):
        user = self.make("identity", "/users", "user", name=self.prefix, shoe="43")
        self.assertEqual("43", user["shoe"])
        path = f"/users/{user['id']}"
        body = {"user": {"shoe": "44", "enabled": False}}
        changed = self.admin.request("PATCH", "identity", path, json=body)
        self.assertEqual("44", self.expect(200, changed)["user"]["shoe"])

    def test_a_name_is_given_once(self):
        project = self.project()
        body = {"project": {"name": project["name"], "domain_id": "default"}}
        said = self.refused(409, self.admin.post("identity", "/projects", body))
        self.assertEqual({"code", "message", "title"}, set(said["error"]))
        self.make("identity", "/users", "user", name=self.prefix)
        body = {"user": {"name": self.prefix}}
        self.refused(409, self.admin.post("identity", "/users", body))
        self.make("identity", "/roles", "role", name=self.prefix)
        body = {"role": {"name": self.prefix}}
        self.refused(409, self.admin.post("identity", "/roles", body))

    def test_what_is_not_there(self):
        for path in ("/users/nobody", "/projects/none", "/roles/none", "/domains/none"):
            self.refused(404, self.admin.get("identity", path))
            self.refused(404, self.admin.delete("identity", path))
        found = self.admin.get("identity", f"/users?name={self.prefix}")
        self.assertEqual([], self.expect(200, found)["users"])

    def test_who_may_log_in(self):
        """Not without the password, not when disabled, not without a role."""
        project, name = self.project(), f"{self.prefix}-u"
        body = {"name": name, "password": PASSWORD}
        user = self.make("identity", "/users", "user", **body)
        log_in = self.admin.log_in
        self.refused(401, log_in(name, PASSWORD, project["name"]))
        self.give(user["id"], project["id"], "reader")
        self.expect(201, log_in(name, PASSWORD, project["name"]))
        self.refused(401, log_in(name, "wrong", project["name"]))
        self.refused(401, log_in(name, PASSWORD, "no-such-project"))
        path, off = f"/users/{user['id']}", {"user": {"enabled": False}}
        self.expect(200, self.admin.request("PATCH", "identity", path, json=off))
        self.refused(401, log_in(name, PASSWORD, project["name"]))

    def test_tokens(self):
        """A token says who and where; a role brings those it implies."""
        about = self.member().about
        self.assertEqual(fields("token", newer=self.newer), set(about))
        self.assertEqual(
            ["member", "reader"], sorted(r["name"] for r in about["roles"])
        )
        self.assertEqual(
            {"id", "name", "domain", "password_expires_at"}, {*about["user"]}
        )
        types = {service["type"] for service in about["catalog"]}
        self.assertLessEqual({"identity", "compute", "network", "image"}, types)

    def test_without_a_token(self):
        for service, path in (
            ("identity", "/users"),
            ("compute", "/servers"),
            ("network", "/networks"),
            ("image", "/images"),
        ):
            for token in ("", "gAAAAAB-no-such-token"):
                headers = {"X-Auth-Token": token}
                answer = self.admin.get(service, path, headers=headers)
                self.assertEqual(401, answer.status_code, path)

    def test_another_project_by_token(self):
        project = self.project()
        self.give(self.admin.user_id, project["id"], "member")
        auth = {
            "identity": {"methods": ["token"], "token": {"id": self.admin.token}},
            "scope": {"project": {"id": project["id"]}},
        }
        answer = self.admin.post("identity", "/auth/tokens", {"auth": auth})
        said = self.expect(201, answer)["token"]
        self.assertEqual(project["id"], said["project"]["id"])
        self.assertEqual(["member", "reader"], sorted(r["name"] for r in said["roles"]))

    def test_members_may_not(self):
        member = self.member()
        for path in ("/users", "/projects", "/role_assignments", "/credentials"):
            answer = member.get("identity", path)
            self.assertIn(answer.status_code, (200, 403), path)
        body = {"project": {"name": f"{self.prefix}-x", "domain_id": "default"}}
        self.refused(403, member.post("identity", "/projects", body))
        self.refused(403, member.get("identity", "/users"))

    def test_grants(self):
        """Giving twice is fine; taking what is not there is not."""
        project = self.project()
        user = self.make("identity", "/users", "user", name=self.prefix)
        role = self.make("identity", "/roles", "role", name=self.prefix)
        path = f"/projects/{project['id']}/users/{user['id']}/roles/{role['id']}"
        self.refused(404, self.admin.get("identity", path))
        for _ in range(2):
            self.expect(204, self.admin.put("identity", path))
        self.expect(204, self.admin.get("identity", path))
        query = f"/role_assignments?scope.project.id={project['id']}&include_names=true"
        (found,) = self.admin.get("identity", query).json()["role_assignments"]
        self.assertEqual(fields("assignment", newer=self.newer), set(found))
        self.assertEqual(
            {"id": project["id"], "name": project["name"]},
            {k: found["scope"]["project"][k] for k in ("id", "name")},
        )
        self.assertEqual({"id", "name", "domain"}, set(found["user"]))
        self.assertEqual({"id", "name"}, set(found["role"]))
        self.expect(204, self.admin.delete("identity", path))
        self.refused(404, self.admin.delete("identity", path))
        unknown = f"/projects/{project['id']}/users/nobody/roles/{role['id']}"
        self.refused(404, self.admin.put("identity", unknown))

    def test_assignments_go_with_what_they_are_about(self):
        project = self.project()
        user = self.make("identity", "/users", "user", name=self.prefix)
        self.give(user["id"], project["id"], "member")
        self.expect(204, self.admin.delete("identity", f"/users/{user['id']}"))
        query = f"/role_assignments?scope.project.id={project['id']}"
        self.assertEqual(
            [], self.admin.get("identity", query).json()["role_assignments"]
        )

    def test_implied_roles(self):
        one = self.make("identity", "/roles", "role", name=f"{self.prefix}-1")
        two = self.make("identity", "/roles", "role", name=f"{self.prefix}-2")
        path = f"/roles/{one['id']}/implies/{two['id']}"
        self.expect(201, self.admin.put("identity", path))
        found = self.admin.get("identity", "/role_inferences").json()
        implied = {
            each["prior_role"]["id"]: [r["id"] for r in each["implies"]]
            for each in found["role_inferences"]
        }
        self.assertEqual([two["id"]], implied[one["id"]])
        self.expect(204, self.admin.delete("identity", path))
        self.refused(404, self.admin.delete("identity", path))

    def test_immutable_roles(self):
        found = self.admin.get("identity", "/roles?name=member").json()["roles"]
        self.assertEqual({"immutable": True}, found[0]["options"])
        path = f"/roles/{found[0]['id']}"
        self.refused(403, self.admin.delete("identity", path))

    def test_acting_as_another_by_ec2_credential(self):
        """A signed request brings a token of that user in that project."""
        member = self.member()
        new = Delegation.new(member.user_id, member.project_id)
        body = {
            "type": "ec2",
            "user_id": new.user_id,
            "project_id": new.project_id,
            "blob": json.dumps({"access": new.access, "secret": new.secret}),
        }
        made = self.make("identity", "/credentials", "credential", **body)
        self.assertEqual(fields("credential", newer=self.newer), set(made))
        self.assertEqual(new.credential_id, made["id"])
        again = self.admin.post("identity", "/credentials", {"credential": body})
        self.refused(409, again)
        signed = new.signed(datetime.now(UTC))
        answer = self.admin.post("identity", "/ec2tokens", signed)
        said = self.expect(200, answer)["token"]
        self.assertEqual(member.user_id, said["user"]["id"])
        self.assertEqual(member.project_id, said["project"]["id"])
        self.assertTrue(answer.headers["X-Subject-Token"])
        signed["credentials"]["signature"] = "d3Jvbmc="
        self.refused(401, self.admin.post("identity", "/ec2tokens", signed))
        path = f"/credentials/{made['id']}"
        self.expect(204, self.admin.delete("identity", path))
        self.refused(404, self.admin.delete("identity", path))

    def test_signing_alone_does_not_do(self):
        """Since a security fix that old releases got as well."""
        member = self.member()
        new = Delegation.new(member.user_id, member.project_id)
        blob = json.dumps({"access": new.access, "secret": new.secret})
        where = {"user_id": new.user_id, "project_id": new.project_id}
        self.make(
            "identity", "/credentials", "credential", type="ec2", blob=blob, **where
        )
        signed = new.signed(datetime.now(UTC))
        url = f"{self.admin.auth_url}/ec2tokens"
        answer = self.admin.session.post(url, json=signed)
        self.refused(401, answer)
        self.refused(403, member.post("identity", "/ec2tokens", signed))

    def test_pages(self):
        """The newer release honours a limit and links the next page."""
        for number in range(3):
            name = f"{self.prefix}-{number}"
            self.make(
                "identity", "/projects", "project", name=name, domain_id="default"
            )
        found = self.admin.get("identity", "/projects?limit=2").json()
        self.assertEqual(self.newer, bool(found["links"]["next"]))
        self.assertEqual(self.newer, len(found["projects"]) == 2)
        if self.newer:
            after = self.admin.get("identity", found["links"]["next"]).json()
            first = {project["id"] for project in found["projects"]}
            self.assertFalse(first & {project["id"] for project in after["projects"]})

    def test_versions(self):
        answer = self.admin.get("identity", self.admin.root("identity"))
        values = self.expect(300, answer)["versions"]["values"]
        self.assertEqual("v3.14", values[0]["id"])
        version = self.expect(200, self.admin.get("identity", "/"))["version"]
        self.assertEqual(values[0], version)

    def test_project_tags_and_domains(self):
        project = self.project(tags=["b", "a"])
        self.assertEqual(["a", "b"], sorted(project["tags"]))
        found = self.admin.get("identity", f"/projects?tags=a&name={project['name']}")
        self.assertEqual(1, len(found.json()["projects"]))
        name = f"{self.prefix}-domain"
        domain = self.make("identity", "/domains", "domain", name=name, enabled=True)
        self.refused(403, self.admin.delete("identity", f"/domains/{domain['id']}"))
        off = {"domain": {"enabled": False}}
        path = f"/domains/{domain['id']}"
        self.expect(200, self.admin.request("PATCH", "identity", path, json=off))
        self.expect(204, self.admin.delete("identity", path))
