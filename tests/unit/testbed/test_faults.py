# SPDX-License-Identifier: Apache-2.0
"""Faults, request counts and the testbed's own requests at the WSGI layer."""

import io
import json

import testtools

from testbed.openstack.control import Control
from testbed.openstack.counting import normalised
from testbed.openstack.faults import Faults

ID = "0f3a5c1e9b7d4e2f8a6b4c2d0e1f3a5b"
DASHED = "0f3a5c1e-9b7d-4e2f-8a6b-4c2d0e1f3a5b"


class Service:
    """A service of one answer, and a client of it."""

    def __init__(self, body=(b"0123456789",)):
        self.body = body
        self.called = 0
        self.slept = []
        self.cuts = 0
        self.control = Control()
        self.control.faults.sleep = self.slept.append
        self.app = self.control.wrap(self.answer)

    def answer(self, environ, start_response):
        self.called += 1
        start_response("200 OK", [("Content-Type", "text/plain")])
        return list(self.body)

    def cut(self):
        self.cuts += 1

    def __call__(self, method, path, given=None, query="", agent="openstacksdk/4.22"):
        data = b"" if given is None else json.dumps(given).encode()
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "HTTP_USER_AGENT": agent,
            "CONTENT_LENGTH": str(len(data)),
            "wsgi.input": io.BytesIO(data),
            "testbed.cut": self.cut,
        }
        seen = []
        body = self.app(environ, lambda status, headers, *_: seen.append(status))
        text = b"".join(body)
        return int(seen[0].split()[0]), text

    def rules(self, *rules):
        status, text = self("POST", "/_testbed/faults", list(rules))
        assert status == 200, text


