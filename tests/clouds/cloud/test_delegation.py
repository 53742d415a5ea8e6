# SPDX-License-Identifier: Apache-2.0
"""Acting as another user on real clouds: what is made belongs to that user."""

from __future__ import annotations

from pumphouse import exceptions as exc
from pumphouse.cloud.cloud import Cloud
from pumphouse.cloud.delegation import Delegation, grant, revoke
from tests.clouds.cloud.base import CloudsTestCase


class TestActingAs(CloudsTestCase):
    def owner(self, cloud: Cloud, **fields: object) -> Delegation:
        """A user with a role in a project of its own, and a credential for both."""
        user, project = self.user(cloud, **fields)["id"], self.project(cloud)["id"]
        (role,) = cloud.list("identity", "/roles", "roles", {"name": "member"})
        path = f"/projects/{project}/users/{user}/roles/{role['id']}"
        cloud.put("identity", path, None)
        return Delegation.new(user, project)

    def test_destination(self) -> None:
        """A network and a key pair made so are the user's own."""
        cloud = self.connect("destination")
        delegation = self.owner(cloud)
        grant(cloud, delegation)
        grant(cloud, delegation)
        other = cloud.acting_as(delegation)
        self.assertEqual(delegation.user_id, other.user_id)
        network = self.made(
            other, "network", "/networks", network={"name": self.prefix}
        )
        self.assertEqual(delegation.project_id, network["project_id"])
        key = {"name": self.prefix, "public_key": _KEY}
        made = other.post("compute", "/os-keypairs", {"keypair": key}, "keypair")
        self.addCleanup(other.delete, "compute", f"/os-keypairs/{self.prefix}")
        self.assertEqual(delegation.user_id, made["user_id"])
        self.assertEqual(1, cloud.log.by["POST identity /ec2tokens"])

    def test_after_revoking(self) -> None:
        """Without its credential there are no more tokens."""
        cloud = self.connect("destination")
        delegation = self.owner(cloud)
        grant(cloud, delegation)
        revoke(cloud, delegation.credential_id)
        revoke(cloud, delegation.credential_id)
        self.assertRaises(exc.Forbidden, cloud.acting_as, delegation)

    def test_disabled_user(self) -> None:
        """Keystone refuses, and callers fall back."""
        cloud = self.connect("destination")
        delegation = self.owner(cloud, enabled=False)
        grant(cloud, delegation)
        self.addCleanup(revoke, cloud, delegation.credential_id)
        self.assertRaises(exc.Forbidden, cloud.acting_as, delegation)

    def test_source(self) -> None:
        """The old release does it as well, or says how to make it."""
        cloud = self.connect("source")
        delegation = self.owner(cloud)
        grant(cloud, delegation)
        try:
            self.assertEqual(delegation.user_id, cloud.acting_as(delegation).user_id)
        except exc.ServiceError as error:
            self.assertIn("caching = false", error.hint)


_KEY = (
    "ssh-ed25519 "
    "AAAAC3NzaC1lZDI1NTE5AAAAIFXVvsStbzjoMSvxUu/vX/rhDUD+a6MnyTRS1JkPPr5I test"
)
