# SPDX-License-Identifier: Apache-2.0
"""Images: their records, lists and changes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from testbed.simulator.errors import ApiError, bad, conflict, forbidden
from testbed.simulator.glance.base import GlanceBase
from testbed.simulator.messages import Answer, json_answer
from testbed.simulator.router import route
from testbed.simulator.service import Call, after_marker, truth
from testbed.simulator.tables import Record
from testbed.simulator.words import words

VISIBILITY = ("community", "public", "private", "shared")
READ_ONLY = words(
    """status size virtual_size checksum os_hash_algo os_hash_value created_at
    updated_at self file schema stores direct_url"""
)
_BASE = words(
    """name disk_format container_format visibility protected min_ram min_disk owner
    os_hidden id tags"""
)
_CONTROL = words(
    """limit marker sort_key sort_dir sort visibility os_hidden tag member_status"""
)
DISK = words("""raw qcow2 vhd vhdx vmdk vdi iso ploop aki ari ami""")
CONTAINER = words("""ami ari aki bare ovf ova docker compressed""")
_PAGE, _MOST = 25, 1000
_IN = re.compile(r'"([^"]*)"|([^,]+)')


class Images(GlanceBase):
    """``/v2/images``."""

    def make_image(self, owner: str, asked: Record) -> Record:
        """A new image without data.

        :raises ApiError: 400, 409
        """
        key = str(asked.get("id") or self.state.uuid())
        try:
            uuid.UUID(key)
        except ValueError:
            raise bad(f"Invalid image id format: '{key}'") from None
        if key in self.state.images or key in self.state.deleted_images:
            raise conflict(f"Image with ID {key} already exists!")
        visibility = asked.get("visibility", "shared")
        if visibility not in VISIBILITY:
            raise bad(f"'{visibility}' is not one of {list(VISIBILITY)}")
        if asked.get("disk_format") not in (None, *DISK):
            raise bad(f"'{asked['disk_format']}' is not one of the disk formats")
        if asked.get("container_format") not in (None, *CONTAINER):
            raise bad(f"'{asked['container_format']}' is not one of the formats")
        if len(asked.get("name") or "") > 255:
            raise bad(f"'{asked['name']}' is too long")
        known = _BASE | READ_ONLY
        own = {k: v for k, v in asked.items() if k not in known}
        if wrong := [k for k, v in own.items() if not isinstance(v, str)]:
            raise bad(f"Provided object does not match schema 'image': {wrong[0]}")
        now = self.state.now()
        return self.state.images.add(
            {
                **own,
                "name": asked.get("name"),
                "disk_format": asked.get("disk_format"),
                "container_format": asked.get("container_format"),
                "visibility": visibility,
                "size": None,
                "virtual_size": None,
                "status": "queued",
                "checksum": None,
                "protected": bool(asked.get("protected", False)),
                "min_ram": int(asked.get("min_ram") or 0),
                "min_disk": int(asked.get("min_disk") or 0),
                "owner": owner,
                "os_hidden": bool(asked.get("os_hidden", False)),
                "os_hash_algo": None,
                "os_hash_value": None,
                "id": key,
                "created_at": now,
                "updated_at": now,
                "tags": sorted(set(asked.get("tags") or ())),
            }
        )

    def image_shown(self, record: Record) -> Record:
        """With its addresses, and its store once it has data."""
        here = f"/v2/images/{record['id']}"
        shown = {
            **record,
            "self": here,
            "file": f"{here}/file",
            "schema": "/v2/schemas/image",
        }
        if record["status"] in ("active", "deactivated"):
            shown["stores"] = "files"
        return shown

    def properties(self, record: Record | None) -> Record:
        """The custom properties of an image, as Nova keeps them with a server."""
        known = _BASE | READ_ONLY
        return {k: v for k, v in (record or {}).items() if k not in known}

    # -- handlers ------------------------------------------------------------
    @route("POST /v2/images")
    def create_image(self, call: Call) -> Answer:
        self.must_write(call)
        asked = call.body()
        if wrong := sorted(asked.keys() & READ_ONLY):
            raise forbidden(f"Attribute '{wrong[0]}' is read-only.")
        owner = asked.get("owner") or call.project_id
        if owner != call.project_id and not call.admin:
            raise forbidden("You are not permitted to create images owned by another.")
        if asked.get("visibility") == "public" and not call.admin:
            raise forbidden(
                "You are not authorized to complete publicize_image action."
            )
        record = self.make_image(owner, asked)
        answer = json_answer(201, self.image_shown(record))
        answer.headers["Location"] = f"{call.base}/v2/images/{record['id']}"
        return answer

    @route("GET /v2/images/{id}")
    def show_image(self, call: Call, key: str) -> Any:
        return self.image_shown(self.image(call, key))

    @route("DELETE /v2/images/{id}")
    def delete_image(self, call: Call, key: str) -> None:
        record = self.own_image(call, key)
        if record["protected"]:
            raise forbidden(f"Image {key} is protected and cannot be deleted.")
        self.state.images.remove(key)
        self.state.image_data.remove(key)
        self.state.deleted_images.add({"id": key})

    @route("PATCH /v2/images/{id}")
    def change_image(self, call: Call, key: str) -> Any:
        record = self.own_image(call, key)
        kind = call.request.headers.get("content-type", "")
        if not re.fullmatch(r"application/openstack-images-v2\.[01]-json-patch", kind):
            raise ApiError(415, "Unsupported Media Type")
        for change in call.body():
            name = str(change.get("path", "")).lstrip("/")
            name = name.replace("~1", "/").replace("~0", "~")
            if name in READ_ONLY or name == "id":
                raise forbidden(f"Attribute '{name}' is read-only.")
            if name == "owner" and not call.admin:
                raise forbidden("You are not permitted to change the owner.")
            if change["op"] != "add" and name not in record:
                raise conflict(f"Property {name} does not exist.")
            if change["op"] == "remove":
                del record[name]
            else:
                self.touch(record, **{name: change["value"]})
        return self.image_shown(self.touch(record))

    @route("POST /v2/images/{id}/actions/deactivate")
    def deactivate(self, call: Call, key: str) -> None:
        self._switch(call, key, "active", "deactivated")

    @route("POST /v2/images/{id}/actions/reactivate")
    def reactivate(self, call: Call, key: str) -> None:
        self._switch(call, key, "deactivated", "active")

    def _switch(self, call: Call, key: str, before: str, after: str) -> None:
        record = self.own_image(call, key)
        if record["status"] not in (before, after):
            raise forbidden(f"Not allowed to change image {key} to {after}")
        self.touch(record, status=after)

    @route("PUT /v2/images/{id}/tags/{tag}")
    def add_tag(self, call: Call, key: str, tag: str) -> None:
        record = self.own_image(call, key)
        self.touch(record, tags=sorted({*record["tags"], tag}))

    @route("DELETE /v2/images/{id}/tags/{tag}")
    def remove_tag(self, call: Call, key: str, tag: str) -> None:
        record = self.own_image(call, key)
        self.touch(record, tags=[each for each in record["tags"] if each != tag])

    # -- lists ---------------------------------------------------------------
    @route("GET /v2/images")
    def list_images(self, call: Call) -> Any:
        first = call.request.first
        limit = self._limit(first("limit"))
        tests = [*self._tests(call)]
        found = [i for i in self.state.images if all(test(i) for test in tests)][::-1]
        try:
            rest = after_marker(found, first("marker"))
        except KeyError:
            raise bad("Invalid marker") from None
        page = rest[:limit]
        query = call.request.query
        document = {
            "images": [self.image_shown(each) for each in page],
            "first": _link([p for p in query if p[0] != "marker"]),
            "schema": "/v2/schemas/images",
        }
        if page and len(page) == limit:
            rest_query = [p for p in query if p[0] != "marker"]
            document["next"] = _link([*rest_query, ("marker", page[-1]["id"])])
        return document

    def _limit(self, text: str | None) -> int:
        if text is None:
            return _PAGE
        try:
            limit = int(text)
        except ValueError:
            raise bad("limit param must be an integer") from None
        if limit < 0:
            raise bad("limit param must be positive")
        return min(limit, _MOST)

    def _tests(self, call: Call) -> Iterable[Callable[[Record], bool]]:
        first = call.request.first
        visibility = first("visibility")
        if visibility not in (None, "all", *VISIBILITY):
            raise bad(f"Invalid visibility value: {visibility}")
        hidden = truth(first("os_hidden", "false"))
        yield lambda image: image["os_hidden"] is hidden
        if visibility in VISIBILITY:
            yield lambda image: image["visibility"] == visibility
        if visibility in (*VISIBILITY, "all"):
            yield lambda image: self.readable(call, image)
        else:
            # Other people's community images are listed only if asked for.
            yield (
                lambda image: (
                    self.readable(call, image)
                    and (
                        image["visibility"] != "community"
                        or image["owner"] == call.project_id
                    )
                )
            )
        for name, value in call.request.query:
            if name == "tag":
                yield lambda image, v=value: v in image["tags"]
            elif name in ("size_min", "size_max"):
                sign = 1 if name == "size_min" else -1
                yield lambda i, s=sign, v=int(value): s * (i["size"] or 0) >= s * v
            elif name not in _CONTROL:
                yield _property(name, value)


def _property(name: str, value: str) -> Callable[[Record], bool]:
    if value.startswith("in:"):
        if name not in ("id", "name", "status", "container_format", "disk_format"):
            raise bad(f"Filtering by {name} using 'in' is not supported")
        wanted = {a or b for a, b in _IN.findall(value[3:])}
    else:
        wanted = {value.removeprefix("eq:")}
    return lambda image: name in image and _text(image[name]) in wanted


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _link(query: list[tuple[str, str]]) -> str:
    return f"/v2/images?{urlencode(query)}" if query else "/v2/images"
