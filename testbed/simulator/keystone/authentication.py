# SPDX-License-Identifier: Apache-2.0
"""Gives tokens: to a password, to another token, to what an EC2 credential signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote

from testbed.simulator.errors import bad, forbidden, missing
from testbed.simulator.keystone.base import DEFAULT, KeystoneBase
from testbed.simulator.keystone.tokens import unauthorized
from testbed.simulator.messages import Answer, json_answer
from testbed.simulator.router import route
from testbed.simulator.service import Call, public
from testbed.simulator.tables import Record


def digest(password: str) -> str:
    """What is kept of a password."""
    return hashlib.sha256(password.encode()).hexdigest()


class Authentication(KeystoneBase):
    """``/v3/auth`` and ``/v3/ec2tokens``."""

    @public
    @route("POST /v3/auth/tokens")
    def log_in(self, call: Call) -> Answer:
        identity = call.body("auth", "identity")
        methods = identity.get("methods") or []
        if methods == ["password"]:
            user = self._by_password(identity.get("password", {}).get("user", {}))
        elif methods == ["token"]:
            old = self.cloud.tokens.valid(identity["token"]["id"])
            user = self.state.users.rows[old["user_id"]]
        else:
            raise unauthorized()
        token = self.cloud.tokens.issue(user, self._scope(call), methods)
        return self._given(call, token, 201)

    @route("GET /v3/auth/tokens")
    def look_at_token(self, call: Call) -> Answer:
        subject = call.request.headers.get("x-subject-token")
        if not subject:
            raise missing("No token in the request")
        if subject not in self.state.tokens:
            raise missing(f"Could not find token: {subject[:8]}.")
        return self._given(call, self.cloud.tokens.valid(subject), 200)

    @route("DELETE /v3/auth/tokens")
    def revoke(self, call: Call) -> None:
        self.state.tokens.remove(call.request.headers.get("x-subject-token", ""))

    @route("GET /v3/auth/projects")
    def projects_of_token(self, call: Call) -> Any:
        roles = self.cloud.tokens.roles
        found = [
            self.shown(call, "project", project)
            for project in self.state.projects
            if project["enabled"] and roles(call.user_id, {"project": project["id"]})
        ]
        return self.listing(call, "project", found)

    @public
    @route("POST /v3/ec2tokens")
    def log_in_signed(self, call: Call) -> Answer:
        if self.cloud.release.ec2_admin:
            self.authenticate(call)
            if not call.token["roles"] & {"admin", "service"}:
                raise forbidden(
                    "You are not authorized to perform the requested action: "
                    "identity:ec2tokens_validate."
                )
        body = call.body()
        signed = body.get("credentials") or body.get("ec2Credentials")
        if not isinstance(signed, dict):
            raise bad("EC2 signature not supplied.")
        key = hashlib.sha256(str(signed.get("access")).encode()).hexdigest()
        credential = self.state.credentials.get(key)
        if credential is None:
            raise unauthorized()
        secret = json.loads(credential["blob"])["secret"]
        if not hmac.compare_digest(signature(secret, signed), signed["signature"]):
            raise unauthorized("Invalid EC2 signature.")
        user = self.state.users.get(credential["user_id"])
        scope = self._project_scope(credential["project_id"])
        if user is None or not user["enabled"]:
            raise unauthorized()
        token = self.cloud.tokens.issue(user, scope, ["ec2credential"])
        return self._given(call, token, 200)

    # -- inside ------------------------------------------------------------
    def _given(self, call: Call, token: Record, status: int) -> Answer:
        without = call.request.first("nocatalog") is not None
        identity = self.cloud.services["identity"]
        project = token["project_id"] or ""
        catalog = None if without else identity.catalog(call, project)
        answer = json_answer(status, self.cloud.tokens.document(token, catalog))
        answer.headers |= {"X-Subject-Token": token["id"], "Vary": "X-Auth-Token"}
        return answer

    def _by_password(self, who: Record) -> Record:
        user = self.state.users.get(who.get("id"))
        if user is None and "name" in who:
            domain = self._named("domains", who.get("domain") or {"id": DEFAULT})
            for each in self.state.users.by("name", who["name"]):
                if each["domain_id"] == domain:
                    user = each
        kept = self.state.passwords.get(user["id"]) if user else None
        given = digest(str(who.get("password")))
        if user is None or kept is None or kept["digest"] != given:
            raise unauthorized()
        if not user["enabled"]:
            raise unauthorized()
        return user

    def _scope(self, call: Call) -> Record:
        asked = call.body("auth").get("scope")
        if not isinstance(asked, dict):
            return {}
        if "system" in asked:
            return {"system": True}
        if "domain" in asked:
            return {"domain": self._named("domains", asked["domain"])}
        wanted = asked.get("project") or {}
        if "id" in wanted:
            return self._project_scope(wanted["id"])
        domain = self._named("domains", wanted.get("domain") or {"id": DEFAULT})
        for each in self.state.projects.by("name", wanted.get("name")):
            if each["domain_id"] == domain:
                return self._project_scope(each["id"])
        raise unauthorized()

    def _project_scope(self, project_id: str) -> Record:
        project = self.state.projects.get(project_id)
        if project is None or not project["enabled"]:
            raise unauthorized()
        return {"project": project_id}

    def _named(self, table: str, who: Record) -> str:
        for each in self.state.tables[table]:
            if who.get("id") == each["id"] or who.get("name") == each["name"]:
                return str(each["id"])
        raise unauthorized()


def signature(secret: str, signed: Record) -> str:
    """AWS signature version 2 of a request, as Keystone computes it."""
    params = signed.get("params") or {}
    query = "&".join(
        f"{quote(name, safe='')}={quote(str(params[name]), safe='-_~')}"
        for name in sorted(params)
    )
    text = "\n".join((signed["verb"], signed["host"], signed["path"], query))
    return base64.b64encode(
        hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    ).decode()
