# SPDX-License-Identifier: Apache-2.0
"""Acting on the destination as somebody else, for as long as a run needs it.

A server belongs to the user and project whose token created it, and finds its
key pair among that user's.  So Pumphouse creates servers as their owners, with
a credential that it makes for the purpose and removes again, never with anybody's
password.  Both kinds of delegation are temporary intents in the journal:

==============  ===========================  =================================
kind            what it announces            its undo
==============  ===========================  =================================
``credential``  an EC2 credential of a user  delete the credential
``role-grant``  a role of Pumphouse's own    revoke the role
                user in a project
==============  ===========================  =================================
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from pumphouse import exceptions
from pumphouse.cloud import delegation
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Ref

if TYPE_CHECKING:
    from pumphouse.flow.context import RunContext

LOG = logging.getLogger(__name__)

ROLE = "member"  # what Nova asks of whoever creates a server


class Delegations:
    """The delegations of one run, each made at most once."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._owners: dict[tuple[str, str], Cloud | None] = {}
        self._operator: dict[str, Cloud] = {}
        self._open: list[Any] = []

    def acting_as(self, user_id: str, project_id: str) -> Cloud | None:
        """The destination as that user; None where the cloud refuses."""
        with self._lock:
            key = user_id, project_id
            if key not in self._owners:
                self._owners[key] = self._become(*key)
            return self._owners[key]

    def as_operator_in(self, project_id: str) -> Cloud:
        """The destination with Pumphouse's own user scoped to that project."""
        with self._lock:
            if project_id not in self._operator:
                self._operator[project_id] = self._enter(project_id)
            return self._operator[project_id]

    def close(self) -> None:
        """Undo all of them; one that fails stays open in the journal."""
        with self._lock:
            for intent in reversed(self._open):
                try:
                    undo(self._context.destination, intent)
                    self._context.settle(intent)
                except exceptions.PumphouseError as error:
                    LOG.warning("%s could not be undone: %s", intent.ref, error)
            self._open.clear()
            self._owners.clear()
            self._operator.clear()

    def _become(self, user_id: str, project_id: str) -> Cloud | None:
        context = self._context
        ref = Ref("credential", f"{user_id}/{project_id}")
        left = context.unsettled("credential", ref)
        if left is not None:  # of a run that was killed
            undo(context.destination, left)
            context.settle(left)
        new = delegation.Delegation.new(user_id, project_id)
        intent = context.temporary("credential", ref, credential_id=new.credential_id)
        self._open.append(intent)
        try:
            delegation.grant(context.destination, new)
            return context.destination.acting_as(new)
        except (
            exceptions.Forbidden,
            exceptions.AuthenticationFailed,
            exceptions.ResourceMissing,
        ) as error:
            LOG.info("no acting as user %s: %s", user_id, error)
            return None

    def _enter(self, project_id: str) -> Cloud:
        context = self._context
        cloud = context.destination
        role_id = next(
            (
                str(role["id"])
                for role in cloud.list("identity", "/roles", "roles")
                if role["name"] == ROLE and not role.get("domain_id")
            ),
            None,
        )
        if role_id is None:
            raise exceptions.ResourceError(
                f"the destination has no role {ROLE!r}, which Nova asks of whoever "
                "creates a server",
                hint="Create it there, then resume",
            )
        path = f"/projects/{project_id}/users/{cloud.user_id}/roles/{role_id}"
        ref = Ref("role-grant", f"{project_id}/{cloud.user_id}/{role_id}")
        left = context.unsettled("role-grant", ref)
        if left is None and cloud.find("identity", path) is not None:
            return cloud.scoped_to(project_id)  # the operator has it anyway
        self._open.append(left or context.temporary("role-grant", ref, path=path))
        cloud.put("identity", path, None)
        return cloud.scoped_to(project_id)


def undo(cloud: Cloud, intent: Any) -> None:
    """Take back one delegation; done already is fine."""
    if intent.kind == "credential":
        delegation.revoke(cloud, intent.details["credential_id"])
    elif intent.kind == "role-grant":
        cloud.delete("identity", intent.details["path"])
