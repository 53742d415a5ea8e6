# SPDX-License-Identifier: Apache-2.0
"""Keypairs, of the sender or, for administrators, of anybody."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Any

from testbed.simulator.errors import bad, conflict, forbidden
from testbed.simulator.names import folded
from testbed.simulator.nova.base import NovaBase
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record

_OLD_NAME = re.compile(r"[\w -]{1,255}", re.ASCII)
_NAME = re.compile(r"[\w .@-]{1,255}", re.ASCII)


class Keypairs(NovaBase):
    """``/os-keypairs``."""

    def make_keypair(self, user_id: str, asked: Record) -> Record:
        """A new keypair.

        :raises ApiError: 400, 403, 409
        """
        name, public_key = asked["name"], asked["public_key"]
        if self._named(user_id, name) is not None:
            raise conflict(f"Key pair '{name}' already exists.")
        most = self.limits(user_id)["key_pairs"]
        if 0 <= most <= len(self.state.keypairs.by("user_id", user_id)):
            raise forbidden("Quota exceeded, too many key pairs.")
        record = {
            "name": name,
            "public_key": public_key,
            "fingerprint": fingerprint(public_key),
            "type": asked.get("type", "ssh"),
            "user_id": user_id,
            "id": self.state.number(),
            "created_at": self.state.stamp(),
        }
        return self.state.keypairs.add(record, f"{user_id}/{name}")

    def _named(self, user_id: str, name: str) -> Record | None:
        """That user's keypair of that name, as the database compares names."""
        own = self.state.keypairs.by("user_id", user_id)
        return next((k for k in own if folded(k["name"]) == folded(name)), None)

    def _whose(self, call: Call, user_id: str | None) -> str:
        if user_id and user_id != call.user_id and call.version >= (2, 10):
            call.must_be_admin()
            return user_id
        return call.user_id

    def _keypair(self, call: Call, name: str) -> Record:
        user = self._whose(call, call.request.first("user_id"))
        record = self._named(user, name)
        if record is None:
            raise self.gone(f"Keypair {name} not found for user {user}")
        return record

    def _short(self, call: Call, record: Record) -> Record:
        names = ["name", "public_key", "fingerprint"]
        names += ["type"] if call.version >= (2, 2) else []
        return {name: record[name] for name in names}

    @route("POST /v2.1/os-keypairs")
    def create_keypair(self, call: Call) -> Any:
        asked = call.body("keypair")
        name = str(asked.get("name", ""))
        form = _NAME if call.version >= (2, 92) else _OLD_NAME
        if not form.fullmatch(name) or name != name.strip():
            raise bad(
                f"Invalid input for field/attribute name. Value: {name}. '{name}' does "
                "not match the pattern"
            )
        if not asked.get("public_key"):
            if call.version >= (2, 92):
                raise bad("'public_key' is a required property")
            raise bad("Keypair data is invalid: the simulator makes no private keys")
        user = self._whose(call, asked.get("user_id"))
        record = self.make_keypair(user, asked)
        shown = {**self._short(call, record), "user_id": user}
        return 201 if call.version >= (2, 2) else 200, {"keypair": shown}

    @route("GET /v2.1/os-keypairs")
    def list_keypairs(self, call: Call) -> Any:
        user = self._whose(call, call.request.first("user_id"))
        own = sorted(self.state.keypairs.by("user_id", user), key=lambda k: k["name"])
        page, links = self.page(call, own, "keypairs", "os-keypairs", "name")
        if call.version < (2, 35):
            links = {}
        return {"keypairs": [{"keypair": self._short(call, k)} for k in page], **links}

    @route("GET /v2.1/os-keypairs/{name}")
    def show_keypair(self, call: Call, name: str) -> Any:
        record = self._keypair(call, name)
        more = {"deleted": False, "deleted_at": None, "updated_at": None}
        shown = {**record, **more}
        if call.version < (2, 2):
            del shown["type"]
        return {"keypair": shown}

    @route("DELETE /v2.1/os-keypairs/{name}")
    def delete_keypair(self, call: Call, name: str) -> Any:
        record = self._keypair(call, name)
        self.state.keypairs.remove(f"{record['user_id']}/{record['name']}")
        return 204 if call.version >= (2, 2) else 202, None


def fingerprint(public_key: str) -> str:
    """The MD5 of a key's data, in pairs.

    :raises ApiError: 400
    """
    if public_key.startswith("-----BEGIN"):
        data = "".join(public_key.split("\n")[1:-1]).encode()
    else:
        words = public_key.split()
        data = words[1].encode() if len(words) > 1 else b""
    try:
        raw = base64.b64decode(data, validate=True)
    except binascii.Error:
        raw = b""
    if not raw:
        raise bad("Keypair data is invalid: failed to generate fingerprint")
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, 32, 2))
