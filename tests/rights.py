# SPDX-License-Identifier: Apache-2.0
"""A plan about rights: what would grow, what is lost, and what names clash.

Mixed into test cases that have both clouds, simulated or real.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Action
from pumphouse.plan import preflight
from pumphouse.plan.document import Node, Plan
from pumphouse.plan.planner import Planner
from pumphouse.plan.selection import Selection
from pumphouse.resources import registry


class Rights:
    """A project below another, whose users have their roles by several ways."""

    here: Cloud  # the source
    there: Cloud  # the destination

    def make(self, cloud: Cloud, kind: str, **body: Any) -> str:
        """Make it, to be removed after the test."""
        made = cloud.post("identity", f"/{kind}s", {kind: body}, key=kind)
        path = f"/{kind}s/{made['id']}"
        self.addCleanup(cloud.delete, "identity", path)  # type: ignore[attr-defined]
        return str(made["id"])

    def furnish(self) -> None:
        """Build it on both clouds."""
        self.prefix = prefix = f"rights-{uuid.uuid4().hex[:8]}"
        source, destination = self.here, self.there
        where = {"domain_id": "default"}
        parent = self.make(source, "project", name=f"{prefix}-above", **where)
        project = self.make(
            source, "project", name=prefix, parent_id=parent, description="", **where
        )
        users = {
            name: self.make(source, "user", name=f"{prefix}-{name}", **where)
            for name in ("own", "heir", "member")
        }
        auditor = self.make(source, "role", name=f"{prefix}-auditor")
        self.ops = self.make(source, "role", name=f"{prefix}-Ops")
        group = self.make(source, "group", name=f"{prefix}-team", **where)
        end = f"roles/{auditor}"
        for path in (
            f"/groups/{group}/users/{users['member']}",
            f"/projects/{project}/users/{users['own']}/{end}",
            f"/projects/{project}/users/{users['own']}/roles/{self.ops}",
            f"/OS-INHERIT/projects/{parent}/groups/{group}/{end}/inherited_to_projects",
            f"/OS-INHERIT/projects/{parent}/users/{users['heir']}/{end}"
            "/inherited_to_projects",
        ):
            source.put("identity", path, None)
        blob = json.dumps({"access": prefix, "secret": "never told"})
        key = {"type": "ec2", "user_id": users["own"], "project_id": project}
        self.make(source, "credential", blob=blob, **key)
        theirs = self.make(destination, "role", name=f"{prefix}-auditor")
        self.make(destination, "role", name=f"{prefix}-öps")
        roles = destination.list("identity", "/roles", "roles")
        member = next(r["id"] for r in roles if r["name"] == "member")
        destination.put("identity", f"/roles/{theirs}/implies/{member}", None)

    def plan(self, **mappings: str) -> Plan:
        """A plan for the project, with these roles mapped."""
        return Planner(
            source=self.here,
            destination=self.there,
            types=registry.resource_types(),
            options=Options(),
            mappings={"role": {f"{self.prefix}-{k}": v for k, v in mappings.items()}},
            bindings={},
            preflight=preflight.check,
        ).draw_up(Selection("project", (self.prefix,)))

    def node(self, plan: Plan, kind: str, name: str = "") -> Node:
        """The node of that name, which follows the prefix."""
        wanted = f"{self.prefix}-{name}" if name else self.prefix
        (found,) = [
            node
            for node in plan.nodes.values()
            if (node.ref.type, node.resource.name) == (kind, wanted)
        ]
        return found

    def test_rights_do_not_grow_and_what_is_lost_is_told(self) -> None:
        self.furnish()
        case: Any = self
        plan = self.plan()
        auditor = self.node(plan, "role", "auditor").decision
        case.assertEqual(Action.BLOCKED, auditor.action)
        (difference,) = auditor.differences
        case.assertEqual(("implies", []), (difference.field, difference.source))
        case.assertEqual(["member", "reader"], difference.destination)
        ops = self.node(plan, "role", "Ops").decision
        case.assertEqual(Action.BLOCKED, ops.action)
        case.assertIn(f"has the role '{self.prefix}-öps'", ops.reason)
        (note,) = self.node(plan, "project").decision.notes
        case.assertIn(f"{self.prefix}-heir ({self.prefix}-auditor, inherited", note)
        case.assertIn(f"{self.prefix}-member ({self.prefix}-auditor, inherited", note)
        case.assertIn(f"as a member of group {self.prefix}-team)", note)
        (note,) = self.node(plan, "user", "own").decision.notes
        case.assertIn("1 EC2 key of it stays behind", note)
        case.assertNotIn("never told", str(plan))

        plan = self.plan(auditor=f"{self.prefix}-auditor", Ops=f"{self.prefix}-öps")
        case.assertEqual([], [str(n.resource) for n in plan.having(Action.BLOCKED)])
        (note,) = self.node(plan, "role", "auditor").decision.notes
        case.assertIn("gives member, reader as well", note)
        case.assertIn(f"for {self.prefix}-own", note)
