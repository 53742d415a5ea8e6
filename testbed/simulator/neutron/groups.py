# SPDX-License-Identifier: Apache-2.0
"""Security groups, the default one that appears by itself among them."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import bad, conflict
from testbed.simulator.neutron.base import NeutronBase
from testbed.simulator.neutron.filters import STANDARD
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record

DEFAULT = "default"
_SETTABLE = frozenset(("name", "description", "stateful", "tags"))
_FILTERS = STANDARD | _SETTABLE
_IN_GROUP_ONLY = ("standard_attr_id", "tags")


class Groups(NeutronBase):
    """``/v2.0/security-groups``."""

    def default_group(self, project_id: str) -> str:
        """The id of a project's default group, which is made if it is not there."""
        for group in self.state.security_groups.by("project_id", project_id):
            if group["name"] == DEFAULT:
                return str(group["id"])
        if not project_id:
            return ""
        group = self._add(project_id, {"name": DEFAULT})
        group["description"] = "Default security group"
        for ethertype in ("IPv4", "IPv6"):
            self.add_rule(group, "ingress", ethertype, remote_group_id=group["id"])
        for ethertype in ("IPv4", "IPv6"):
            self.add_rule(group, "egress", ethertype)
        return str(group["id"])

    def make_group(self, owner: str, asked: Record) -> Record:
        """A new group, which lets everything out.

        :raises ApiError: 409
        """
        self.default_group(owner)
        self.must_fit("security_group", owner)
        self.must_fit("security_group_rule", owner, 2)
        group = self._add(owner, asked)
        for ethertype in ("IPv4", "IPv6"):
            self.add_rule(group, "egress", ethertype)
        return group

    def _add(self, owner: str, asked: Record) -> Record:
        record = self.fresh(
            owner,
            name=asked.get("name") or "",
            stateful=asked.get("stateful", True),
            description=asked.get("description") or "",
        )
        record["revision_number"] = 1
        return self.state.security_groups.add(record)

    def group_shown(self, record: Record, call: Call | None = None) -> Record:
        """A group with its rules, as the sender sees it."""
        rules = self.state.security_group_rules.by("security_group_id", record["id"])
        shared = call is not None and self.reaches(record["id"], call.project_id)
        return {
            **record,
            "shared": shared,
            "security_group_rules": [dict(rule) for rule in rules],
        }

    @route("POST /v2.0/security-groups")
    def create_group(self, call: Call) -> Any:
        asked = call.body("security_group")
        self.known(asked, _SETTABLE)
        if asked.get("name") == DEFAULT:
            raise conflict(
                "Default security group already exists.",
                "SecurityGroupDefaultAlreadyExists",
            )
        if not isinstance(asked.get("name", ""), str):
            raise bad("Invalid input for name.")
        group = self.make_group(self.owner(call, asked), asked)
        return 201, {"security_group": self.group_shown(group)}

    @route("GET /v2.0/security-groups")
    def list_groups(self, call: Call) -> Any:
        project = call.request.first("project_id") or call.request.first("tenant_id")
        if call.token["roles"] & {"admin", "member", "manager"}:
            wanted = project if call.admin else ""
            self.default_group(wanted or call.project_id)

        def shown(record: Record) -> Record:
            return self.group_shown(record, call)

        return self.listed(call, "security_groups", _FILTERS, shown, shared=True)

    @route("GET /v2.0/security-groups/{id}")
    def show_group(self, call: Call, key: str) -> Any:
        record = self.one(call, "security_groups", key, shared=True)
        return {"security_group": self.group_shown(record, call)}

    @route("PUT /v2.0/security-groups/{id}")
    def update_group(self, call: Call, key: str) -> Any:
        record = self.one(call, "security_groups", key)
        asked = call.body("security_group")
        self.known(asked, _SETTABLE)
        if record["name"] == DEFAULT and asked.get("name", DEFAULT) != DEFAULT:
            raise conflict(
                "Updating default security group not allowed.",
                "SecurityGroupCannotUpdateDefault",
            )
        changed = self.touch("security_groups", key, **asked)
        return {"security_group": self.group_shown(changed, call)}

    @route("DELETE /v2.0/security-groups/{id}")
    def delete_group(self, call: Call, key: str) -> None:
        record = self.one(call, "security_groups", key)
        if record["name"] == DEFAULT and not call.admin:
            raise conflict(
                "Insufficient rights for removing default security group.",
                "SecurityGroupCannotRemoveDefault",
            )
        if any(key in port["security_groups"] for port in self.state.ports):
            raise conflict(f"Security Group {key} in use.", "SecurityGroupInUse")
        for rule in list(self.state.security_group_rules):
            if key in (rule["security_group_id"], rule["remote_group_id"]):
                self.state.security_group_rules.remove(rule["id"])
        self.state.security_groups.remove(key)
        self.forget_policies(key)
