# SPDX-License-Identifier: Apache-2.0
"""Plain requests: those at which requests and keystoneauth need not look closely.

Nearly all requests of a run are plain: an address without anything to quote or
resolve, a JSON body or none, no cookies.  Both libraries together take longer to make
sure of that, each time, than to send the request.  All others go their way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import requests
from keystoneauth1 import session as ks
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool

# No user, no query, nothing that is or could be quoted, no dots to resolve
_ADDRESS = re.compile(
    r"(https?://[A-Za-z0-9.\-]+(:[0-9]+)?)(/[A-Za-z0-9_\-:@,;=+][A-Za-z0-9._\-:@,;=+]*)+/?"
)
_AGENT = f"pumphouse {ks.DEFAULT_USER_AGENT}"


def prepared(
    method: str,
    url: str,
    headers: Mapping[str, str],
    query: Sequence[tuple[str, str]] = (),
    body: Any = None,
) -> requests.PreparedRequest | None:
    """The request as it is sent; None if it is not a plain one.

    :param body: what becomes JSON, None for no body
    """
    if not _ADDRESS.fullmatch(url):
        return None
    request = requests.PreparedRequest()
    request.method = method
    request.url = f"{url}?{urlencode(query)}" if query else url
    all_headers = {
        "User-Agent": _AGENT,
        "Accept-Encoding": "gzip, deflate",
        "Connection": "keep-alive",
    }
    if body is not None:
        request.body = json.dumps(body).encode()
        all_headers["Content-Type"] = "application/json"
        all_headers["Content-Length"] = str(len(request.body))
    elif method not in ("GET", "HEAD"):
        all_headers["Content-Length"] = "0"
    request.headers = CaseInsensitiveDict({**all_headers, **headers})
    return request


class Adapter(ks.TCPKeepAliveAdapter):  # type: ignore[misc]
    """Finds the connections to a host once, unless a proxy leads there.

    requests makes sure for each request what is their address and how they are
    trusted.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._pools: dict[Any, HTTPConnectionPool] = {}
        super().__init__(*args, **kwargs)

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: Any,
        proxies: Any = None,
        cert: Any = None,
    ) -> HTTPConnectionPool:
        find: Callable[..., HTTPConnectionPool]
        find = super().get_connection_with_tls_context
        origin = "/".join((request.url or "").split("/", 3)[:3])
        if proxies or "@" in origin:
            return find(request, verify, proxies, cert)
        key = origin, verify, cert
        if key not in self._pools:
            self._pools[key] = find(request, verify, proxies, cert)
        return self._pools[key]

    def close(self) -> None:
        """Closes all connections; further requests make new ones."""
        self._pools.clear()
        super().close()
