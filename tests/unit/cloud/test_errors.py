# SPDX-License-Identifier: Apache-2.0
"""Every kind of refusal, in each service's own words, becomes the right error."""

from __future__ import annotations

import json
from typing import Any

import requests
import testtools

from pumphouse import exceptions as exc
from pumphouse.cloud.errors import Call, of_response
from pumphouse.cloud.messages import LONGEST, message_of

CALL = Call("source cloud lab", "POST", "compute", "/servers?name=x", "http://h:1/v2.1")


def response(status: int, body: Any = b"", **headers: str) -> requests.Response:
    """A response as ``requests`` would bring it."""
    made = requests.Response()
    made.status_code = status
    made._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    made.headers.update({name.replace("_", "-"): v for name, v in headers.items()})
    return made


class TestMessages(testtools.TestCase):
    def test_shapes(self) -> None:
        """One line, whichever way a service wraps it (as the real ones did)."""
        gone = "it is gone"
        glance = (
            b"<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n"
            b"  <h1>404 Not Found</h1>\n  it is gone<br /><br />\n\n </body>\n</html>"
        )
        for body in (
            {"error": {"code": 404, "message": "it is gone.", "title": "Not Found"}},
            {"itemNotFound": {"code": 404, "message": gone}},
            {"NeutronError": {"type": "PortNotFound", "message": gone, "detail": ""}},
            {"NeutronError": gone},
            {"message": "it is gone<br /><br />\n\n", "code": "404 Not Found"},
            {"errors": [{"status": 404, "title": "No", "detail": "it is\n\n gone  "}]},
            {"faultstring": gone},
            {"error_message": {"debuginfo": None, "faultstring": gone}},
            "it is gone",
            b"it is gone\n",
            {"error": {"message": "it is gone\n\nFailed validating 'type' in {}"}},
        ):
            self.assertEqual(gone, message_of(response(404, body)))
        self.assertEqual("404 Not Found it is gone", message_of(response(404, glance)))

    def test_nothing_said(self) -> None:
        for body in (b"", {}, [], 7, {"a": {"b": []}}, b"null"):
            self.assertEqual("", message_of(response(500, body)))

    def test_long_words_are_cut(self) -> None:
        said = message_of(response(500, {"message": "word " * 1000}))
        self.assertTrue(len(said) <= LONGEST)
        self.assertTrue(said.endswith("…"))

    def test_odd_bytes(self) -> None:
        self.assertEqual("\ufffd\ufffd", message_of(response(500, b"\xff\xfe")))

    def test_what_was_sent_is_masked(self) -> None:
        """Nova recites user data, Keystone passwords; escaped where need be."""
        server = {"name": "web", "user_data": "canary\nline", "adminPass": "pw-12345"}
        body = {"badRequest": {"message": f"Value: {server!r} is bad"}}
        said = message_of(response(400, body), {"server": server})
        masked = server | {"user_data": "***", "adminPass": "***"}
        self.assertEqual(f"Value: {masked!r} is bad", said)


class TestOfResponse(testtools.TestCase):
    def kind(self, status: int, body: Any = b"", **headers: str) -> type:
        error = of_response(response(status, body, **headers), CALL)
        self.assertEqual("source cloud lab", error.resource)
        self.assertEqual(status, error.status)
        self.assertEqual("POST compute /servers", error.request)
        self.assertEqual(1, len(str(error).splitlines()))
        return type(error)

    def test_statuses(self) -> None:
        for status, kind in (
            (300, exc.UnexpectedAnswer),
            (400, exc.UnexpectedAnswer),
            (401, exc.AuthenticationFailed),
            (403, exc.Forbidden),
            (404, exc.ResourceMissing),
            (405, exc.UnexpectedAnswer),
            (409, exc.Conflict),
            (410, exc.ResourceMissing),
            (415, exc.UnexpectedAnswer),
            (429, exc.RateLimited),
            (500, exc.ServiceError),
            (501, exc.ServiceError),
            (503, exc.ServiceError),
        ):
            self.assertEqual(kind, self.kind(status))

    def test_quota(self) -> None:
        """Each service says it another way, Cinder with a misleading header."""
        for status, said in (
            (403, "Quota exceeded for cores, ram: Requested 4, but already used 8"),
            (403, "Quota exceeded, too many key pairs."),
            (403, "Maximum number of key pairs exceeded"),
            (
                413,
                "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded",
            ),
            (413, "Requested volume or snapshot exceeds allowed gigabytes quota."),
            (
                403,
                "Unable to create it, maximum of 5 already exceeded",
            ),
        ):
            body = {"overLimit": {"message": said}}
            self.assertEqual(
                exc.QuotaExceeded, self.kind(status, body, Retry_After="0")
            )
        neutron = {
            "NeutronError": {"type": "OverQuota", "message": "No more: ['port']"}
        }
        self.assertEqual(exc.QuotaExceeded, self.kind(409, neutron))

    def test_not_quota(self) -> None:
        """Words about quotas in another status are about the request itself."""
        body = {"badRequest": {"message": "quota_set is not allowed here"}}
        self.assertEqual(exc.UnexpectedAnswer, self.kind(400, body))
        self.assertEqual(exc.RateLimited, self.kind(413, b"slow", Retry_After="3"))

    def test_request_id(self) -> None:
        for name in ("X-Openstack-Request-Id", "X-Compute-Request-Id"):
            made = response(500)
            made.headers[name] = "req-1"
            self.assertEqual("req-1", of_response(made, CALL).request_id)

    def test_the_line(self) -> None:
        """What an operator reads: cloud, what, which request, the cloud's words."""
        body = {"conflictingRequest": {"message": "Cannot 'suspend' it."}}
        self.assertEqual(
            "source cloud lab: it exists already or is busy (POST compute /servers, "
            "409): Cannot 'suspend' it",
            str(of_response(response(409, body), CALL)),
        )
