# SPDX-License-Identifier: Apache-2.0
"""Finds the registered resource types (entry points, by stevedore)."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from stevedore import extension

from pumphouse import exceptions
from pumphouse.resources.base import ResourceType

NAMESPACE = "pumphouse.resource_types"


@functools.cache
def resource_types() -> Mapping[str, ResourceType]:
    """All registered types by name; one object each, without state.

    :raises InputError: a plug-in cannot be loaded or names itself otherwise
    """
    found: dict[str, ResourceType] = {}

    def failed(_manager: object, entry_point: object, error: BaseException) -> None:
        raise exceptions.InputError(
            f"resource type plug-in {entry_point} cannot be loaded: {error}",
            hint="Repair or uninstall the package that brings it",
        )

    manager = extension.ExtensionManager(
        NAMESPACE, invoke_on_load=True, on_load_failure_callback=failed
    )
    for plugin in manager:
        if plugin.obj.name != plugin.name:
            raise exceptions.InputError(
                f"resource type {plugin.obj.name!r} is registered as {plugin.name!r}"
            )
        if plugin.name in found:
            raise exceptions.InputError(
                f"two packages bring a resource type {plugin.name!r}: "
                f"{_origin(found[plugin.name])} and {_origin(plugin.obj)}",
                hint="Uninstall one of the two",
            )
        found[plugin.name] = plugin.obj
    return dict(sorted(found.items()))


def _origin(kind: ResourceType) -> str:
    return f"{type(kind).__module__}:{type(kind).__name__}"
