# SPDX-License-Identifier: Apache-2.0
"""The same user in another project: a token made from the token at hand."""

from __future__ import annotations

from typing import Any

from keystoneauth1 import access
from keystoneauth1 import exceptions as ka
from keystoneauth1 import session as ks
from keystoneauth1.identity import base, v3

from pumphouse import exceptions as exc
from pumphouse.cloud.errors import Call
from pumphouse.cloud.messages import message_of, request_id_of
from pumphouse.cloud.tokens import Tokens


class RescopedToken(base.BaseIdentityPlugin):  # type: ignore[misc]
    """The keystoneauth plugin: renews itself from the owner's current token.

    :param owner: the tokens of the same user in the scope of clouds.yaml
    :param call: names the request for a token in errors; its URL is Keystone's
    """

    def __init__(self, project_id: str, owner: Tokens, call: Call) -> None:
        super().__init__(auth_url=call.url)
        self._project_id = project_id
        self._owner = owner
        self._call = call

    def get_auth_ref(self, session: ks.Session, **kwargs: Any) -> access.AccessInfo:
        token = self._owner.access().auth_token
        try:
            try:
                return self._rescope(session, token)
            except ka.Unauthorized:
                # No role there, or the token was revoked: a new one tells
                self._owner.refused({"X-Auth-Token": token})
                return self._rescope(session, self._owner.access().auth_token)
        except ka.HttpError as error:
            if error.http_status not in (401, 403, 404):
                raise
            raise self._refusal(error) from None

    def _rescope(self, session: ks.Session, token: str) -> access.AccessInfo:
        plugin = v3.Token(self._call.url, token=token, project_id=self._project_id)
        return plugin.get_auth_ref(session)

    def _refusal(self, error: ka.HttpError) -> exc.Forbidden:
        response = error.response
        said = message_of(response) if response is not None else ""
        return exc.Forbidden(
            f"Keystone gives no token for project {self._project_id} "
            f"({error.http_status})" + (f": {said}" if said else ""),
            resource=self._call.cloud,
            hint="It needs a role of Pumphouse's user in that project, and "
            "allow_rescope_scoped_token in keystone.conf",
            status=error.http_status,
            request=self._call.request,
            request_id=request_id_of(response) if response is not None else "",
        )

    def get_cache_id_elements(self) -> dict[str, str | None]:
        return {}
