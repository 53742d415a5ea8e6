# SPDX-License-Identifier: Apache-2.0
"""The step that brings an image's data over, whatever an earlier try left.

The upload is tried straight away: Glance refuses it unless the image is *queued*,
which is all that has to be known in the ordinary case.  Only when an upload did
not succeed is the image looked at:

=================  =======================================================
what is found      what is done
=================  =======================================================
active, equal      nothing: an earlier try, or a lost answer, did it
active, other      removed and made anew: nobody can use it yet
queued             the upload is tried again; after an answer of 5xx made anew:
                   a store that kept what Glance refused takes no more of it
saving for long    removed and made anew: its upload died with its server
gone, killed, ...  made anew (Glance deletes it when a token runs out)
=================  =======================================================
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from pumphouse import exceptions
from pumphouse.models import Difference, Record, Resource
from pumphouse.resources.context import Context
from pumphouse.resources.image.fields import digests
from pumphouse.transfer.base import Expected, Moved, Transfer, Watch
from pumphouse.transfer.glance import ImageData
from pumphouse.transfer.stream import Stream

TRIES = 3
# For how long Glance may keep an image *saving* after its upload was cut off.
GIVE_UP = 60.0  # seconds
_DONE = ("active", "deactivated")


class DataStep:
    """Brings the data of one image over.  May be run any number of times.

    :param make_anew: replaces the destination's image by one without data
    """

    def __init__(
        self,
        ctx: Context,
        resource: Resource,
        make_anew: Callable[[Context, Resource], None],
        transfer: Transfer | None = None,
    ) -> None:
        self._make_anew = make_anew
        self._ctx = ctx
        self._resource = resource
        self._transfer = transfer or Stream(chunk_size=ctx.settings.chunk_size)

    def run(self) -> Mapping[str, Any]:
        """:raises DataLost: the source does not give it
        :raises DataMismatch: it did not arrive as it is, *TRIES* times over
        """
        failure: exceptions.PumphouseError | None = None
        for _ in range(TRIES):
            try:
                moved = self._upload()
                there = self._look()
            except exceptions.Conflict as error:
                failure, moved = error, None
                there = self._settled()
            except exceptions.DataLost as error:
                # Whoever comes next finds no upload under way.
                with contextlib.suppress(exceptions.CloudError):
                    self._settled()
                raise self._explained(error) from None
            except exceptions.PumphouseError as error:
                if not error.retryable:
                    raise self._explained(error) from None
                failure, moved = error, None
                there = self._settled()
            status = there.get("status")
            if status in _DONE:
                different = differences(self._resource.record, there, moved)
                if not different:
                    return {"id": there["id"], "size": there["size"]}
                failure = exceptions.DataMismatch(
                    "the data that arrived differs: " + "; ".join(map(str, different)),
                    resource=str(self._resource),
                    hint="Check the destination's image store; then resume",
                )
            if status != "queued" or isinstance(failure, exceptions.ServiceError):
                self._make_anew(self._ctx, self._resource)
        assert failure is not None
        raise failure.about(str(self._resource))

    def _upload(self) -> Moved:
        ctx, ref = self._ctx, self._resource.ref
        record = self._resource.record
        size = record.get("size")
        return self._transfer.move(
            ImageData(ctx.source, ref.id),
            ImageData(ctx.destination, ctx.destination_id(ref)),
            Expected(size, digests(record)),
            Watch(ctx.checkpoint, lambda done: ctx.progress(ref, done, size or 0)),
        )

    def _look(self) -> Record:
        """The image on the destination; empty if it is gone."""
        image_id = self._ctx.destination_id(self._resource.ref)
        found: Record | None = self._ctx.destination.find(
            "image", f"/images/{image_id}"
        )
        return found or {}

    def _settled(self) -> Record:
        """The image once its upload is over, or *saving* for too long."""

        def poll() -> Record | None:
            there = self._look()
            return None if there.get("status") == "saving" else there

        try:
            return self._ctx.wait(
                f"{self._resource}'s upload to be over", poll, timeout=GIVE_UP
            )
        except exceptions.Timeout:
            return {"status": "saving"}

    def _explained(self, error: exceptions.PumphouseError) -> exceptions.PumphouseError:
        if getattr(error, "status", 0) in (400, 415) and not error.hint:
            wanted = self._resource.record.get("disk_format")
            error.hint = (
                f"Newer releases check that the data is {wanted}, and safe: make an "
                "image with the right disk_format of it on the destination, map it "
                "(mappings: image) and plan again"
            )
        return error.about(str(self._resource))


def differences(
    source: Record, destination: Record, moved: Moved | None = None
) -> list[Difference]:
    """In what the data of two images differs, as far as can be told.

    Compared is a digest that both clouds recorded; where they hash by different
    algorithms, those computed under way stand in for the source's.
    """
    mine, there = digests(source), digests(destination)
    if moved is not None:
        mine = {**moved.digests, **mine}
    found = [
        Difference(f"data ({name})", mine[name], there[name])
        for name in sorted({*mine} & {*there})
        if mine[name].lower() != there[name].lower()
    ]
    size = moved.size if moved is not None else source.get("size")
    if size is not None and size != destination.get("size"):
        found.append(Difference("data (bytes)", size, destination.get("size")))
    return found
