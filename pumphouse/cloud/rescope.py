# SPDX-License-Identifier: Apache-2.0
"""The same user in another project: a token made from the token at hand."""

from __future__ import annotations

from typing import Any

from keystoneauth1 import access
from keystoneauth1 import session as ks
from keystoneauth1.identity import base, v3

from pumphouse.cloud.tokens import Tokens


class RescopedToken(base.BaseIdentityPlugin):  # type: ignore[misc]
    """The keystoneauth plugin: renews itself from the owner's current token.

    :param owner: the tokens of the same user in the scope of clouds.yaml
    :param url: Keystone's versioned address
    """

    def __init__(self, project_id: str, owner: Tokens, url: str) -> None:
        super().__init__(auth_url=url)
        self._project_id = project_id
        self._owner = owner
        self._url = url

    def get_auth_ref(self, session: ks.Session, **kwargs: Any) -> access.AccessInfo:
        plugin = v3.Token(
            self._url,
            token=self._owner.access().auth_token,
            project_id=self._project_id,
        )
        return plugin.get_auth_ref(session)

    def get_cache_id_elements(self) -> dict[str, str | None]:
        return {}
