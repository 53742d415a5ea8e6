# SPDX-License-Identifier: Apache-2.0
"""RBAC policies: who may use a network or a security group beside its owner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from testbed.simulator.errors import ApiError, bad, conflict, forbidden, missing
from testbed.simulator.neutron.base import EVERYBODY, EXTERNAL, SHARED, NeutronBase
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record
from testbed.simulator.words import words

_FIELDS = words("object_type object_id target_tenant action")
_FILTERS = _FIELDS | {"id", "project_id", "tenant_id"}
_ACTIONS = {"network": (SHARED, EXTERNAL)}
_TABLES = {"network": "networks", "security_group": "security_groups"}
# Types of which no cloud here ever has one
_OTHERS = words("address_group address_scope qos_policy subnetpool")


class Policies(NeutronBase):
    """``/v2.0/rbac-policies``."""

    @route("POST /v2.0/rbac-policies")
    def create_policy(self, call: Call) -> Any:
        asked = call.body("rbac_policy")
        self.known(asked, _FIELDS)
        kind = str(asked.get("object_type")).strip().lower()
        if kind not in _TABLES and kind not in _OTHERS:
            raise _invalid(
                f"'{asked.get('object_type')}' is not a valid RBAC object type"
            )
        target = asked.get("target_tenant")
        if target == EVERYBODY and not call.admin:
            raise forbidden("rule:create_rbac_policy:target_tenant is disallowed")
        actions = _ACTIONS.get(kind, (SHARED,))
        if asked.get("action") not in actions:
            raise bad(
                f"Invalid action '{asked.get('action')}' for object type '{kind}'. "
                f"Valid actions: {actions}",
                "InvalidActionForType",
            )
        table = self.state.tables[_TABLES.get(kind, kind)]
        thing = table.get(asked.get("object_id"))
        if thing is None or not call.sees(thing["project_id"]):
            raise _invalid(f"{asked.get('object_id')} could not be found.")
        if any(
            (each["action"], each["target_tenant"]) == (asked["action"], target)
            for each in self.policies_of(thing["id"])
        ):
            raise conflict(
                "An RBAC policy already exists with those values.",
                "DuplicateRbacPolicy",
            )
        owner = self.owner(call, asked)
        made = self.add_policy(owner, kind, thing["id"], asked["action"], target)
        self._follow(thing["id"])
        return 201, {"rbac_policy": made}

    @route("GET /v2.0/rbac-policies")
    def list_policies(self, call: Call) -> Any:
        return self.listed(call, "rbac_policies", _FILTERS, lambda r: r)

    @route("GET /v2.0/rbac-policies/{id}")
    def show_policy(self, call: Call, key: str) -> Any:
        return {"rbac_policy": self._policy(call, key)}

    @route("PUT /v2.0/rbac-policies/{id}")
    def update_policy(self, call: Call, key: str) -> Any:
        record = self._policy(call, key)
        asked = call.body("rbac_policy")
        self.known(asked, ["target_tenant"])
        if asked["target_tenant"] != EVERYBODY:
            self._must_be_idle(record)
        return {"rbac_policy": self.state.rbac_policies.change(key, asked)}

    @route("DELETE /v2.0/rbac-policies/{id}")
    def delete_policy(self, call: Call, key: str) -> None:
        record = self._policy(call, key)
        self._must_be_idle(record)
        self.state.rbac_policies.remove(key)
        self._follow(record["object_id"])

    def _policy(self, call: Call, key: str) -> Record:
        record = self.state.rbac_policies.get(key)
        if record is None or not call.sees(record["project_id"]):
            raise missing(
                f"RBAC policy of type unknown with ID {key} not found",
                "RbacPolicyNotFound",
            )
        return record

    def _follow(self, thing: str) -> None:
        """A network is external for as long as it is for anybody."""
        network = self.state.networks.get(thing)
        if network is not None:
            targets = {*self.targets(thing, EXTERNAL)}
            network["router:external"] = bool(targets)
            if targets:
                network.setdefault("is_default", False)

    def _must_be_idle(self, record: Record) -> None:
        """:raises ApiError: 409, somebody depends on it"""
        thing = record["object_id"]
        others = [
            each["target_tenant"]
            for each in self.policies_of(thing)
            if each["action"] == record["action"] and each["id"] != record["id"]
        ]
        if EVERYBODY in others:
            return
        users = {*self._users(record)} - {*others}
        target = record["target_tenant"]
        if target in users or (target == EVERYBODY and users):
            raise conflict(
                f"RBAC policy on object {thing} cannot be removed because other "
                "objects depend on it.",
                "RbacPolicyInUse",
            )

    def _users(self, record: Record) -> Iterator[str]:
        """The projects, but the owner's, that do what the policy lets them do."""
        thing = record["object_id"]
        if record["action"] == EXTERNAL:
            for port in self.state.ports.by("network_id", thing):
                if port["device_owner"] == "network:router_gateway":
                    yield self.state.routers.rows[port["device_id"]]["project_id"]
            return
        owner = self.state.tables[_TABLES[record["object_type"]]].rows[thing]
        for port in self.state.ports:
            using = port["network_id"] == thing or thing in port["security_groups"]
            if using and port["project_id"] not in ("", owner["project_id"]):
                yield port["project_id"]


def _invalid(what: str) -> ApiError:
    return bad(f"Invalid input for operation: {what}.", "InvalidInput")
