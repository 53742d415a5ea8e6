# SPDX-License-Identifier: Apache-2.0
"""What a resource type declares, and what follows from that alone: records, compare."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from pumphouse.cloud.identity_database import IdentityDatabase
from pumphouse.conf.migration import Options
from pumphouse.models import Difference, Record, Ref, Resource
from pumphouse.resources.fields import ABSENT, Field, Translate
from pumphouse.resources.quota import Quota
from pumphouse.resources.temporaries import Temporary

# Secrets are compared, never kept: by a digest whose key dies with the process.
_PROCESS_KEY = secrets.token_bytes(32)


def fingerprint(secret: Any) -> str:
    """Stands for a secret value in a record: equal if and only if it is equal.

    Meaningless outside this process, so it can be neither searched nor guessed.
    """
    return hmac.new(_PROCESS_KEY, str(secret).encode(), hashlib.sha256).hexdigest()


class Declared:
    """The declarations, and the records that they describe."""

    name: ClassVar[str]  # "security-group": in references, CLI, tables, docs
    service: ClassVar[str]  # "network": whose API it belongs to
    workload: ClassVar[bool] = False  # runs or stores the user's work
    path: ClassVar[str] = ""  # "/security-groups"
    singular: ClassVar[str] = ""  # JSON key of one: "security_group"
    plural: ClassVar[str] = ""  # JSON key of many: "security_groups"
    microversion: ClassVar[str] = ""  # the newest it knows; negotiated downwards
    project_field: ClassVar[str] = ""  # the field that names its owner, if any
    natural_key: ClassVar[tuple[str, ...]] = ("name",)  # with the owner: unique
    restart: ClassVar[bool] = False  # after a failure all steps run again
    fields: ClassVar[tuple[Field, ...]] = ()
    temporaries: ClassVar[tuple[Temporary, ...]] = ()  # what it lends itself
    in_client: ClassVar[bool] = True  # the openstack client lists them by these ids
    quota: ClassVar[Quota | None] = None  # from which its resources take, see ``uses``

    # -- records ----------------------------------------------------------
    def identify(self, record: Record) -> str:
        """The source id of a record; composite ids are spelled out."""
        return str(record["id"])

    def resource(self, record: Record) -> Resource:
        """The resource that *record* describes, with its secrets taken out."""
        clean = dict(record)
        for field in self.fields:
            if field.secret and clean.get(field.path):
                clean[field.path] = fingerprint(clean[field.path])
        return Resource(
            ref=Ref(self.name, self.identify(record)),
            name=str(record.get("name") or ""),
            record=clean,
            project_id=str(record.get(self.project_field) or ""),
        )

    def field(self, path: str) -> Field | None:
        """The declaration of one field."""
        return next((f for f in self.fields if f.path == path), None)

    def undeclared(self, record: Record) -> set[str]:
        """Fields of a record that this type does not know: a test's business."""
        return set(record) - {f.path for f in self.fields}

    def saved(self, record: Record) -> dict[str, Any]:
        """The record as a plan may keep it: of a secret only that there is one."""
        secret = {f.path for f in self.fields if f.secret}
        return {k: bool(v) if k in secret else v for k, v in record.items()}

    # -- compare ----------------------------------------------------------
    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        """The fields in which the destination is not what it should be."""
        found = []
        for field in self.fields:
            if not field.active(options):
                continue
            if field.path not in source.record and field.default is ABSENT:
                continue  # an older release: nothing is known of it
            should = field.comparable(field.translated(source.record, translate))
            is_ = field.comparable(destination.record.get(field.path))
            if should != is_:
                found.append(
                    Difference(field.path, *_shown(field, should, is_)),
                )
        return tuple(found)

    def unequal_secrets(
        self,
        pairs: Mapping[str, str],
        source: IdentityDatabase,
        destination: IdentityDatabase,
    ) -> Mapping[str, Difference]:
        """Of what runs created, where a secret that no API shows did not arrive.

        :param pairs: source id -> destination id
        :returns: by source id; the difference shows neither secret
        """
        return {}


def _shown(field: Field, should: Any, is_: Any) -> tuple[Any, Any]:
    if field.secret:
        return ("(secret)", "(another)" if is_ else None)
    return should, is_
