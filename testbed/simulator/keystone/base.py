# SPDX-License-Identifier: Apache-2.0
"""What all parts of the simulated Keystone share."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from testbed.simulator.errors import ApiError, missing
from testbed.simulator.names import folded
from testbed.simulator.service import (
    Call,
    Service,
    after_marker,
    next_link,
    truth,
)
from testbed.simulator.tables import Record

DEFAULT = "default"


class KeystoneBase(Service):
    """Errors, links and lists as Keystone has them."""

    name = "identity"
    log_name = "identity"

    def worded(self, error: ApiError) -> Any:
        title = HTTPStatus(error.status).phrase
        return {
            "error": {"code": error.status, "message": error.message, "title": title}
        }

    def out_of_quota(self) -> ApiError:
        return ApiError(403, "Unable to create additional resources: limit exceeded.")

    def one(self, kind: str, key: str) -> Record:
        """The record of that id, of *kind* ``project``.

        :raises ApiError: 404
        """
        record: Record | None = self.state.tables[f"{kind}s"].get(key)
        if record is None:
            raise missing(f"Could not find {kind}: {key}.")
        return record

    def shown(self, call: Call, kind: str, record: Record) -> Record:
        """*record* with its link."""
        here = f"{call.base}/v3/{kind}s/{record['id']}"
        return {**record, "links": {"self": here}}

    def listing(self, call: Call, kind: str, items: list[Record]) -> Record:
        """The document of a list; paged where the release honours ``limit``."""
        url = f"{call.base}/v3/{kind}s"
        query = call.request.target.partition("?")[2]
        links = {
            "next": None,
            "self": f"{url}?{query}" if query else url,
            "previous": None,
        }
        found: Record = {f"{kind}s": items, "links": links}
        limit = call.request.first("limit")
        if not self.cloud.release.pages or not limit:
            return found
        try:
            rest = after_marker(items, call.request.first("marker"))
        except KeyError as marker:
            raise missing(f"Marker could not be found: {marker}") from None
        page = list(rest[: int(limit)])
        found[f"{kind}s"] = page
        if len(page) == int(limit):  # it does not look whether more follow
            found["truncated"] = True
            links["next"] = next_link(url, call.request, page[-1]["id"])
        return found


def passes(record: Record, query: list[tuple[str, str]], names: frozenset[str]) -> bool:
    """Whether *record* passes those filters of *query* that Keystone knows."""
    for pair, wanted in query:
        name, _, how = pair.partition("__")
        if name == "tags":
            if not set(wanted.split(",")) <= set(record.get("tags") or ()):
                return False
        elif (name, how) == ("name", "") and name in names:
            if folded(record[name]) != folded(wanted):
                return False
        elif name in names and not _fits(record.get(name), wanted, how):
            return False
    return True


def _fits(value: Any, wanted: str, how: str) -> bool:
    if isinstance(value, bool):
        return value is truth(wanted)
    text = "" if value is None else str(value)
    if how in ("contains", "icontains"):
        return wanted.lower() in text.lower()
    if how == "startswith":
        return text.startswith(wanted)
    if how == "endswith":
        return text.endswith(wanted)
    return text == wanted
