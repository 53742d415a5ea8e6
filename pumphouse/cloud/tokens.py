# SPDX-License-Identifier: Apache-2.0
"""One token for one scope, shared by all threads and renewed once for all.

Threads that wait while one of them asks for a token share what it gets, also
its failure: a wrong password is tried once, not once a thread, lest Keystone
locks the account.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from keystoneauth1 import exceptions as ka
from keystoneauth1.access import AccessInfoV3
from keystoneauth1.identity import base
from keystoneauth1.plugin import BaseAuthPlugin

from pumphouse import exceptions as exc
from pumphouse.cloud.errors import Call, of_authentication
from pumphouse.cloud.session import Session

_FRESH = 120  # seconds that a token must still be good for
_REFUSED = 30.0  # seconds for which refused credentials are not tried again


class Tokens:
    """The tokens of one auth plugin.

    :param call: names the request for tokens in errors
    """

    def __init__(
        self,
        plugin: BaseAuthPlugin,
        session: Session,
        call: Call,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plugin = plugin
        self._session = session
        self._call = call
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._failure: Exception = Exception()
        self._refused_until = 0.0

    def access(self) -> AccessInfoV3:
        """The current token with its catalogue, asked for where need be.

        :raises AuthenticationFailed: the credentials are refused or not Keystone's
        :raises Unreachable: no answer, after all retries
        """
        ref = self._current()
        if ref is not None:
            return ref
        seen = self._failures
        with self._lock:
            ref = self._current()
            if ref is not None:
                return ref
            if self._failures != seen or self._clock() < self._refused_until:
                raise of_authentication(self._failure, self._call)
            return self._ask()

    def headers(self) -> Mapping[str, str]:
        """What authenticates a request."""
        if isinstance(self._plugin, base.BaseIdentityPlugin):
            return {"X-Auth-Token": self.access().auth_token}
        return dict(self._plugin.get_headers(self._session) or {})

    def refused(self, headers: Mapping[str, str]) -> bool:
        """A service answered 401 to *headers*; says whether to try with new ones."""
        used = headers.get("X-Auth-Token", "")
        with self._lock:
            ref = getattr(self._plugin, "auth_ref", None)
            if ref is None or ref.auth_token != used:
                return bool(used)  # another thread has seen to it
            return bool(self._plugin.invalidate())

    def _current(self) -> AccessInfoV3 | None:
        ref: Any = getattr(self._plugin, "auth_ref", None)
        return None if ref is None or ref.will_expire_soon(_FRESH) else ref

    def _ask(self) -> AccessInfoV3:
        try:
            return self._plugin.get_access(self._session)
        except (ka.ClientException, exc.PumphouseError, AttributeError) as error:
            self._failures += 1
            self._failure = error
            failed = of_authentication(error, self._call)
            if isinstance(failed, exc.AuthenticationFailed | exc.Forbidden):
                self._refused_until = self._clock() + _REFUSED
            raise failed from None
