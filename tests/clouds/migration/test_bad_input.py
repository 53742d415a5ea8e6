# SPDX-License-Identifier: Apache-2.0
"""Bad input and bad luck: one clear line, the documented code, nothing half-made."""

from __future__ import annotations

import json
import os
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from tests.clouds.migration.tenant import TenantTestCase


class TestBadInput(TenantTestCase):
    prefix = "fail"
    seed = 13

    def setUp(self) -> None:
        super().setUp()
        here = self.tenant.servers(self.tenant.source)
        # One for each test that changes it: they run in any order.
        self.first, self.second, self.third = sorted(here)
        self.broken = here[self.third]["id"]

    # -- the operator's words ---------------------------------------------
    def test_an_unknown_server(self):
        ended = self.tenant.pumphouse("plan", "server", "no-such-server")
        self.assertEnds(
            exceptions.EXIT_NOT_FOUND, ended, "no-such-server", "source cloud source"
        )

    def test_an_ambiguous_name(self):
        second = self._id(self.second)
        self._rename(second, self.first)
        self.addCleanup(self._rename, second, self.second)
        ended = self.tenant.pumphouse("plan", "server", self.first)
        self.assertEnds(
            exceptions.EXIT_NOT_FOUND, ended, self.first, self._id(self.first)
        )

    def test_a_wrong_password(self):
        ended = self._with_clouds(lambda c: c["auth"].update(password="wrong"))
        self.assertEnds(exceptions.EXIT_CLOUD, ended, "source cloud source", "password")

    def test_an_unreachable_cloud(self):
        ended = self._with_clouds(
            lambda c: c["auth"].update(auth_url="http://127.0.0.1:1/v3")
        )
        self.assertEnds(
            exceptions.EXIT_CLOUD, ended, "source cloud source", "127.0.0.1:1"
        )

    def test_a_cloud_that_clouds_yaml_does_not_have(self):
        path = self.tenant.write_migration("other.yaml")
        document = yaml.safe_load(path.read_text())
        document["source"]["cloud"] = "elsewhere"
        path.write_text(yaml.safe_dump(document))
        ended = self.tenant.pumphouse("-m", str(path), "plan", "server", self.first)
        self.assertEnds(exceptions.EXIT_INPUT, ended, "elsewhere")

    # -- what the clouds are like -----------------------------------------
    def test_a_source_server_in_error_is_blocked_and_left_alone(self):
        action = f"/servers/{self.broken}/action"
        cloud = self.tenant.source
        cloud.post("compute", action, {"os-resetState": {"state": "error"}})
        self.addCleanup(
            cloud.post, "compute", action, {"os-resetState": {"state": "active"}}
        )
        ended = self.tenant.pumphouse("migrate", "server", self.third, "--yes")
        self.assertEnds(exceptions.EXIT_BLOCKED, ended, self.third, "ERROR")

    def test_a_destination_out_of_quota_puts_the_server_back(self):
        tenant = self.tenant
        planned = tenant.pumphouse("plan", "server", self.first)
        self.assertEqual(exceptions.EXIT_OK, planned.code, planned)
        plan = tenant.pumphouse("plan", "list", "-f", "value", "-c", "ID").out.split()
        with _Faults(tenant.destination, "compute") as faults:
            # Refused as the owner, and with the operator's own hat as well.
            faults.add(
                method="POST",
                path_regex=r"/servers$",
                body_regex=f'"{self.first}"',
                status=403,
                times=9,
            )
            ended = tenant.pumphouse("apply", plan[0])
        self.assertEnds(exceptions.EXIT_FAILED, ended, "pumphouse resume")
        self.assertIn(self.first, ended.out)
        # Put back: it runs again, and nothing half-made is on the destination.
        server = tenant.servers(tenant.source)[self.first]
        self.assertEqual("ACTIVE", server["status"])
        self.assertNotIn(self.first, tenant.servers(tenant.destination))

        again = tenant.pumphouse("resume")
        self.assertEqual(exceptions.EXIT_OK, again.code, again)
        self.assertIn(self.first, tenant.servers(tenant.destination))

    def test_image_data_lost_half_way_fails_and_is_fetched_again(self):
        tenant = self.tenant
        image = tenant.servers(tenant.source)[self.second]["image"]["id"]
        with _Faults(tenant.source, "image") as faults:
            # It breaks half-way, and then nothing comes any more.
            lost = {"method": "GET", "path_regex": rf"/{image}/file$"}
            faults.add(**lost, truncate_body_after=1000)
            faults.add(**lost, truncate_body_after=0, times=50)
            # Once is enough: that a step is tried again has its own tests.
            ended = tenant.pumphouse(
                *("migrate", "server", self.second, "--yes"), OS_ENGINE__ATTEMPTS="1"
            )
        self.assertEnds(exceptions.EXIT_FAILED, ended, "pumphouse resume")
        self.assertIn("image", ended.out)
        self.assertIn("stopped coming at byte", ended.out)
        server = tenant.servers(tenant.source)[self.second]
        self.assertEqual("ACTIVE", server["status"])
        again = tenant.pumphouse("resume")
        self.assertEqual(exceptions.EXIT_OK, again.code, again)
        verified = tenant.pumphouse("verify")
        self.assertEnds(exceptions.EXIT_OK, verified, "0 differences")

    # -- helpers ----------------------------------------------------------
    def _id(self, name: str) -> str:
        return str(self.tenant.servers(self.tenant.source)[name]["id"])

    def _rename(self, server_id: str, name: str) -> None:
        self.tenant.source.put(
            "compute", f"/servers/{server_id}", {"server": {"name": name}}
        )

    def _with_clouds(self, change: Any) -> Any:
        document = yaml.safe_load(Path(self.tenant.clouds_yaml).read_text())
        change(document["clouds"]["source"])
        path = self.tenant.work / "clouds.yaml"
        path.write_text(yaml.safe_dump(document))
        return self.tenant.pumphouse(
            "plan", "server", self.first, OS_CLIENT_CONFIG_FILE=str(path)
        )


class _Faults:
    """Faults of one service of the testbed, gone when the block ends.

    They name what they are about: other tests use the same service meanwhile.
    """

    def __init__(self, cloud: Cloud, service: str) -> None:
        ports = json.loads(os.environ["TESTBED_ABOUT"])["clouds"]
        name = {"compute": "nova", "image": "glance"}[service]
        port = ports[cloud.side]["ports"][name]
        self.url = f"http://127.0.0.1:{port}/_testbed/faults"
        self.added: list[dict[str, Any]] = []

    def __enter__(self) -> _Faults:
        return self

    def __exit__(self, *_: object) -> None:
        self._send("DELETE", self.added)

    def add(self, **rule: Any) -> None:
        self.added.append(rule)
        self._send("POST", [rule])

    def _send(self, method: str, rules: list[dict[str, Any]]) -> None:
        data = json.dumps(rules).encode()
        request = urllib.request.Request(self.url, data=data, method=method)
        urllib.request.urlopen(request, timeout=10).close()
