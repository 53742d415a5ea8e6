# SPDX-License-Identifier: Apache-2.0
"""Makes one of Pumphouse's errors out of whatever went wrong with a request.

Nothing else in Pumphouse needs to know what ``requests``, ``urllib3`` and
keystoneauth raise, or how each service words its refusals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from keystoneauth1 import exceptions as ka

from pumphouse import exceptions as exc
from pumphouse.cloud.messages import message_of, request_id_of
from pumphouse.cloud.redact import redact

_QUOTA = re.compile(
    r"quota|limit\s*exceeded|exceed\w*\s+(the\s+)?(\w+\s+)?limit"
    r"|maximum (number )?of .*exceed|VolumeLimitExceeded",
    re.IGNORECASE,
)
_NEVER_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.ProxyError,
    urllib3.exceptions.SSLError,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.SSLError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as far as an error about it needs to know."""

    cloud: str  # "source cloud prod"
    method: str
    service: str
    path: str
    url: str = ""  # where it went; shown as scheme://host:port only
    body: Any = field(default=None, repr=False)  # only to mask what it holds

    @property
    def request(self) -> str:
        return f"{self.method} {self.service} {urlsplit(self.path).path}"

    @property
    def host(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def chain(error: BaseException) -> Iterator[BaseException]:
    """*error*, what it was raised from, and what those carry inside.

    ``__context__`` is followed from keystoneauth's exceptions only: further down
    it may lead to what the *caller* was handling, which is another request.
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
        if isinstance(one, ka.ClientException):
            todo.append(one.__context__)


def never_sent(error: BaseException) -> bool:
    """Whether the connection failed before the request could leave."""
    return any(isinstance(one, _NEVER_SENT) for one in chain(error))


def of_connection(
    error: BaseException, call: Call, *, repeatable: bool
) -> exc.CloudError:
    """The error for a request that got no answer.

    A request that may have arrived and cannot be repeated is a ``LostAnswer``;
    everything else is ``Unreachable``.
    """
    common = _common(call)
    if certificate := _certificate_trouble(error):
        return exc.Unreachable(
            f"no trusted connection to {call.host}: {certificate}",
            hint="Check cacert and verify of this cloud in clouds.yaml",
            **common,
        )
    why = _why(error)
    if repeatable or never_sent(error):
        return exc.Unreachable(
            f"no connection to {call.host}: {why}",
            hint="Check that the cloud is up and its address in clouds.yaml is right",
            **common,
        )
    return exc.LostAnswer(
        f"{call.request} was sent, but no answer came: {why}",
        hint="It may have taken effect; Pumphouse looks before it tries again",
        **common,
    )


def of_response(
    response: requests.Response, call: Call, *, repeatable: bool = True
) -> exc.CloudError:
    """The error for an answer with a status of 400 or more (or a stray redirect).

    A gateway's 502 or 504 to a request that cannot be repeated is a
    ``LostAnswer``: the service behind it may have done the work.
    """
    status = response.status_code
    said = message_of(response, call.body)
    kind, what, hint = _kind(status, said, response, call)
    if status in (502, 504) and not repeatable:
        kind = exc.LostAnswer
        hint = "It may have taken effect; Pumphouse looks before it tries again"
    colon = f": {said}" if said else ""
    return kind(
        f"{what} ({call.request}, {status}){colon}".rstrip(". "),
        hint=hint,
        status=status,
        request_id=request_id_of(response),
        **_common(call),
    )


def _kind(
    status: int, said: str, response: requests.Response, call: Call
) -> tuple[type[exc.CloudError], str, str]:
    """The class, the first words and the hint for one status."""
    quota = bool(_QUOTA.search(said)) or "OverQuota" in _neutron_type(response)
    if quota and status in (403, 409, 413):
        return exc.QuotaExceeded, "out of quota", "Raise the quota there, then resume"
    if status == 429 or (status == 413 and _retry_after(response)):
        return exc.RateLimited, "too many requests", "Lower limits for this service"
    known: dict[int, tuple[type[exc.CloudError], str, str]] = {
        401: (
            exc.AuthenticationFailed,
            "the token was refused",
            "Check the user and project of this cloud in clouds.yaml",
        ),
        403: (
            exc.Forbidden,
            "the user may not do this",
            "Use credentials with the admin role",
        ),
        404: (exc.ResourceMissing, "it does not exist", ""),
        410: (exc.ResourceMissing, "it is gone", ""),
        409: (exc.Conflict, "it exists already or is busy", ""),
    }
    if status in known:
        return known[status]
    if status >= 500:
        hint = f"Look at the logs of {call.service} there, then resume"
        return exc.ServiceError, f"the {call.service} service failed", hint
    return exc.UnexpectedAnswer, "the request was refused", ""


def of_authentication(error: BaseException, call: Call) -> exc.PumphouseError:
    """The error for a token that could not be got, from keystoneauth's exception."""
    for one in chain(error):
        if isinstance(one, exc.PumphouseError):
            return one
    for one in chain(error):
        response = getattr(one, "response", None)
        if isinstance(one, ka.HttpError) and isinstance(response, requests.Response):
            return _refused_token(response, call)
    for one in chain(error):
        if isinstance(one, ka.ConnectFailure | ka.UnknownConnectionError | ka.SSLError):
            return of_connection(one, call, repeatable=True)
    if isinstance(error, ka.MissingRequiredOptions | ka.AuthPluginException):
        return exc.AuthenticationFailed(
            f"the credentials are incomplete: {redact(str(error))}",
            hint="Check this cloud's auth section in clouds.yaml",
            **_common(call),
        )
    return _no_keystone(call, 0)


def _refused_token(response: requests.Response, call: Call) -> exc.CloudError:
    if response.status_code in (401, 403):
        return exc.AuthenticationFailed(
            "the password or user name is wrong, or the user, its project or domain "
            "is disabled or unknown",
            hint="Check this cloud's auth section in clouds.yaml",
            status=response.status_code,
            request_id=request_id_of(response),
            **_common(call),
        )
    if response.status_code in (300, 404, 405) or response.ok:
        return _no_keystone(call, response.status_code)
    return of_response(response, call)


def _no_keystone(call: Call, status: int) -> exc.CloudError:
    return exc.AuthenticationFailed(
        f"there is no Identity API v3 at {redact(call.url)}",
        hint="Check auth_url of this cloud in clouds.yaml",
        status=status,
        **_common(call),
    )


def _common(call: Call) -> dict[str, Any]:
    return {"resource": call.cloud, "request": call.request}


def _neutron_type(response: requests.Response) -> str:
    try:
        body = response.json()
        return str(body["NeutronError"]["type"])
    except (ValueError, KeyError, TypeError, requests.RequestException, RuntimeError):
        return ""


def _retry_after(response: requests.Response) -> bool:
    # Cinder and Nova say "Retry-After: 0" where they mean "out of quota"
    return response.headers.get("Retry-After", "0").strip() != "0"


def _certificate_trouble(error: BaseException) -> str:
    for one in chain(error):
        if isinstance(one, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
            found = re.search(r"certificate verify failed: ([^(\"']+)", str(one))
            return found[1].strip() if found else "TLS failed"
    return ""


def _why(error: BaseException) -> str:
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
