# SPDX-License-Identifier: Apache-2.0
"""One entry of clouds.yaml, read the way every OpenStack client reads it.

``OS_*`` variables other than those naming the files are ignored on purpose: an
operator's sourced openrc must not slip into one of two clouds.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml
from keystoneauth1 import exceptions as ka
from openstack import exceptions as sdk
from openstack.config import loader
from openstack.warnings import ConfigurationWarning

from pumphouse.cloud.entry_check import Entry
from pumphouse.cloud.redact import redact
from pumphouse.conf.files import check_size
from pumphouse.exceptions import InputError

LOG = logging.getLogger(__name__)
_OVERRIDE = "_endpoint_override"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cloud is, and how its catalogue is read; the same for all users."""

    side: str
    name: str
    auth_url: str  # without a trailing slash
    region: str = ""  # "" if clouds.yaml does not say
    interfaces: tuple[str, ...] = ("public",)
    overrides: Mapping[str, str] = field(
        default_factory=dict
    )  # service -> URL, as it stands there
    region_key: str = "region_name of this cloud in clouds.yaml"  # where to mend it

    @property
    def title(self) -> str:
        """How errors name the cloud."""
        return f"{self.side} cloud {self.name}"


def place(side: str, name: str, found: Any, *, region: str = "") -> Place:
    """The place that the entry *found* (of ``entry``) describes.

    :param region: the one that the migration file names, if it does
    """
    interface = found.get_interface() or "public"
    overrides = {
        key.removesuffix(_OVERRIDE).replace("_", "-"): url
        for key, url in found.config.items()
        if key.endswith(_OVERRIDE) and url
    }
    return Place(
        side=side,
        name=name,
        auth_url=_address(str(found.config.get("auth", {}).get("auth_url", ""))),
        region=found.get_region_name() or "",
        interfaces=(interface,) if isinstance(interface, str) else tuple(interface),
        overrides=overrides,
        **({"region_key": f"{side}.region in the migration file"} if region else {}),
    )


