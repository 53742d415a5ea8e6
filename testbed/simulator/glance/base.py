# SPDX-License-Identifier: Apache-2.0
"""What all parts of the simulated Glance share."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from testbed.simulator.errors import ApiError, missing
from testbed.simulator.service import Call, Service
from testbed.simulator.tables import Record


class GlanceBase(Service):
    """Errors, and who may see which image."""

    name = "image"
    log_name = "image"

    def worded(self, error: ApiError) -> Any:
        title = HTTPStatus(error.status).phrase
        return {
            "message": f"{error.message}<br /><br />\n\n\n",
            "code": f"{error.status} {title}",
            "title": title,
        }

    def out_of_quota(self) -> ApiError:
        return ApiError(413, "Denying attempt to upload image because it exceeds quota")

    def readable(self, call: Call, image: Record) -> bool:
        """Whether the sender may use an image."""
        if call.sees(image["owner"]) or image["visibility"] in ("public", "community"):
            return True
        return image["visibility"] == "shared" and any(
            member["member_id"] == call.project_id
            for member in self.state.image_members
            if member["image_id"] == image["id"]
        )

    def image(self, call: Call, key: str) -> Record:
        """The image of that id.

        :raises ApiError: 404
        """
        record = self.state.images.get(key)
        if record is None or not self.readable(call, record):
            raise missing(f"No image found with ID {key}")
        return record

    def own_image(self, call: Call, key: str) -> Record:
        """The image of that id, to change it.

        :raises ApiError: 403, 404
        """
        record = self.image(call, key)
        if not call.sees(record["owner"]):
            raise ApiError(403, f"Forbidden to modify image {key}")
        self.must_write(call)
        return record

    def touch(self, record: Record, **values: Any) -> Record:
        """Change an image."""
        values["updated_at"] = self.state.now()
        return self.state.images.change(record["id"], values)
