# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with an entry of clouds.yaml, told before anything is sent.

The SDK takes much of this without a word: a file that is not there shows with the
first request, or never, and text in place of true or false counts as false.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from pumphouse.exceptions import InputError

_V2 = re.compile(r"/v2(\.0)?/?$")
_SWITCHES = ("verify", "insecure")


class Entry:
    """An entry as it stands in the file, and how errors name its keys.

    :param path: of clouds.yaml
    """

    def __init__(self, path: str, name: str) -> None:
        self._place = f"{path}: clouds.{name}"

    def error(self, key: str, what: str, hint: str = "") -> InputError:
        """The error for one key, e.g. ``auth.auth_url``."""
        where = f"{self._place}.{key}" if key else self._place
        return InputError(what, resource=where, hint=hint)

    def check(self, config: Mapping[str, Any]) -> None:
        """Whether this can be a cloud of today.

        :param config: what the SDK made of the entry
        :raises InputError: names the key
        """
        for fault in self.faults(config):
            raise fault

    def faults(self, config: Mapping[str, Any]) -> Iterator[InputError]:
        """All that is wrong with it, as :meth:`check` takes it.

        Of one certificate or key only the first thing.
        """
        looks = (self._address, self._switches, self._cacert, self._cert)
        for look in looks:
            try:
                look(config)
            except InputError as error:
                yield error

    def _switches(self, config: Mapping[str, Any]) -> None:
        for key in _SWITCHES:
            value = config.get(key)
            plain = str(value).lower() in ("true", "false")
            if value is not None and not plain:
                raise self.error(key, "must be true or false")

    def _address(self, config: Mapping[str, Any]) -> None:
        auth = config.get("auth")
        url = str((auth if isinstance(auth, Mapping) else {}).get("auth_url") or "")
        if _V2.search(url) or str(config.get("auth_type") or "").startswith("v2"):
            key = "auth.auth_url" if _V2.search(url) else "auth_type"
            raise self.error(
                key,
                "is for the Identity API v2, which is no more",
                "Use /v3, with user_domain_name, project_domain_name and project_name",
            )
        if not url:
            return
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and bool(parts.hostname)
            good = good and parts.port != 0  # raises for what is no port
        except ValueError:
            good = False
        if not good:
            raise self.error(
                "auth.auth_url",
                "is not an address",
                "Write https://HOST:PORT/v3, or with a path: https://HOST/identity/v3",
            )

    def _cacert(self, config: Mapping[str, Any]) -> None:
        trusting = str(config.get("verify", True)).lower() == "false"
        path = _path(config, "cacert")
        if not path or trusting or os.path.isdir(path):
            return
        self._readable("cacert", path)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except (ssl.SSLError, OSError):
            raise self.error(
                "cacert", f"{path} holds no certificate", "It has to be PEM"
            ) from None

    def _cert(self, config: Mapping[str, Any]) -> None:
        cert, key = _path(config, "cert"), _path(config, "key")
        if key and not cert:
            raise self.error("key", "is of no use without cert", "Name both, or none")
        if not cert:
            return
        self._readable("cert", cert)
        if key:
            self._readable("key", key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            # A password would be asked for at the terminal
            context.load_cert_chain(cert, key or None, password="")
        except (ssl.SSLError, OSError, ValueError):
            raise self.error(
                "key" if key else "cert",
                f"{key or cert} is not the key of {cert}, or has a password"
                if key
                else f"{cert} holds no certificate with its key",
                "Both have to be PEM, and the key without a password",
            ) from None

    def _readable(self, key: str, path: str) -> None:
        try:
            with open(path, "rb"):
                pass
        except OSError as error:
            why = (error.strerror or "error").lower()
            raise self.error(key, f"{path} cannot be read: {why}") from None


def _path(config: Mapping[str, Any], key: str) -> str:
    return os.path.expanduser(str(config.get(key) or ""))