def _address(url: str) -> str:
    """*url* without a password in it: it is shown, and kept with bindings."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host)).rstrip("/")


def entry(name: str, *, region: str = "", config_file: str | None = None) -> Any:
    """The ``openstack.config.cloud_region.CloudRegion`` of entry *name*.

    :param config_file: a clouds.yaml; else $OS_CLIENT_CONFIG_FILE, else the usual
    :raises InputError: no such file, entry or region, or the entry is incomplete
    """
    path = config_file or os.environ.get("OS_CLIENT_CONFIG_FILE") or _usual()
    try:
        _readable(path, name)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            found = _entry(_load(path), name, region)
        _heed(warned, Entry(path, name))
        Entry(path, name).check(found.config)
        return found
    except OSError as error:
        raise InputError(
            f"it cannot be read: {(error.strerror or 'error').lower()}", resource=path
        ) from None
    except (TypeError, AttributeError, KeyError):  # what the SDK makes of odd shapes
        said = "the entry does not have the shape of one, or not for its auth_type"
    except (sdk.SDKException, ka.ClientException) as error:
        said = redact(" ".join(str(error).split())).rstrip(".")
    raise InputError(
        said, resource=f"cloud {name}", hint="Check this entry of clouds.yaml"
    )


def faults(name: str, *, config_file: str | None = None) -> list[InputError]:
    """All that is wrong with what stands in entry *name*; for who tells all at once.

    Not that it is not there, or incomplete: that is ``entry``'s to say.

    :param config_file: as of ``entry``
    """
    path = config_file or os.environ.get("OS_CLIENT_CONFIG_FILE") or ""
    try:
        path = path or _usual()
        config = _parsed(path)["clouds"][name]
    except (InputError, OSError, TypeError, KeyError):
        return []
    return [*Entry(path, name).faults(config)] if isinstance(config, dict) else []


def _entry(config: Any, name: str, region: str) -> Any:
    known = config.cloud_config.get("clouds") or {}
    if name not in known:
        raise InputError(
            f"there is no cloud named {name!r} in {config.config_filename}",
            hint=f"Known clouds: {', '.join(sorted(known)) or 'none'}",
        )
    several = bool(region) and "regions" in known[name]
    chosen = {"region_name": region} if several else {}
    found = config.get_one(cloud=name, **chosen)
    if region:
        found.config["region_name"] = region
    if _plain_password(found):
        _complete(found, name)
        # Saves asking Keystone for its versions: v3 is the only one left
        found = config.get_one(cloud=name, auth_type="v3password", **chosen)
        if region:
            found.config["region_name"] = region
    return found


def _heed(warned: Iterable[warnings.WarningMessage], entry: Entry) -> None:
    """What the SDK warns of, without its own paths and lines.

    :raises InputError: it has passed over something that the entry says
    """
    for each in warned:
        said = redact(" ".join(str(each.message).split()))
        if "vendor profile" in said:
            raise entry.error("profile", "there is no such profile")
        # Of InfluxDB it warns whether anybody uses it or not
        if issubclass(each.category, ConfigurationWarning) and "Influx" not in said:
            LOG.warning("%s", entry.error("", said))


def _usual() -> str:
    """The first clouds.yaml in the usual places."""
    for path in loader.CONFIG_FILES:
        if Path(path).is_file():
            return str(path)
    raise InputError(
        "no clouds.yaml was found",
        hint="Set OS_CLIENT_CONFIG_FILE, or put it into ~/.config/openstack/",
    )


def _readable(path: str, name: str) -> None:
    """Whether it has clouds, this one perhaps among them."""
    data = _parsed(path)
    clouds = data.get("clouds") if isinstance(data, dict) else None
    if not isinstance(clouds, dict) or not clouds:
        raise InputError(
            "it names no cloud",
            resource=path,
            hint=f"It needs an entry {name} below clouds:",
        )
    if isinstance(clouds.get(name), dict):
        Entry(path, name).check(clouds[name])


def _parsed(path: str) -> Any:
    """The SDK passes over files that it cannot parse, so they are parsed here.

    :raises InputError: it is not YAML, or too large
    :raises OSError: it cannot be read
    """
    file = Path(path).expanduser()
    try:
        if file.is_fifo():
            raise InputError("this is a pipe: it can be read only once", resource=path)
        check_size(file)
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else path
        raise InputError("this is not YAML", resource=where) from None
    except UnicodeDecodeError:
        raise InputError("this is not text in UTF-8", resource=path) from None
    except RecursionError:
        raise InputError("this is nested too deeply", resource=path) from None


def _secure(beside: Path) -> str:
    """The file with passwords that belongs to the clouds.yaml *beside* it.

    :raises InputError: it is not one; it is named, and cannot be read
    """
    named = os.environ.get("OS_CLIENT_SECURE_FILE")
    path = named or str(beside.parent / "secure.yaml")
    try:
        data = _parsed(path)
    except OSError as error:
        if not named:
            return path  # there need not be one
        raise InputError(
            f"it cannot be read: {(error.strerror or 'error').lower()}", resource=path
        ) from None
    if not isinstance(data, dict | None):
        raise InputError("this is no file of clouds", resource=path)
    return path


def _load(path: str) -> Any:
    file = Path(path).expanduser()
    secure = _secure(file)
    return loader.OpenStackConfig(
        config_files=[str(file)],
        secure_files=[secure],
        load_envvars=False,
        app_name="pumphouse",
    )


def _plain_password(found: Any) -> bool:
    """Whether the entry is user name and password for the Identity API v3."""
    auth = found.config.get("auth", {})
    return (
        found.config.get("auth_type") in (None, "", "password")
        and "/v2" not in str(auth.get("auth_url", ""))
        and not any(key.startswith("default_domain") for key in auth)
    )


def _complete(found: Any, name: str) -> None:
    """Whether there is all that a login with a password needs."""
    auth = found.config.get("auth", {})
    missing = [key for key in ("auth_url", "password") if not auth.get(key)]
    if not auth.get("username") and not auth.get("user_id"):
        missing.append("username")
    if missing:
        raise InputError(
            f"its auth section has no {', '.join(missing)}",
            resource=f"cloud {name}",
            hint="Complete this entry of clouds.yaml",
        )
