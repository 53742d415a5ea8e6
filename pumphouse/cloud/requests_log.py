# SPDX-License-Identifier: Apache-2.0
"""Counts every HTTP request that leaves for one cloud, whoever sends it.

The count sits in ``requests.Session.send``, below keystoneauth, so tokens,
discovery, redirects and retries are counted like everything else.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import requests

_ID = re.compile(
    r"[0-9a-fA-F]{32,64}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)
_VERSION = re.compile(r"v\d+(\.\d+)?")
# Words that stand where an id would otherwise stand
_WORDS = frozenset(
    {"detail", "details", "tokens", "defaults", "default", "catalog", "projects"}
    | {"domains", "system", "statistics", "summary"}
)


def shape(path: str) -> str:
    """*path* with each id or name replaced by ``*``: what kind of request it is.

    OpenStack paths alternate between collections and members
    (``/servers/ID/os-interface/PORT``), which tells names from collections.
    """
    words = []
    member = False
    for word in path.strip("/").split("/"):
        if word.startswith("OS-"):  # an extension's prefix is neither
            words.append(word)
            continue
        known = word in _WORDS and not _ID.fullmatch(word)
        words.append("*" if (member and not known) or _ID.fullmatch(word) else word)
        member = not member
    return "/" + "/".join(words)


class RequestLog:
    """How many requests of which shape one cloud has got.  Thread-safe.

    The keys of ``by`` read ``GET compute /servers/*``.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._services: dict[str, str] = {}

    def knows(self, service: str, endpoint: str) -> None:
        """Requests below the URL *endpoint* are for *service*."""
        parts = urlsplit(endpoint)
        with self._lock:
            self._services[f"{parts.netloc}{parts.path}".rstrip("/")] = service

    def name(self, method: str, url: str) -> str:
        """``METHOD service /shape/of/path`` of the request to *url*."""
        parts = urlsplit(url)
        whole = f"{parts.netloc}{parts.path}"
        with self._lock:
            bases = [b for b in self._services if f"{whole}/".startswith(f"{b}/")]
            base = max(bases, key=len, default=parts.netloc)
            service = self._services.get(base, parts.netloc)
        path = whole[len(base) :].strip("/")
        first, _, rest = path.partition("/")
        if _VERSION.fullmatch(first) and rest:
            path = rest
        return f"{method.upper()} {service} {shape(path)}"

    def count(self, method: str, url: str) -> None:
        name = self.name(method, url)
        with self._lock:
            self._counts[name] += 1

    @property
    def total(self) -> int:
        """Requests since the start or the last ``reset``."""
        with self._lock:
            return sum(self._counts.values())

    @property
    def by(self) -> dict[str, int]:
        """Requests by name, the most frequent first."""
        with self._lock:
            return dict(self._counts.most_common())

    def reset(self) -> None:
        with self._lock:
            self._counts.clear()


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authentication that adds nothing: tokens are in the headers already."""
    return request


class CountingSession(requests.Session):
    """A ``requests`` session that reports each request to a ``RequestLog``.

    What the environment says (proxies, certificates) is looked up once for each
    host: requests itself does it for each request, which takes longer than the rest
    of it.  ``.netrc`` is not read: it has no word in who talks to a cloud.
    """

    def __init__(self, log: RequestLog) -> None:
        super().__init__()
        self._log = log
        self._environment: dict[Any, Any] = {}
        self.auth = _as_it_is

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        if proxies:
            return super().merge_environment_settings(
                url, proxies, stream, verify, cert
            )
        parts = urlsplit(url)
        key = parts.scheme, parts.netloc, stream, verify, cert
        if key not in self._environment:
            self._environment[key] = super().merge_environment_settings(
                url, {}, stream, verify, cert
            )
        return self._environment[key].copy()

    def send(
        self, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:
        self._log.count(request.method or "", request.url or "")
        return super().send(request, **kwargs)
