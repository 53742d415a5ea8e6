# SPDX-License-Identifier: Apache-2.0
"""What stays in services that no resource type covers, and what is said of it."""

from __future__ import annotations

from typing import Any

import testtools

from pumphouse import exceptions
from pumphouse.plan import staying

ONE = {"p1": "web"}
MANY = {f"p{n}": f"web{n}" for n in range(12)}
FORBIDDEN = exceptions.Forbidden("the user may not do this")
GONE = exceptions.Unreachable("nobody listens")


class Source:
    """Lists by path; ``within`` is what a project's own token sees."""

    project_id = "own"

    def __init__(self, *services: str, within: Any = None, **lists: Any) -> None:
        self.there = services
        self.lists = lists
        self.within = within
        self.asked: list[tuple[str, dict[str, str], dict[str, str], str]] = []

    def services(self) -> frozenset[str]:
        return frozenset(self.there)

    def scoped_to(self, project: str) -> Any:
        if self.within is None:
            raise FORBIDDEN
        return self.within

    def list(
        self,
        service: str,
        path: str,
        key: str,
        params: Any = None,
        headers: Any = None,
        microversion: str = "",
    ) -> Any:
        self.asked.append((path, dict(params or {}), dict(headers or {}), microversion))
        found = self.lists[key]
        if isinstance(found, Exception):
            raise found
        return found


def told(source: Source, projects: dict[str, str] = ONE, whole: bool = True) -> Any:
    return list(staying.notes(source, projects, whole_project=whole))  # type: ignore[arg-type]


class TestStaying(testtools.TestCase):
    def test_of_a_service_that_is_not_there_nothing_is_asked(self):
        source = Source("identity", "compute", "network", "image", "placement")
        self.assertEqual(([], []), (told(source), source.asked))

    def test_volumes_their_snapshots_and_backups(self):
        source = Source(
            "block-storage",
            volumes=[{"id": "v"}, {"id": "w"}],
            snapshots=[{"id": "s"}],
            backups=[],
        )
        self.assertEqual(
            [
                "2 volumes of project web stay behind: not yet migrated",
                "1 volume snapshot of project web stays behind: not yet migrated",
            ],
            told(source),
        )
        one = {"all_tenants": "1", "project_id": "p1"}
        self.assertEqual([one] * 3, [params for _, params, _, _ in source.asked])

    def test_snapshots_are_asked_for_only_where_volumes_are(self):
        source = Source("block-storage", volumes=[], backups=[])
        self.assertEqual([], told(source))
        paths = [path for path, *_ in source.asked]
        self.assertEqual(["/volumes/detail", "/backups/detail"], paths)

    def test_what_a_filter_let_through_of_others_does_not_count(self):
        mine = {"id": "l", "project_id": "p1"}
        source = Source(
            "load-balancer", loadbalancers=[mine, {"id": "m", "project_id": "p2"}]
        )
        self.assertIn("1 load balancer of project web", told(source)[0])

    def test_of_many_projects_one_list_is_asked(self):
        balancers = [{"id": n, "project_id": "p3"} for n in "ab"]
        source = Source("load-balancer", "dns", loadbalancers=balancers, zones=[])
        self.assertEqual(
            ["2 load balancers of project web3 stay behind: not yet migrated"],
            told(source, MANY),
        )
        self.assertEqual(
            [{}, {"X-Auth-All-Projects": "true"}], [h for _, _, h, _ in source.asked]
        )

    def test_a_list_that_does_not_say_whose_is_no_zero(self):
        source = Source("block-storage", volumes=[], backups=[{"id": "b"}])
        (note,) = told(source, MANY)
        self.assertIn("volume backups of project web0, web1", note)
        self.assertIn("and 7 more could not be listed", note)
        self.assertIn("does not say whose", note)
        self.assertEqual("3.18", source.asked[-1][-1])

    def test_what_cannot_be_listed_is_said_and_stops_nothing(self):
        source = Source("load-balancer", "dns", loadbalancers=FORBIDDEN, zones=[])
        (note,) = told(source, {"p1": "web", "p2": "shop"})
        self.assertEqual(
            "load balancers of project web, shop could not be listed: the user may "
            "not do this",
            note,
        )

    def test_who_does_not_answer_is_asked_once(self):
        for number in (1, 3, 10):
            source = Source("load-balancer", loadbalancers=GONE)
            projects = dict([*MANY.items()][:number])
            (note,) = told(source, projects)
            self.assertIn(", ".join([*projects.values()][:5]), note)
            self.assertEqual(1, len(source.asked))

    def test_stacks_are_looked_for_in_the_projects_own_scope_as_well(self):
        within = Source(stacks=[{"id": "s"}])
        source = Source("orchestration", within=within, stacks=FORBIDDEN)
        self.assertEqual(
            ["1 stack of project web stays behind: not yet migrated"], told(source)
        )
        self.assertEqual({"global_tenant": "true", "tenant": "p1"}, source.asked[0][1])
        self.assertEqual({}, within.asked[0][1])

    def test_secrets_are_seen_by_their_project_only(self):
        source = Source("key-manager", within=Source(secrets=[{}, {}, {}]))
        self.assertIn("3 secrets of project web", told(source)[0])
        self.assertEqual([], source.asked)
        (note,) = told(Source("key-manager"), MANY)
        self.assertIn("only who has a role in the project sees them", note)

    def test_a_selection_of_servers_asks_what_may_lead_to_them(self):
        source = Source(
            *("block-storage", "load-balancer", "key-manager", "metric"),
            loadbalancers=[{"id": "l", "project_id": "p1"}],
        )
        balancers, unknown = told(source, whole=False)
        self.assertIn("1 load balancer of project web stays behind", balancers)
        self.assertIn("was not looked at", balancers)
        self.assertIn("metric", unknown)
        self.assertEqual(["/lbaas/loadbalancers"], [path for path, *_ in source.asked])

    def test_services_that_are_not_known_are_named_once(self):
        source = Source("metric", "alarm", "cloudformation", "orchestration", stacks=[])
        (note,) = told(source, {"p1": "web", "p2": "shop"})
        self.assertIn("has alarm, metric: what projects have there was not", note)
        (note,) = told(Source("cloudformation"))
        self.assertIn("cloudformation", note)

    def test_without_projects_there_is_nothing_to_say(self):
        source = Source("metric", "load-balancer")
        self.assertEqual(([], []), (told(source, {}), source.asked))


