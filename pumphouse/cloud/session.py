# SPDX-License-Identifier: Apache-2.0
"""The keystoneauth session of one cloud: pooled, counted, retried, silent.

Whatever keystoneauth sends on its own account (tokens, discovery) may be sent
twice, so ``request`` retries it; ``send_once`` is for callers with their own
retry.  Bodies are never logged: they hold passwords and user data.
"""

from __future__ import annotations

from typing import Any

import requests
from keystoneauth1 import exceptions as ka
from keystoneauth1 import session as ks

from pumphouse.cloud import plain_http
from pumphouse.cloud.connections import Adapter
from pumphouse.cloud.requests_log import CountingSession, RequestLog
from pumphouse.cloud.retry import GotNoAnswer, Retry

POOL = 256  # idle connections kept to one host: all services may be on one
_CONNECT = 10.0  # seconds until a connection must stand
_FIRST = 4.0  # seconds for the first one to a host; then it is looked into


class Session(ks.Session):  # type: ignore[misc]
    """A ``keystoneauth1.session.Session`` shared by all threads of one cloud.

    :param timeout: seconds without a byte before an answer counts as lost
    """

    def __init__(
        self,
        log: RequestLog,
        retry: Retry,
        *,
        timeout: float,
        verify: bool | str = True,
        cert: str | tuple[str, str] | None = None,
    ) -> None:
        http = CountingSession(log)
        for scheme in ("http://", "https://"):
            http.mount(
                scheme,
                Adapter(pool_connections=POOL, pool_maxsize=POOL),
            )
        super().__init__(session=http, verify=verify, cert=cert, app_name="pumphouse")
        self.log = log
        self.retry = retry
        self.read_timeout = timeout
        self._heard: set[str] = set()  # hosts that were addressed before

    def send_once(self, url: str, method: str, **kwargs: Any) -> requests.Response:
        """One attempt.  Returns any status.

        *guard*, if given, is called right before it is sent, and may keep it from
        being sent by raising.

        :raises keystoneauth1.exceptions.ConnectionError: there was no answer
        """
        guard = kwargs.pop("guard", None)
        read = kwargs.pop("timeout", None) or self.read_timeout
        kwargs |= {"raise_exc": False, "log": False, "connect_retries": 0}
        connect = kwargs.pop("connect_timeout", _CONNECT)
        kwargs["timeout"] = (min(connect, read), read)
        if guard is not None:
            guard()
        try:
            response: requests.Response = super().request(url, method, **kwargs)
        except ka.ConnectionError as error:
            # keystoneauth leaves the reason in __context__, which the next raise
            # may overwrite
            error.__cause__ = error.__context__
            raise
        return response

    def request(
        self, url: str, method: str, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """What keystoneauth itself sends; retried.

        :raises keystoneauth1.exceptions.ClientException: as keystoneauth does
        """
        raise_exc = kwargs.pop("raise_exc", True)
        host = url.partition("?")[0].split("/", 3)[2]

        def send() -> requests.Response:
            if host in self._heard or not url.startswith("https:"):
                return self.send_once(url, method, *args, **kwargs)
            try:
                first = {**kwargs, "connect_timeout": _FIRST}
                answer = self.send_once(url, method, *args, **first)
            except ka.ConnectionError as error:
                if plain_http.spoken(url, error):
                    error.__cause__ = requests.exceptions.SSLError(plain_http.SAID)
                raise
            finally:
                self._heard.add(host)
            return answer

        retry: Retry = kwargs.pop("retry", self.retry)
        try:
            answer = retry.run(send, repeatable=True)
        except GotNoAnswer as lost:
            raise lost.cause  # noqa: B904  (the cause is the whole story)
        if raise_exc and answer.response.status_code >= 400:
            raise ka.from_response(answer.response, method, url)
        return answer.response

    def close(self) -> None:
        """Closes all pooled connections."""
        self.session.close()
