# SPDX-License-Identifier: Apache-2.0
"""Makes one of Pumphouse's errors out of whatever went wrong with a request.

Nothing else in Pumphouse needs to know what ``requests``, ``urllib3`` and
keystoneauth raise, or how each service words its refusals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from keystoneauth1 import exceptions as ka

from pumphouse import exceptions as exc
from pumphouse.cloud.causes import chain, never_sent, no_trust, why
from pumphouse.cloud.messages import message_of, request_id_of
from pumphouse.cloud.redact import redact

_QUOTA = re.compile(
    r"quota|limit\s*exceeded|exceed\w*\s+(the\s+)?(\w+\s+)?limit"
    r"|maximum (number )?of .*exceed|VolumeLimitExceeded",
    re.IGNORECASE,
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


def of_connection(
    error: BaseException, call: Call, *, repeatable: bool
) -> exc.CloudError:
    """The error for a request that got no answer.

    A request that may have arrived and cannot be repeated is a ``LostAnswer``;
    everything else is ``Unreachable``.
    """
    common = _common(call)
    if trouble := no_trust(error):
        return exc.Unreachable(
            f"no trusted connection to {call.host}: {trouble}",
            hint=(
                "Write http:// in auth_url of this cloud in clouds.yaml"
                if "http" in trouble or "wrong version" in trouble
                else "Check cacert and verify of this cloud in clouds.yaml"
            ),
            **common,
        )
    because = why(error)
    if repeatable or never_sent(error):
        return exc.Unreachable(
            f"no connection to {call.host}: {because}",
            hint="Check that the cloud is up and its address in clouds.yaml is right",
            **common,
        )
    return exc.LostAnswer(
        f"{call.request} was sent, but no answer came: {because}",
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
        f"{what} ({call.request}, {status}){colon}",
        hint=hint,
        status=status,
        request_id=request_id_of(response),
        **_common(call),
    )


def token_expired(response: requests.Response, call: Call) -> exc.ServiceError:
    """The error for a stream that was refused for its token.

    The stream is used up, so it cannot be sent again from here; but the same
    step may succeed if tried again, with a new token.
    """
    return exc.ServiceError(
        f"the token was refused ({call.request}, 401)",
        hint="It is renewed; try again",
        status=401,
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
        if isinstance(one, ka.ConnectionError):
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
