# SPDX-License-Identifier: Apache-2.0
"""What all parts of the simulated Nova share: microversions, errors, pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from testbed.simulator.errors import ApiError, bad, forbidden, missing
from testbed.simulator.messages import Answer
from testbed.simulator.service import Call, Service, after_marker, next_link
from testbed.simulator.tables import Record

_KEYS = {
    400: "badRequest",
    403: "forbidden",
    404: "itemNotFound",
    409: "conflictingRequest",
    413: "overLimit",
}
MOST = 1000  # items a page


class NovaBase(Service):
    """One service's common behaviour."""

    name = "compute"
    log_name = "compute"

    # -- microversions and refusals --------------------------------------------
    def prepare(self, call: Call) -> None:
        call.version = self._wanted(call)

    def _wanted(self, call: Call) -> tuple[int, int]:
        headers = call.request.headers
        text = headers.get("openstack-api-version", "")
        kind, _, version = text.partition(" ")
        if kind != "compute":
            version = headers.get("x-openstack-nova-api-version", "")
        if not version:
            return 2, 1
        newest = self.cloud.release.compute
        if version == "latest":
            return newest
        major, _, minor = version.partition(".")
        if not (major.isdigit() and minor.isdigit()):
            raise bad(f"API Version String {version} is of invalid format.")
        found = int(major), int(minor)
        if not (2, 1) <= found <= newest:
            raise ApiError(
                406,
                f"Version {version} is not supported by the API. Minimum is 2.1 and "
                f"maximum is {newest[0]}.{newest[1]}.",
            )
        return found

    def finished(self, call: Call, answer: Answer) -> Answer:
        version = ".".join(map(str, call.version))
        answer.headers |= {
            "OpenStack-API-Version": f"compute {version}",
            "X-OpenStack-Nova-API-Version": version,
            "Vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
        }
        return answer

    def worded(self, error: ApiError) -> Any:
        if error.kind == "HTTPNotFound" and error.status == 404:
            title = {"code": "404 Not Found", "title": "Not Found"}
            return {"message": f"{error.message}<br /><br />\n\n\n", **title}
        key = _KEYS.get(error.status, "computeFault")
        return {key: {"code": error.status, "message": error.message}}

    def out_of_quota(self) -> ApiError:
        return forbidden(
            "Quota exceeded for instances: Requested 1, but already used 10 of 10 "
            "instances"
        )

    def gone(self, message: str) -> ApiError:
        """404."""
        return missing(message, "NotFound")

    # -- records ---------------------------------------------------------------
    def server(self, call: Call, key: str) -> Record:
        """The server of that id, if it is the sender's business.

        :raises ApiError: 404
        """
        record = self.state.servers.get(key)
        if record is None or not call.sees(record["tenant_id"]):
            raise self.gone(f"Instance {key} could not be found.")
        return record

    def links(self, call: Call, what: str, key: str) -> list[Record]:
        """The two links of a thing."""
        return [
            {"rel": "self", "href": f"{call.base}/v2.1/{what}/{key}"},
            {"rel": "bookmark", "href": f"{call.base}/{what}/{key}"},
        ]

    def page(
        self, call: Call, items: Sequence[Record], name: str, path: str, key: str = "id"
    ) -> tuple[Sequence[Record], Record]:
        """The page asked for, and what links to the next one.

        :raises ApiError: 400
        """
        request = call.request
        text = request.first("limit")
        if text is not None and not text.isdigit():
            raise bad(f"Invalid input for query parameters limit. Value: {text}.")
        limit = min(int(text), MOST) if text is not None else MOST
        try:
            rest = after_marker(items, request.first("marker"), key)
        except KeyError as marker:
            raise bad(f"marker [{marker.args[0]}] not found") from None
        page = rest[:limit]
        if limit and len(page) == limit:
            url = f"{call.base}/v2.1/{path}"
            link = next_link(url, request, str(page[-1][key]))
            return page, {f"{name}_links": [{"rel": "next", "href": link}]}
        return page, {}