class Swift(Source):
    """Accounts by path, with how many containers each has."""

    def __init__(self, url: str, **accounts: Any) -> None:
        super().__init__("object-store")
        self._url = url
        self.accounts = accounts

    def url(self, service: str) -> str:
        return self._url

    def request(self, service: str, method: str, path: str) -> Any:
        self.asked.append((path, {}, {}, method))
        found = self.accounts.get(path.strip("/"), exceptions.ResourceMissing("no"))
        if isinstance(found, Exception):
            raise found
        headers = {"X-Account-Container-Count": str(found)}
        return type("Answer", (), {"headers": headers})


class TestAccounts(testtools.TestCase):
    def test_the_account_of_the_project(self):
        for url, path in (
            ("http://swift/v1/AUTH_own", "AUTH_p1"),
            ("http://swift/v1/KEY_own/", "KEY_p1"),
        ):
            swift = Swift(url, **{path: 2})
            self.assertEqual(
                ["2 object containers of project web stay behind: not yet migrated"],
                told(swift),
            )
            self.assertEqual([(f"/{path}", {}, {}, "HEAD")], swift.asked)

    def test_a_project_that_never_stored_anything(self):
        self.assertEqual([], told(Swift("http://swift/v1/AUTH_own")))

    def test_without_reseller_rights_a_role_in_the_project_does(self):
        swift = Swift("http://swift/v1/AUTH_own", AUTH_p1=FORBIDDEN)
        (note,) = told(swift)
        self.assertIn("could not be listed: the user may not do this", note)
        swift.within = Swift("http://swift/v1/AUTH_p1", AUTH_p1=3)
        swift.within.project_id = "p1"
        self.assertIn("3 object containers", told(swift)[0])

    def test_an_address_without_a_project_says_nothing_of_another(self):
        """Ceph's, by default: an account is whoever asks."""
        swift = Swift("http://ceph/swift/v1", **{"": 9})
        (note,) = told(swift)
        self.assertIn("names no project", note)
        self.assertEqual([], swift.asked)
