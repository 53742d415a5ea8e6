# SPDX-License-Identifier: Apache-2.0
"""Why a request got no answer, out of what ``requests`` and urllib3 raise.

They wrap the one reason in up to five exceptions, not always the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import requests
import urllib3.exceptions
from keystoneauth1 import exceptions as ka

_NEVER_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.ProxyError,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)

_HOPELESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
_NO_TRUST = re.compile(
    r"certificate verify failed: ([^(\"']+)"
    r"|certificate verify failed|wrong[_ ]version[_ ]number|\w*handshake[_ ]failure"
    r"|it speaks http, not https|hostname mismatch|certificate is not valid for"
    r"|unsupported[_ ]protocol",
    re.IGNORECASE,
)


def chain(error: BaseException) -> Iterator[BaseException]:
    """*error*, what it was raised from, and what those carry inside.

    ``__context__`` is no way to follow: it may lead to what the *caller* was
    handling, which is another request.  keystoneauth's failed discovery, which
    has nothing else, is the exception to that.
    """
    seen: set[int] = set()
    todo: list[Any] = [error]
    while todo:
        one = todo.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo += [one.__cause__, getattr(one, "reason", None), *one.args]
        if isinstance(one, ka.DiscoveryFailure):
            todo.append(one.__context__)


def never_sent(error: BaseException) -> bool:
    """Whether the connection failed before the request could leave."""
    return bool(no_trust(error)) or _is_any(error, _NEVER_SENT)


def hopeless(error: BaseException) -> bool:
    """A certificate or a URL that is wrong stays wrong."""
    return bool(no_trust(error)) or _is_any(error, _HOPELESS)


def no_trust(error: BaseException) -> str:
    """Why the two sides could not agree on TLS, "" if that was not the trouble.

    TLS may also break later, with the request sent: that is a lost connection.
    """
    broken = (requests.exceptions.SSLError, urllib3.exceptions.SSLError)
    said = [str(one) for one in chain(error) if isinstance(one, broken)]
    for found in filter(None, map(_NO_TRUST.search, said)):
        return (found[1] or found[0]).strip().lower().replace("_", " ")
    return ""


def _is_any(error: BaseException, kinds: tuple[type[BaseException], ...]) -> bool:
    return any(isinstance(one, kinds) for one in chain(error))


def why(error: BaseException) -> str:
    """The innermost reason in a few plain words."""
    words: list[tuple[tuple[type[BaseException], ...], str]] = [
        ((urllib3.exceptions.NameResolutionError,), "the host name is unknown"),
        ((ConnectionRefusedError,), "connection refused"),
        ((requests.exceptions.ConnectTimeout,), "the connection timed out"),
        ((urllib3.exceptions.ConnectTimeoutError,), "the connection timed out"),
        ((requests.exceptions.Timeout, TimeoutError), "the answer took too long"),
        ((ConnectionResetError, BrokenPipeError), "the connection broke"),
    ]
    found = list(chain(error))
    for kinds, text in words:
        if any(isinstance(one, kinds) for one in found):
            return text
    for one in found:
        if isinstance(one, OSError) and one.strerror:
            return one.strerror.lower()
    return "the connection broke"