class TestFaults(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.service = Service()

    def test_without_rules_all_goes_through(self):
        self.assertEqual((200, b"0123456789"), self.service("GET", "/servers"))

    def test_a_status_so_many_times(self):
        self.service.rules({"path_regex": "/servers", "status": 503, "times": 2})
        answers = [self.service("GET", "/v2.1/servers")[0] for _ in range(3)]
        self.assertEqual([503, 503, 200], answers)
        self.assertEqual(1, self.service.called)

    def test_only_matching_requests(self):
        self.service.rules(
            {
                "method": "POST",
                "path_regex": "^/servers$",
                "agent_regex": "^openstacksdk",
                "status": 500,
            }
        )
        self.assertEqual(200, self.service("GET", "/servers")[0])
        self.assertEqual(200, self.service("POST", "/servers/1")[0])
        self.assertEqual(200, self.service("POST", "/servers", agent="nova")[0])
        self.assertEqual(500, self.service("POST", "/servers")[0])

    def test_the_body_is_matched_and_still_there(self):
        read = []
        self.service.control = Control()
        self.service.app = self.service.control.wrap(
            lambda environ, start: (
                read.append(environ["wsgi.input"].read())
                or self.service.answer(environ, start)
            )
        )
        self.service.rules({"path_regex": "", "body_regex": '"web-1"', "status": 403})
        self.assertEqual(200, self.service("GET", "/servers")[0])
        self.assertEqual(200, self.service("POST", "/servers", {"name": "web-2"})[0])
        self.assertEqual([b"", b'{"name": "web-2"}'], read)
        self.assertEqual(403, self.service("POST", "/servers", {"name": "web-1"})[0])

    def test_rules_of_one_are_dropped_without_those_of_another(self):
        mine = {"path_regex": "/mine", "status": 503, "times": 9}
        other = {"path_regex": "/other", "status": 503}
        self.service.rules(mine, other)
        self.service("GET", "/mine")
        self.service("DELETE", "/_testbed/faults", [mine])
        self.assertEqual(200, self.service("GET", "/mine")[0])
        self.assertEqual(503, self.service("GET", "/other")[0])

    def test_the_query_is_matched_too(self):
        self.service.rules({"path_regex": r"\?name=x$", "status": 500})
        self.assertEqual(200, self.service("GET", "/servers")[0])
        self.assertEqual(500, self.service("GET", "/servers", query="name=x")[0])

    def test_skip_lets_the_first_through(self):
        self.service.rules({"path_regex": "/", "status": 500, "skip": 2})
        answers = [self.service("GET", "/a")[0] for _ in range(4)]
        self.assertEqual([200, 200, 500, 200], answers)

    def test_a_body_is_read_before_a_refusal_and_none_is_not_waited_for(self):
        faults, reads = Faults(), []

        class Blocking:
            def read(self, size):
                reads.append(size)
                return b""

        rule = [{"path_regex": "/", "status": 500, "times": 2}]
        faults.handle("POST", [], rule)
        for length, wanted in (("", 0), ("5", 1)):
            environ = {
                "REQUEST_METHOD": "GET",
                "PATH_INFO": "/",
                "CONTENT_LENGTH": length,
                "wsgi.input": Blocking(),
            }
            faults.wrap(None)(environ, lambda *_: None)
            self.assertEqual(wanted, len(reads))

    def test_delay(self):
        self.service.rules({"path_regex": "/", "delay": 1.5})
        self.assertEqual(200, self.service("GET", "/a")[0])
        self.assertEqual([1.5], self.service.slept)

    def test_after_carries_the_request_out(self):
        self.service.rules({"path_regex": "/", "status": 502, "after": True})
        self.assertEqual(502, self.service("POST", "/a")[0])
        self.assertEqual(1, self.service.called)

    def test_a_body_breaks_off(self):
        for limit, sent in ((0, b""), (4, b"0123"), (10, b"0123456789")):
            service = Service()
            service.rules({"path_regex": "/", "truncate_body_after": limit})
            self.assertEqual(sent, service("GET", "/a")[1])
            self.assertEqual((1, 1), (service.called, service.cuts))

    def test_a_body_in_pieces_breaks_off(self):
        service = Service(body=(b"012", b"", b"345", b"678"))
        service.rules({"path_regex": "/", "truncate_body_after": 5})
        self.assertEqual(b"01234", service("GET", "/a")[1])

    def test_rules_can_be_seen_and_dropped(self):
        self.service.rules({"path_regex": "/", "status": 500, "times": 3})
        self.service("GET", "/a")
        shown = json.loads(self.service("GET", "/_testbed/faults")[1])
        self.assertEqual(2, shown[0]["times"])
        self.assertEqual(b"[]", self.service("DELETE", "/_testbed/faults")[1])
        self.assertEqual(200, self.service("GET", "/a")[0])

    def test_wrong_rules_are_refused_and_leave_nothing(self):
        for rule in (
            {},
            {"path_regex": "("},
            {"path_regex": "/", "statsu": 1},
            {"path_regex": "/", "times": "many"},
        ):
            good = {"path_regex": "/", "status": 500}
            status, text = self.service("POST", "/_testbed/faults", [good, rule])
            self.assertEqual(400, status)
            self.assertIn("error", json.loads(text))
        self.assertEqual([], self.service.control.faults.rules)

    def test_the_first_rule_that_matches_strikes(self):
        faults = Faults()
        faults.handle(
            "POST", [], [{"path_regex": "a", "status": n} for n in (501, 502)]
        )
        self.assertEqual(
            [501, 502, None],
            [rule and rule.status for rule in (faults.take("GET", "a") for _ in "123")],
        )


class TestCounting(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.service = Service()

    def counted(self, method="GET"):
        return json.loads(self.service(method, "/_testbed/requests")[1])

    def test_requests_are_counted_by_what_they_are(self):
        for path in (f"/v2.1/servers/{ID}", f"/v2.1/servers/{DASHED}", "/v2.1/servers"):
            self.service("GET", path)
        self.service("POST", "/v2.1/servers", agent="nova-conductor keystoneauth1/5")
        self.assertEqual(
            {
                "count": 4,
                "by": {
                    "GET /v2.1/servers/*": 2,
                    "GET /v2.1/servers": 1,
                    "POST /v2.1/servers": 1,
                },
                "agents": {"openstacksdk": 3, "nova-conductor": 1},
            },
            self.counted(),
        )

    def test_delete_begins_anew_and_own_requests_do_not_count(self):
        self.service("GET", "/a")
        self.assertEqual(0, self.counted("DELETE")["count"])
        self.assertEqual(0, self.counted()["count"])

    def test_a_request_that_a_fault_answers_counts(self):
        self.service.rules({"path_regex": "/", "status": 500})
        self.service("GET", "/a")
        self.assertEqual(1, self.counted()["count"])

    def test_ids_and_chosen_names(self):
        for path, plain in (
            ("/", "/"),
            ("/v3/projects", "/v3/projects"),
            (f"/v3/{ID}/volumes/{DASHED}", "/v3/*/volumes/*"),
            ("/v2.1/os-keypairs/default", "/v2.1/os-keypairs/*"),
            (f"/v2.0/networks/{DASHED}/tags/x", "/v2.0/networks/*/tags/*"),
            ("/v2.1/flavors/1/os-extra_specs", "/v2.1/flavors/*/os-extra_specs"),
            (f"/v2/images/{DASHED}/file", "/v2/images/*/file"),
        ):
            self.assertEqual(plain, normalised(path))


class TestControl(testtools.TestCase):
    def test_unknown_requests_are_not_passed_on(self):
        service = Service()
        self.assertEqual(404, service("GET", "/_testbed/nothing")[0])
        self.assertEqual(400, service("PATCH", "/_testbed/faults")[0])
        self.assertEqual(0, service.called)
