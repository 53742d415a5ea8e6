# SPDX-License-Identifier: Apache-2.0
"""One entry of clouds.yaml, read the way every OpenStack client reads it.

``OS_*`` variables other than those naming the files are ignored on purpose: an
operator's sourced openrc must not slip into one of two clouds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openstack.config
from keystoneauth1 import exceptions as ka
from openstack import exceptions as sdk

from pumphouse.cloud.endpoints import SERVICES, versioned
from pumphouse.cloud.redact import redact
from pumphouse.exceptions import InputError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cloud is, and how its catalogue is read; the same for all users."""

    side: str
    name: str
    auth_url: str  # without a trailing slash
    region: str = ""  # "" if clouds.yaml does not say
    interfaces: tuple[str, ...] = ("public",)
    overrides: Mapping[str, str] = field(default_factory=dict)  # service -> URL

    @property
    def title(self) -> str:
        """How errors name the cloud."""
        return f"{self.side} cloud {self.name}"


def place(side: str, name: str, found: Any) -> Place:
    """The place that the entry *found* (of ``entry``) describes."""
    interface = found.get_interface() or "public"
    overrides = {
        service: found.config[key]
        for service in SERVICES
        if found.config.get(key := f"{service.replace('-', '_')}_endpoint_override")
    }
    return Place(
        side=side,
        name=name,
        auth_url=str(found.config.get("auth", {}).get("auth_url", "")).rstrip("/"),
        region=found.get_region_name() or "",
        interfaces=(interface,) if isinstance(interface, str) else tuple(interface),
        overrides={key: versioned(key, url) for key, url in overrides.items()},
    )


def entry(name: str, *, region: str = "", config_file: str | None = None) -> Any:
    """The ``openstack.config.cloud_region.CloudRegion`` of entry *name*.

    :param config_file: a clouds.yaml; else $OS_CLIENT_CONFIG_FILE, else the usual
    :raises InputError: no such file, entry or region, or the entry is incomplete
    """
    path = config_file or os.environ.get("OS_CLIENT_CONFIG_FILE") or ""
    if path and not Path(path).expanduser().is_file():
        raise InputError("there is no such file", resource=path)
    try:
        config = _load(path)
        if config.config_filename is None:
            raise InputError("no clouds.yaml was found", hint=_WHERE)
        known = sorted(config.get_cloud_names())
        if name not in known:
            raise InputError(
                f"there is no cloud named {name!r} in {config.config_filename}",
                hint=f"Known clouds: {', '.join(known)}",
            )
        extra: dict[str, Any] = {"region_name": region} if region else {}
        found = config.get_one(cloud=name, **extra)
        if _plain_password(found):
            _complete(found, name)
            # Saves asking Keystone for its versions: v3 is the only one left
            found = config.get_one(cloud=name, auth_type="v3password", **extra)
        return found
    except TypeError:  # a plugin that lacks an argument
        raise InputError(
            "its auth section does not fit its auth_type",
            resource=f"cloud {name}",
            hint="Check this entry of clouds.yaml",
        ) from None
    except (sdk.ConfigException, sdk.SDKException, ka.ClientException) as error:
        raise InputError(
            redact(" ".join(str(error).split())).rstrip("."),
            resource=f"cloud {name}",
            hint="Check this entry of clouds.yaml",
        ) from None


_WHERE = "Set OS_CLIENT_CONFIG_FILE, or put it into ~/.config/openstack/"


def _load(path: str) -> Any:
    if not path:
        return openstack.config.OpenStackConfig(
            load_envvars=False, app_name="pumphouse"
        )
    file = Path(path).expanduser()
    secure = os.environ.get("OS_CLIENT_SECURE_FILE") or str(file.parent / "secure.yaml")
    return openstack.config.OpenStackConfig(
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
    wanted = {"auth_url": ("auth_url",), "password": ("password",)}
    wanted["username"] = ("username", "user_id")
    missing = [key for key, any_of in wanted.items() if not any(map(auth.get, any_of))]
    if missing:
        raise InputError(
            f"its auth section has no {', '.join(missing)}",
            resource=f"cloud {name}",
            hint="Complete this entry of clouds.yaml",
        )
