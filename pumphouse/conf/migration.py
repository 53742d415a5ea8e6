# SPDX-License-Identifier: Apache-2.0
"""The migration file: which two clouds, what takes whose place, and how.

The models are the file's schema and its reference at once: ``reference`` renders
their descriptions for the documentation and for the commented sample.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Read:
    """What a migration file turned out to be.

    :param migration: None if anything is wrong with it
    :param sides: ``source`` and ``destination``, as far as each is right by itself
    :param errors: all that is wrong, as it stands in the file: one line each
    """

    migration: Migration | None
    sides: Mapping[str, Side]
    errors: tuple[exceptions.MigrationFileError, ...] = ()


def load_migration_file(
    path: str | os.PathLike[str], types: Collection[str] | None = None
) -> Migration:
    """Read and check the migration file.

    :param types: the resource types that may be mapped; None takes any
    :raises MigrationFileError: it cannot be read, or something in it is wrong: one
        line, ``FILE:LINE: KEY: message``
    """
    read = read_migration_file(path, types)
    if read.errors:
        raise read.errors[0]
    assert read.migration is not None
    return read.migration


def read_migration_file(
    path: str | os.PathLike[str], types: Collection[str] | None = None
) -> Read:
    """Read the migration file, for all that is wrong with it.

    :param types: as of :func:`load_migration_file`
    """
    try:
        document = parse(Path(path))
    except exceptions.MigrationFileError as error:
        return Read(None, {}, (error,))
    data, wrong = _with_variables(_without_empty(document.data))
    migration: Migration | None = None
    try:
        migration = Migration.model_validate(data)
    except ValidationError as error:
        wrong += problems.of(error, Migration)
    wrong += _semantics(data, _sides(data, wrong), types)
    # made out here: no cause or context that holds the input hangs on them
    if wrong:
        errors = tuple(document.error(each) for each in document.ordered(wrong))
        return Read(None, _sides(data, wrong), errors)
    assert migration is not None
    migration._document = document.without_data()
    return Read(
        migration, {"source": migration.source, "destination": migration.destination}
    )


def _sides(data: Any, wrong: Collection[Problem]) -> dict[str, Side]:
    """The sides that are right by themselves, without a database that is not."""
    found = {}
    faulty = {problem.path for problem in wrong}
    for name in ("source", "destination"):
        if not isinstance(data, dict) or not isinstance(data.get(name), dict):
            continue
        lost: dict[str, None] = {_DATABASE: None} if (name, _DATABASE) in faulty else {}
        try:
            found[name] = Side.model_validate({**data[name], **lost})
        except ValidationError:
            continue
    return found


def _without_empty(data: Any) -> Any:
    """Sections with all their lines commented out count as not there."""
    if not isinstance(data, dict):
        return data
    sections = ("mappings", "options", "limits")
    return {k: v for k, v in data.items() if v is not None or k not in sections}


def _with_variables(data: Any) -> tuple[Any, list[Problem]]:
    """*data* with ``${NAME}`` of the identity databases filled in, and what cannot."""
    if not isinstance(data, dict):
        return data, []
    filled, wrong = dict(data), []
    for name in ("source", "destination"):
        side = data.get(name)
        if isinstance(side, dict) and isinstance(side.get(_DATABASE), str):
            url, what = _interpolate(side[_DATABASE])
            if what:
                wrong.append(Problem((name, _DATABASE), what))
            filled[name] = {**side, _DATABASE: None if what else url}
    return filled, wrong


def _interpolate(text: str) -> tuple[str, str]:
    """*text* with environment variables filled in, and what is wrong with it."""
    for name in _VARIABLE.findall(text):
        if not os.environ.get(name):
            return "", f"the environment variable {name} is not set"
    if "${" in _VARIABLE.sub("", text):
        return "", "has a ${ that is not ${NAME}"
    return _VARIABLE.sub(lambda match: os.environ[match[1]], text), ""


def _semantics(
    data: Any, sides: Mapping[str, Side], types: Collection[str] | None
) -> list[Problem]:
    """What types and shapes do not show.

    :param sides: those that have the right shape
    """
    found = []
    where = [(side.cloud, side.region) for side in sides.values()]
    if len(where) > len(set(where)):
        found.append(
            Problem(("destination", "cloud"), "is the same cloud as the source")
        )
    for name, side in sides.items():
        url = side.identity_database
        if url and not _DATABASE_URL.fullmatch(url.get_secret_value()):
            what = "is not a database URL, DIALECT+DRIVER://USER:PASSWORD@HOST/NAME"
            found.append(Problem((name, _DATABASE), what))
    mappings = data.get("mappings") if isinstance(data, dict) else None
    for kind in mappings if isinstance(mappings, dict) else ():
        if types is not None and kind not in types:
            hint = problems.did_you_mean(kind, types)
            found.append(Problem(("mappings", kind), "unknown resource type", hint))
    return found
