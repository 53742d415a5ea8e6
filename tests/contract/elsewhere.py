# SPDX-License-Identifier: Apache-2.0
"""The contract of the catalogue: what stands there, and what stays behind for it."""

from __future__ import annotations

import pathlib
import tempfile
from typing import Any

import yaml

from pumphouse.cloud.cloud import Cloud, connect
from pumphouse.plan import staying
from tests.contract.base import Contract
from tests.elsewhere import Asked, Elsewhere, Said

# In the catalogue by an alias, where the service has one.
SERVICES = {
    "load-balancer": "/load-balancer",
    "dns": "/dns",
    "sharev2": "/share/v2",
    "orchestration": "/heat/v1/$(project_id)s",
    "key-manager": "/keys",
    "object-store": "/swift/v1/AUTH_$(project_id)s",
    "contract-oddity": "/odd",
}


class Services(Contract):
    """A service of somebody's own in the catalogue."""

    def elsewhere(self, answer: Any, *kinds: str) -> Elsewhere:
        """A service that gives these answers, as the *kinds* of ``SERVICES``."""
        service = Elsewhere(answer)
        self.later(service.close)
        for kind in kinds:
            made = self.make("identity", "/services", "service", type=kind, name=kind)
            self.make(
                "identity",
                "/endpoints",
                "endpoint",
                service_id=made["id"],
                interface="public",
                region_id="RegionOne",
                url=f"{service.url}{SERVICES[kind]}",
            )
        return service

    def cloud(self) -> Cloud:
        """The cloud as Pumphouse has it, by the administrator's token."""
        auth = {
            "auth_url": self.admin.auth_url,
            "token": self.admin.token,
            "project_id": self.admin.project_id,
        }
        entry = {"auth_type": "v3token", "auth": auth, "region_name": "RegionOne"}
        directory = tempfile.TemporaryDirectory()
        self.later(directory.cleanup)
        path = pathlib.Path(directory.name) / "clouds.yaml"
        path.write_text(yaml.safe_dump({"clouds": {"here": entry}}))
        cloud = connect("source", "here", config_file=str(path), retries=0)
        self.later(cloud.close)
        return cloud

    def test_what_stays_in_services_that_stand_in_the_catalogue(self):
        """Each is asked once, as its API wants it, for one project."""
        project, own = self.project(), self.admin.project_id
        here = project["id"]

        def answer(asked: Asked) -> Said | None:
            things: Any = [{"id": "1", "project_id": here}, {"id": "2"}]
            if asked.path == "/load-balancer/v2/lbaas/loadbalancers":
                others = [{"id": "3", "project_id": own}]  # the filter is not known
                return 200, {"loadbalancers": things + others}, {}
            if asked.path == "/dns/v2/zones":
                wanted = asked.headers.get("x-auth-sudo-project-id")
                return 200, {"zones": things[:1] if wanted == here else []}, {}
            if asked.path == "/share/v2/shares/detail":
                return 200, {"shares": []}, {}
            if asked.path == f"/heat/v1/{own}/stacks":
                return 403, {"error": {"message": "stacks:global_index"}}, {}
            if asked.path == f"/swift/v1/AUTH_{here}":
                return 204, None, {"X-Account-Container-Count": "2"}
            return None

        service = self.elsewhere(answer, *SERVICES)
        notes = list(staying.notes(self.cloud(), {here: "web"}))
        self.assertEqual(
            [
                "2 load balancers of project web stay behind: not yet migrated",
                "1 DNS zone of project web stays behind: not yet migrated",
                "stacks of project web could not be listed: the user may not do this "
                "(GET orchestration /stacks, 403): stacks:global_index",
                "secrets of project web could not be listed: only who has a role in "
                "the project sees them",
                "2 object containers of project web stay behind: not yet migrated",
                "the source's catalogue has contract-oddity: what projects have there "
                "was not looked at, and stays behind",
            ],
            notes,
        )
        self.assertEqual(5, len(service.asked), service.asked)
        self.assertTrue(all(each.headers["x-auth-token"] for each in service.asked))
        (shares,) = [each for each in service.asked if "shares" in each.path]
        self.assertEqual({"all_tenants": "1", "project_id": here}, shares.query)

    def test_what_only_the_project_itself_sees(self):
        """With a role in it: by a token of it, at the address it has there."""
        project = self.project()
        here = project["id"]
        self.give(self.admin.user_id, here, "member")

        def answer(asked: Asked) -> Said | None:
            if asked.path == "/keys/v1/secrets":
                page = "2" if "offset" not in asked.query else None
                link = {"next": "http://elsewhere/secrets?offset=1"} if page else {}
                return 200, {"secrets": [{"secret_ref": "x"}], **link}, {}
            if asked.path == f"/heat/v1/{here}/stacks":
                return 200, {"stacks": [{"id": "s"}]}, {}
            if asked.path == f"/heat/v1/{self.admin.project_id}/stacks":
                return 403, {}, {}
            return None

        self.elsewhere(answer, "key-manager", "orchestration")
        notes = list(staying.notes(self.cloud(), {here: "web"}))
        self.assertIn("2 secrets of project web stay behind: not yet migrated", notes)
        self.assertIn("1 stack of project web stays behind: not yet migrated", notes)
