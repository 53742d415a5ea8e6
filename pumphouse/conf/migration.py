# SPDX-License-Identifier: Apache-2.0
"""The migration file: which two clouds, what takes whose place, and how.

The models are the file's schema and its reference at once: ``reference`` renders
their descriptions for the documentation and for the commented sample.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    StringConstraints,
    ValidationError,
)

from pumphouse import exceptions
from pumphouse.conf import problems
from pumphouse.conf.problems import Problem
from pumphouse.conf.yamlfile import Document, parse

Text = Annotated[str, StringConstraints(min_length=1)]
Count = Annotated[int, Field(ge=1, le=512)]
Amount = Annotated[int, Field(ge=0, le=2048)]
Service = Literal[
    "default", "identity", "compute", "network", "image", "block-storage", "placement"
]

_DATABASE = "identity_database"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_DATABASE_URL = re.compile(r"[a-z][a-z0-9_]*(\+[a-z0-9_]+)?://\S+")


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True
    )


class Side(_Model):
    """One of the two clouds."""

    cloud: Text = Field(
        description="The cloud's name in clouds.yaml.", examples=["source"]
    )
    region: Text | None = Field(
        default=None,
        description="The region, where the cloud has several. By default the one "
        "that clouds.yaml names.",
    )
    identity_database: SecretStr | None = Field(
        default=None,
        description="SQLAlchemy URL of this cloud's Keystone database. With both "
        "clouds' databases users keep their passwords: the hashes are copied. Write "
        "${NAME} for the value of an environment variable, so that no secret has to "
        "stand here; a password within a URL has to be percent-encoded.",
        examples=[
            "mysql+pymysql://keystone:${KEYSTONE_PASSWORD}@db.example.org/keystone"
        ],
    )


class Options(_Model):
    """How things are migrated."""

    keep_mac_addresses: bool = Field(
        default=True, description="Ports get the MAC addresses they have."
    )
    keep_fixed_ips: bool = Field(
        default=True, description="Ports get the fixed IP addresses they have."
    )
    keep_floating_ip_addresses: bool = Field(
        default=True,
        description="Floating IPs get the addresses they have; the destination's "
        "external network has to have them in a subnet.",
    )
    keep_availability_zone: bool = Field(
        default=False,
        description="Servers go to the availability zone of the same name. "
        "Otherwise the destination chooses.",
    )
    keep_flavor_ids: bool = Field(
        default=False, description="Flavors are created with the ids they have."
    )
    check_image_formats: bool = Field(
        default=True,
        description="An image whose data is not what its disk_format says is blocked: "
        "Glance of 2025.1 and later refuses such an upload. false: it is noted only. "
        "For destinations whose glance-api.conf says require_image_format_match = "
        "false, and for older ones.",
    )
    server_mode: Literal["image"] = Field(
        default="image",
        description="How a server's disk gets to the destination. image: the server "
        "is built again from its image; what was written to its disk since is not "
        "carried.",
    )
    move_paused_servers: bool = Field(
        default=False,
        description="Servers that are paused or suspended are moved too, and arrive "
        "ACTIVE. The source is left as it is until its successor runs; then it is "
        "woken with its ports down and shut off. What is in its memory is lost. "
        "Otherwise such a server is blocked.",
    )
    move_locked_servers: bool = Field(
        default=False,
        description="Locked servers are moved too. The source stays locked all the "
        "time; its successor is not locked. Otherwise a locked server is blocked.",
    )
    lock_source: bool = Field(
        default=True,
        description="A source server is locked once its successor runs, so that "
        "nobody starts it by mistake.",
    )
    isolate_source_ports: bool = Field(
        default=True,
        description="A suspended source server has to be resumed for its orderly "
        "shut-down. Its ports are set down meanwhile, so that it does not answer for "
        "its successor.",
    )
    copy_passwords: bool = Field(
        default=True,
        description="Users keep their passwords, where both identity databases are "
        "given. Otherwise users are created without a usable password.",
    )


class Limits(_Model):
    """How much at once; what is not given is as pumphouse.conf says."""

    workers: Count | None = Field(
        default=None,
        description="How many tasks run at once.",
        examples=[32],
    )
    waiting: Amount | None = Field(
        default=None,
        description="How many further tasks may wait until a cloud has suspended, "
        "built or stopped a server.",
        examples=[64],
    )
    requests_in_flight: dict[Service, Count] = Field(
        default_factory=dict,
        description="How many requests a service of a cloud has to answer at once: "
        "default for all, or identity, compute, network, image, block-storage, "
        "placement.",
        examples=[{"default": 16, "compute": 8}],
    )


class Migration(_Model):
    """The whole file."""

    source: Side = Field(description="The cloud that workloads leave.")
    destination: Side = Field(description="The cloud that workloads go to.")
    mappings: dict[Text, dict[Text, Text]] = Field(
        default_factory=dict,
        description="What takes the place of what: for a resource type, the name or "
        "id on the source and the name or id on the destination. What is mapped is "
        "not migrated.",
        examples=[
            {"network": {"public": "public-ext"}, "flavor": {"m1.tiny": "m1.small"}}
        ],
    )
    options: Options = Field(
        default_factory=Options, description="How things are migrated."
    )
    limits: Limits = Field(
        default_factory=Limits,
        description="How much at once. What is not given is as pumphouse.conf says.",
    )

    _document: Document | None = PrivateAttr(default=None)

    def error(
        self, key: str, message: str, hint: str = ""
    ) -> exceptions.MigrationFileError:
        """The error to raise for something that is wrong with a key of this file.

        :param key: e.g. ``source.cloud`` or ``mappings.network.public``
        """
        if self._document is None:
            return exceptions.MigrationFileError(message, resource=key, hint=hint)
        path = tuple(key.split("."))
        return self._document.error(Problem(path, message, hint))


def load_migration_file(
    path: str | os.PathLike[str], types: Collection[str] | None = None
) -> Migration:
    """Read and check the migration file.

    :param types: the resource types that may be mapped; None takes any
    :raises MigrationFileError: it cannot be read, or something in it is wrong: one
        line, ``FILE:LINE: KEY: message``
    """
    document = parse(Path(path))
    data, problem = _with_variables(_without_empty(document.data))
    migration: Migration | None = None
    if problem is None:
        try:
            migration = Migration.model_validate(data)
        except ValidationError as error:
            problem = document.first(problems.of(error, Migration))
    if migration is not None:
        problem = document.first(_semantics(migration, types))
    # raised out here: no cause or context that holds the input hangs on it
    if problem is not None:
        raise document.error(problem)
    assert migration is not None
    migration._document = document.without_data()
    return migration


def _without_empty(data: Any) -> Any:
    """Sections with all their lines commented out count as not there."""
    if not isinstance(data, dict):
        return data
    sections = ("mappings", "options", "limits")
    return {k: v for k, v in data.items() if v is not None or k not in sections}


def _with_variables(data: Any) -> tuple[Any, Problem | None]:
    """*data* with ``${NAME}`` of the identity databases filled in."""
    if not isinstance(data, dict):
        return data, None
    filled = dict(data)
    for name in ("source", "destination"):
        side = data.get(name)
        if isinstance(side, dict) and isinstance(side.get(_DATABASE), str):
            url, what = _interpolate(side[_DATABASE])
            if what:
                return data, Problem((name, _DATABASE), what)
            filled[name] = {**side, _DATABASE: url}
    return filled, None


def _interpolate(text: str) -> tuple[str, str]:
    """*text* with environment variables filled in, and what is wrong with it."""
    for name in _VARIABLE.findall(text):
        if not os.environ.get(name):
            return "", f"the environment variable {name} is not set"
    if "${" in _VARIABLE.sub("", text):
        return "", "has a ${ that is not ${NAME}"
    return _VARIABLE.sub(lambda match: os.environ[match[1]], text), ""


def _semantics(migration: Migration, types: Collection[str] | None) -> list[Problem]:
    """What types and shapes do not show."""
    found = []
    source, destination = migration.source, migration.destination
    if (source.cloud, source.region) == (destination.cloud, destination.region):
        found.append(
            Problem(("destination", "cloud"), "is the same cloud as the source")
        )
    for name, side in (("source", source), ("destination", destination)):
        url = side.identity_database
        if url and not _DATABASE_URL.fullmatch(url.get_secret_value()):
            what = "is not a database URL, DIALECT+DRIVER://USER:PASSWORD@HOST/NAME"
            found.append(Problem((name, "identity_database"), what))
    for kind in migration.mappings:
        if types is not None and kind not in types:
            hint = problems.did_you_mean(kind, types)
            found.append(Problem(("mappings", kind), "unknown resource type", hint))
    return found
