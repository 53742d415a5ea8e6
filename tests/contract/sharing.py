# SPDX-License-Identifier: Apache-2.0
"""The contract of Neutron: RBAC policies, and what other projects attach."""

from __future__ import annotations

from tests.contract.base import Contract

NONE = "00000000-0000-4000-8000-000000000000"
FIELDS = {
    *("id", "project_id", "tenant_id", "object_type", "object_id"),
    *("action", "target_tenant"),
}
SHARED, EXTERNAL = "access_as_shared", "access_as_external"


class Sharing(Contract):
    """Who may use what is another project's."""

    def policy(self, thing, target, kind="network", action=SHARED, **more):
        return self.make(
            "network",
            "/rbac-policies",
            "rbac_policy",
            object_type=kind,
            object_id=thing["id"],
            target_tenant=target,
            action=action,
            **more,
        )

    def refuse(self, kind, by=None, status=400, **asked):
        body = {
            "object_type": "network",
            "action": SHARED,
            "target_tenant": NONE.replace("-", ""),
            **asked,
        }
        answer = (by or self.admin).post(
            "network", "/rbac-policies", {"rbac_policy": body}
        )
        return self.refused(status, answer, kind)

    def shown(self, by, path, key):
        answer = by.get("network", path)
        return answer.json()[key] if answer.ok else None

    def about(self, thing):
        """Target and action of each policy about it."""
        path = f"/rbac-policies?object_id={thing['id']}"
        found = self.admin.get("network", path).json()["rbac_policies"]
        return {(each["target_tenant"], each["action"]) for each in found}

    def test_shared_is_how_it_looks_to_who_asks(self):
        member = self.member()
        network = self.network()
        path = f"/networks/{network['id']}"
        self.assertIsNone(self.shown(member, path, "network"))
        made = self.policy(network, member.project_id)
        self.assertEqual(FIELDS, set(made))
        self.assertEqual(self.admin.project_id, made["project_id"])
        self.assertTrue(self.shown(member, path, "network")["shared"])
        self.assertFalse(self.shown(self.admin, path, "network")["shared"])
        listed = member.get("network", f"/networks?id={network['id']}").json()
        self.assertEqual([True], [each["shared"] for each in listed["networks"]])
        self.policy(network, self.admin.project_id)
        self.assertTrue(self.shown(self.admin, path, "network")["shared"])

    def test_external_for_one_looks_external_for_all(self):
        network, target = self.network(), self.project()["id"]
        made = self.policy(network, target, action=EXTERNAL)
        path = f"/networks/{network['id']}"
        self.assertTrue(self.shown(self.admin, path, "network")["router:external"])
        gone = self.admin.delete("network", f"/rbac-policies/{made['id']}")
        self.expect(204, gone)
        self.assertFalse(self.shown(self.admin, path, "network")["router:external"])

    def test_fields_of_networks_are_policies_for_everybody(self):
        network = self.network(shared=True)
        self.assertEqual({("*", SHARED)}, self.about(network))
        path = f"/networks/{network['id']}"
        body = {"network": {"shared": False, "router:external": True}}
        self.expect(200, self.admin.put("network", path, body))
        self.assertEqual({("*", EXTERNAL)}, self.about(network))
        self.expect(204, self.admin.delete("network", path))
        self.assertEqual(set(), self.about(network))

    def test_groups_are_shared_by_policies_only(self):
        member = self.member()
        body = {"security_group": {"name": self.prefix, "shared": True}}
        answer = self.admin.post("network", "/security-groups", body)
        self.refused(400, answer, "HTTPBadRequest")
        name = self.prefix
        group = self.make("network", "/security-groups", "security_group", name=name)
        path = f"/security-groups/{group['id']}"
        self.assertIsNone(self.shown(member, path, "security_group"))
        self.policy(group, member.project_id, "security_group")
        self.assertTrue(self.shown(member, path, "security_group")["shared"])
        self.assertFalse(self.shown(self.admin, path, "security_group")["shared"])

    def test_refused(self):
        network = self.network()["id"]
        self.refuse("InvalidInput", object_type="teapot", object_id=network)
        self.refuse("InvalidActionForType", action="own", object_id=network)
        self.refuse("InvalidInput", object_id=NONE)
        self.refuse("HTTPBadRequest", object_id=network, target_project=NONE)
        asked = {"object_id": network, "target_tenant": self.project()["id"]}
        self.policy({"id": network}, asked["target_tenant"])
        self.refuse("DuplicateRbacPolicy", status=409, **asked)
        path = "/rbac-policies?shoe=43"
        self.refused(400, self.admin.get("network", path), "HTTPBadRequest")
        path = f"/rbac-policies/{NONE}"
        self.refused(404, self.admin.get("network", path), "RbacPolicyNotFound")

    def test_members_share_their_own_with_some(self):
        member, other = self.member(), self.project()["id"]
        network = self.network(member)
        asked = {"object_id": network["id"], "target_tenant": "*"}
        self.refused(
            403,
            member.post(
                "network",
                "/rbac-policies",
                {"rbac_policy": {"object_type": "network", "action": SHARED, **asked}},
            ),
        )
        body = {**asked, "target_tenant": other, "object_type": "network"}
        body["action"] = SHARED
        made = self.make("network", "/rbac-policies", "rbac_policy", member, **body)
        self.assertEqual(member.project_id, made["project_id"])
        theirs = self.network()
        self.policy(theirs, member.project_id)
        listed = member.get("network", "/rbac-policies").json()["rbac_policies"]
        self.assertEqual([made["id"]], [each["id"] for each in listed])

    def test_what_is_in_use_stays(self):
        target, other = self.project()["id"], self.project()["id"]
        network = self.network()
        made = self.policy(network, target)
        path = f"/rbac-policies/{made['id']}"
        port = self.make(
            *("network", "/ports", "port"),
            network_id=network["id"],
            project_id=target,
        )
        self.refused(409, self.admin.delete("network", path), "RbacPolicyInUse")
        body = {"rbac_policy": {"target_tenant": other}}
        self.refused(409, self.admin.put("network", path, body), "RbacPolicyInUse")
        self.admin.delete("network", f"/ports/{port['id']}")
        self.expect(204, self.admin.delete("network", path))

    # -- ports -----------------------------------------------------------------
    def test_device_owners(self):
        """Anybody's to choose, but for what is trusted on others' networks."""
        member = self.member()
        own, shared = self.network(member), self.network(shared=True)
        for network, owner, status in (
            (own, "network:vip", 201),
            (own, "k8s:metallb", 201),
            (shared, "baremetal:none", 201),
            (shared, "compute:mine", 201),
            (shared, "network:vip", 403),
        ):
            body = {"network_id": network["id"], "device_owner": owner}
            answer = member.post("network", "/ports", {"port": body})
            made = self.expect(status, answer)
            if status == 201:
                path = f"/ports/{made['port']['id']}"
                self.later(self.admin.delete, "network", path)
                self.assertEqual(owner, made["port"]["device_owner"])
                trusted = owner.startswith("network:")
                self.assertEqual(not trusted, made["port"]["port_security_enabled"])
                self.assertEqual(trusted, not made["port"]["security_groups"])

    def test_others_attach_to_what_is_not_theirs(self):
        """As administrators make it for them: ports, subnets, router interfaces."""
        owner, other = self.project()["id"], self.project()["id"]
        network = self.network(project_id=owner)
        subnet = self.subnet(network, project_id=other)
        self.assertEqual(other, subnet["project_id"])
        for device_owner in ("", "network:vip"):
            port = self.make(
                *("network", "/ports", "port"),
                network_id=network["id"],
                project_id=other,
                device_owner=device_owner,
            )
            self.assertEqual(other, port["project_id"])
        router = self.make("network", "/routers", "router", project_id=other)
        path = f"/routers/{router['id']}"
        body = {"subnet_id": subnet["id"]}
        made = self.admin.put("network", f"{path}/add_router_interface", body)
        self.later(self.admin.put, "network", f"{path}/remove_router_interface", body)
        interface = f"/ports/{self.expect(200, made)['port_id']}"
        found = self.admin.get("network", interface).json()["port"]
        self.assertEqual(other, found["project_id"])
