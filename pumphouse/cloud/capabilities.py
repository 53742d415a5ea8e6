# SPDX-License-Identifier: Apache-2.0
"""What one cloud can do: microversions and extensions, asked once a process."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from pumphouse.cloud.endpoints import SERVICES

Version = tuple[int, int]
_VERSION = re.compile(r"\d+\.\d+")


def parse(text: str) -> Version:
    """``"2.90"`` -> (2, 90).

    :raises ValueError: for anything else
    """
    major, _, minor = text.partition(".")
    return int(major), int(minor)


class Capabilities:
    """Thread-safe caches over three ways to ask.

    :param version_document: service -> its version document (JSON)
    :param versions: service -> the list of all its versions (JSON)
    :param extensions: the aliases of Neutron's extensions
    """

    def __init__(
        self,
        version_document: Callable[[str], Mapping[str, Any]],
        versions: Callable[[str], Mapping[str, Any]],
        extensions: Callable[[], frozenset[str]],
    ) -> None:
        self._version_document = version_document
        self._versions = versions
        self._ask_extensions = extensions
        self._lock = threading.Lock()
        self._newest: dict[str, str] = {}
        self._apis: dict[str, Version] = {}
        self._extensions: frozenset[str] | None = None

    def newest(self, service: str) -> str:
        """The newest microversion of *service*; "" if it has none."""
        if service not in SERVICES or not SERVICES[service].microversions:
            return ""
        with self._lock:
            if service not in self._newest:
                self._newest[service] = _newest(self._version_document(service))
            return self._newest[service]

    def microversion(self, service: str, wanted: str) -> str:
        """The older of *wanted* and the newest that *service* has."""
        newest = self.newest(service) if wanted else ""
        if not newest or wanted == "latest":
            return newest
        return wanted if parse(wanted) <= parse(newest) else newest

    def api_version(self, service: str) -> Version:
        """The newest of the versions that *service* lists; (0, 0) for none.

        For services that count versions instead of microversions, as Glance does.
        """
        with self._lock:
            if service not in self._apis:
                versions = self._versions(service)["versions"]
                ids = [str(each.get("id", "")).removeprefix("v") for each in versions]
                found = [parse(each) for each in ids if _VERSION.fullmatch(each)]
                self._apis[service] = max(found, default=(0, 0))
            return self._apis[service]

    def extensions(self) -> frozenset[str]:
        with self._lock:
            if self._extensions is None:
                self._extensions = self._ask_extensions()
            return self._extensions


def _newest(document: Mapping[str, Any]) -> str:
    """Nova has one ``version``, Cinder and Placement a list of ``versions``."""
    one = document.get("version")
    found = [one] if isinstance(one, Mapping) else document.get("versions") or []
    texts = [
        str(each.get("max_version") or each.get("version") or "")
        for each in found
        if isinstance(each, Mapping)
    ]
    return max((text for text in texts if "." in text), key=parse, default="")
