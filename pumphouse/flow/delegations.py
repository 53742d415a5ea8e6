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
``role-grant``  a role of Pumphouse's own    revoke the role, unless another run
                user in a project            announced it as well
==============  ===========================  =================================

Each run announces its own, so that one never takes back what another works with.
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
        self._role_id = ""

    def acting_as(self, user_id: str, project_id: str) -> Cloud | None:
        """The destination as that user; None where the cloud refuses."""
        key = user_id, project_id
        with self._context.exclusively("acting as", *key):
            if key not in self._owners:
                self._owners[key] = self._become(*key)
            return self._owners[key]

    def as_operator_in(self, project_id: str) -> Cloud:
        """The destination with Pumphouse's own user scoped to that project."""
        with self._context.exclusively("operator in", project_id):
            if project_id not in self._operator:
                self._operator[project_id] = self._enter(project_id)
            return self._operator[project_id]

    def close(self) -> None:
        """Undo all of them; one that fails stays open in the journal."""
        for intent in reversed(self._open):
            try:
                take_back(self._context, intent)
            except exceptions.PumphouseError as error:
                LOG.warning("%s could not be undone: %s", intent.ref, error)
        self._open.clear()
        self._owners.clear()
        self._operator.clear()

    def _become(self, user_id: str, project_id: str) -> Cloud | None:
        context = self._context
        ref = Ref("credential", f"{user_id}/{project_id}/{context.run_id}")
        new = delegation.Delegation.new(user_id, project_id)
        intent = context.temporary("credential", ref, credential_id=new.credential_id)
        if intent.reopened:  # an earlier try's, whose secret nobody knows any more
            take_back(context, intent)
            intent = context.temporary(
                "credential", ref, credential_id=new.credential_id
            )
        self._open.append(intent)
        try:
            delegation.grant(context.destination, new)
            return context.destination.acting_as(new)
        except (exceptions.Forbidden, exceptions.ResourceMissing) as error:
            LOG.info("no acting as user %s: %s", user_id, error)
            return None

    def _enter(self, project_id: str) -> Cloud:
        context = self._context
        cloud = context.destination
        role_id = self._role()
        path = f"/projects/{project_id}/users/{cloud.user_id}/roles/{role_id}"
        name = f"{project_id}/{cloud.user_id}/{role_id}/{context.run_id}"
        if not _grants(context, path) and cloud.find("identity", path) is not None:
            return cloud.scoped_to(project_id)  # the operator has it anyway
        ref = Ref("role-grant", name)
        self._open.append(context.temporary("role-grant", ref, path=path))
        cloud.put("identity", path, None)
        return cloud.scoped_to(project_id)

    def _role(self) -> str:
        with self._lock:
            if not self._role_id:
                roles = self._context.destination.list("identity", "/roles", "roles")
                fitting = (
                    str(role["id"])
                    for role in roles
                    if role["name"] == ROLE and not role.get("domain_id")
                )
                self._role_id = next(fitting, "")
        if not self._role_id:
            raise exceptions.ResourceError(
                f"the destination has no role {ROLE!r}, which Nova asks of whoever "
                "creates a server",
                hint="Create it there, then resume",
            )
        return self._role_id


def _grants(context: RunContext, path: str) -> list[Any]:
    """The open intents, of whatever run, that gave the role at *path*."""
    still_open = context.store.open_intents(context.pair, kinds=["role-grant"])
    return [intent for intent in still_open if intent.details.get("path") == path]


def take_back(context: RunContext, intent: Any) -> None:
    """Undo one delegation and close its intent.

    A role that another run gave as well stays until that one takes it back.
    """
    path = intent.details.get("path", "")
    shared = intent.kind == "role-grant" and any(
        other.id != intent.id for other in _grants(context, path)
    )
    if not shared:
        undo(context.destination, intent)
    context.settle(intent)


def undo(cloud: Cloud, intent: Any) -> None:
    """Take back one delegation; done already is fine."""
    if intent.kind == "credential":
        delegation.revoke(cloud, intent.details["credential_id"])
    elif intent.kind == "role-grant":
        cloud.delete("identity", intent.details["path"])
