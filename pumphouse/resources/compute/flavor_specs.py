# SPDX-License-Identifier: Apache-2.0
"""What a flavor's extra specs, or an image's properties, ask of the hosts there.

Placement never gives a host that lacks a required trait or resource class, so these
can be told.  Of aggregates only the scheduler knows whether it heeds them, and
aliases of PCI devices stand in Nova's configuration only: these are notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud

_TRAIT = re.compile(r"trait[^:]*:(\w+)")
_RESOURCES = re.compile(r"resources[^:]*:(\w+)")
_AGGREGATE = "aggregate_instance_extra_specs:"
_PCI, _ACCELERATORS = "pci_passthrough:alias", "accel:device_profile"
_REFUSED = (exceptions.Forbidden, exceptions.UnexpectedAnswer)


class Hosts:
    """What the hosts of a cloud have, each list asked for when it matters first."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._classes: dict[str, bool] = {}

    def lacking(self, specs: Mapping[str, Any]) -> Iterator[str]:
        """Why no host there would be given, in words.

        :param specs: of a flavor, or the properties of an image
        """
        for key, value in sorted(specs.items()):
            trait, wanted = _TRAIT.fullmatch(key), _RESOURCES.fullmatch(key)
            if trait and value == "required" and trait[1] not in self._traits:
                yield f"{key}={value}: no host there has that trait"
            elif wanted and _number(value) > 0 and not self._has(wanted[1]):
                yield f"{key}={value}: no host there has any of that free"

    def doubtful(self, specs: Mapping[str, Any]) -> Iterator[str]:
        """What only the destination's configuration knows, in words."""
        for key, value in sorted(specs.items()):
            if key.startswith(_AGGREGATE) and not self._in_aggregate(key, str(value)):
                yield (
                    f"{key}={value}: no aggregate there has that; a scheduler that "
                    "heeds it finds no host"
                )
            elif key == _PCI:
                yield f"{key}={value}: no API says whether Nova knows that alias there"
            elif key == _ACCELERATORS:
                yield f"{key}={value}: device profiles are not looked at"

    @cached_property
    def _traits(self) -> Any:
        """Traits that some host has; where that cannot be told, all."""
        found = self._placement("/traits", "traits", "1.6", associated="true")
        return _Everything() if found is None else set(found)

    def _has(self, name: str) -> bool:
        if name not in self._classes:
            self._classes[name] = self._asked(name)
        return self._classes[name]

    def _asked(self, name: str) -> bool:
        known = self._names
        if known is None:
            return True
        if name not in known:
            return False
        path, key = "/resource_providers", "resource_providers"
        found = self._placement(path, key, "1.4", resources=f"{name}:1")
        return found is None or bool(found)

    @cached_property
    def _names(self) -> set[str] | None:
        found = self._placement("/resource_classes", "resource_classes", "1.2")
        return None if found is None else {str(each["name"]) for each in found}

    def _placement(
        self, path: str, key: str, microversion: str, **params: str
    ) -> Any | None:
        """None where there is no Placement for us to ask."""
        if "placement" not in self._cloud.services():
            return None
        try:
            return self._cloud.get(
                "placement", path, key, params=params, microversion=microversion
            )
        except _REFUSED:
            return None

    @cached_property
    def _aggregates(self) -> list[dict[str, Any]]:
        return self._cloud.list("compute", "/os-aggregates", "aggregates")

    def _in_aggregate(self, key: str, value: str) -> bool:
        name = key.removeprefix(_AGGREGATE)
        for aggregate in self._aggregates:
            has = (aggregate.get("metadata") or {}).get(name)
            # "<or> a <or> b", "s== a" and the like are the scheduler's business.
            if has is not None and (" " in value or value in has.split(",")):
                return True
        return False


class _Everything:
    def __contains__(self, name: object) -> bool:
        return True


def _number(value: Any) -> int:
    return int(value) if str(value).isdigit() else 0
