# SPDX-License-Identifier: Apache-2.0
"""Project-scoped tokens as *another* user, without that user's password.

An administrator may give any user an EC2 credential for a project; Keystone's
``/ec2tokens`` answers a request signed with it (AWS signature version 2) with a
token of that user in that project.  The credential is temporary: ``revoke`` it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
from keystoneauth1 import access
from keystoneauth1 import session as ks
from keystoneauth1.identity import base

from pumphouse import exceptions as exc
from pumphouse.cloud.errors import Call, of_response, token_expired
from pumphouse.cloud.messages import message_of, request_id_of
from pumphouse.cloud.session import Session

if TYPE_CHECKING:
    from pumphouse.cloud.cloud import Cloud
    from pumphouse.cloud.tokens import Tokens

_REFUSED = (
    "It needs ec2credential among [auth] methods in keystone.conf, and the user "
    "enabled and with a role in the project"
)
# Its cache then gives back the very object that Keystone has altered meanwhile
_BROKEN = (
    "Keystone's log says why; older ones fail so when they cache in the memory of "
    "one process (oslo_cache.dict): set caching = false in [credential]"
)
_METHOD = "ec2credential"  # older ones say 503 where they do not know it
_MEANT = frozenset({400, 401, 403, 404})  # answers about the user or the credential
_HOST, _PATH = "pumphouse", "/"  # part of what is signed; any will do


@dataclass(frozen=True, slots=True)
class Delegation:
    """One user in one project, and the key pair that lets Pumphouse act as them."""

    user_id: str
    project_id: str
    access: str = field(repr=False)
    secret: str = field(repr=False)

    @classmethod
    def new(cls, user_id: str, project_id: str) -> Delegation:
        """With a random access key and secret; nothing is sent yet."""
        return cls(user_id, project_id, secrets.token_hex(16), secrets.token_hex(32))

    @property
    def credential_id(self) -> str:
        """The id that Keystone gives the credential: known before it exists."""
        return hashlib.sha256(self.access.encode()).hexdigest()

    def signed(self, now: datetime) -> dict[str, Any]:
        """The body of ``POST /ec2tokens``, signed at *now* (UTC)."""
        params = {
            "Action": "Authenticate",
            "AWSAccessKeyId": self.access,
            "SignatureMethod": "HmacSHA256",
            "SignatureVersion": "2",
            "Timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        credentials = {
            "access": self.access,
            "host": _HOST,
            "verb": "POST",
            "path": _PATH,
            "params": params,
            "headers": {},
            "body_hash": "",
            "signature": _signature(self.secret, params),
        }
        return {"credentials": credentials}


def _signature(secret: str, params: Mapping[str, str]) -> str:
    query = "&".join(
        f"{quote(name, safe='')}={quote(params[name], safe='-_~')}"
        for name in sorted(params)
    )
    text = f"POST\n{_HOST}\n{_PATH}\n{query}".encode()
    digest = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def grant(cloud: Cloud, delegation: Delegation) -> None:
    """Creates the credential; fine if it exists already.

    :raises Forbidden: *cloud*'s user is no administrator
    :raises Conflict: something else is in its way
    """
    blob = {"access": delegation.access, "secret": delegation.secret}
    credential = {
        "type": "ec2",
        "user_id": delegation.user_id,
        "project_id": delegation.project_id,
        "blob": json.dumps(blob),
    }
    try:
        # Its id follows from the access key, so there is never a second one.
        body = {"credential": credential}
        cloud.post("identity", "/credentials", body, repeatable=True)
    except exc.Conflict:
        path = f"/credentials/{delegation.credential_id}"
        if cloud.find("identity", path) is None:
            raise


def revoke(cloud: Cloud, credential_id: str) -> None:
    """Deletes the credential; fine if it is gone."""
    cloud.delete("identity", f"/credentials/{credential_id}")


class DelegatedToken(base.BaseIdentityPlugin):  # type: ignore[misc]
    """The keystoneauth plugin: renews itself by signing again.

    :param owner: whose token the request for one carries (Keystone wants an
        administrator there)
    :param call: names that request in errors; its URL is Keystone's
    """

    def __init__(self, delegation: Delegation, owner: Tokens, call: Call) -> None:
        super().__init__(auth_url=call.url)
        self._delegation = delegation
        self._owner = owner
        self._url = f"{call.url}/ec2tokens"
        self._call = call

    def get_auth_ref(self, session: ks.Session, **kwargs: Any) -> access.AccessInfo:
        assert isinstance(session, Session)
        headers = self._owner.headers()
        response = self._ask(session, headers)
        if response.status_code == 401 and self._owner.refused(headers):
            headers = self._owner.headers()
            response = self._ask(session, headers)
            if response.status_code == 401:
                self._must_be_good(session, headers)
        token = response.headers.get("X-Subject-Token")
        if not response.ok or not token:
            raise self._refusal(response)
        return access.AccessInfoV3(auth_token=token, body=response.json())

    def _ask(self, session: Session, headers: Mapping[str, str]) -> requests.Response:
        return session.request(
            self._url,
            "POST",
            json=self._delegation.signed(datetime.now(UTC)),
            headers=dict(headers),
            authenticated=False,
            raise_exc=False,
            # One refusal comes as 503 as well: not worth a long wait
            retry=replace(session.retry, retries=min(2, session.retry.retries)),
        )

    def _must_be_good(self, session: Session, headers: Mapping[str, str]) -> None:
        """Whether 401 was said of the credential, and not of the sender's token.

        :raises ServiceError: the token was refused: it has just expired or so
        """
        headers = {**headers, "X-Subject-Token": headers.get("X-Auth-Token", "")}
        response = session.request(
            f"{self._call.url}/auth/tokens?nocatalog",
            "GET",
            headers=headers,
            authenticated=False,
            raise_exc=False,
        )
        if not response.ok:
            raise token_expired(response, self._call)

    def _refusal(self, response: requests.Response) -> exc.CloudError:
        """``Forbidden`` where Keystone means this user; else what it comes to.

        Whoever asks may then do without.  What is only passing must not look like
        it, or a server would get another owner for it.
        """
        said = message_of(response, {"access": self._delegation.access})
        broken = response.status_code == 503 and _METHOD in said
        failed = of_response(response, self._call)
        if not (broken or response.status_code in _MEANT):
            failed.hint = _BROKEN if response.status_code == 500 else failed.hint
            return failed
        if isinstance(failed, exc.QuotaExceeded):
            return failed
        user, project = self._delegation.user_id, self._delegation.project_id
        return exc.Forbidden(
            f"Keystone gives no token for user {user} in project {project} "
            f"({response.status_code})" + (f": {said}" if said else ""),
            resource=self._call.cloud,
            hint=_REFUSED,
            status=response.status_code,
            request=self._call.request,
            request_id=request_id_of(response),
        )

    def get_cache_id_elements(self) -> dict[str, str | None]:
        return {}
