# SPDX-License-Identifier: Apache-2.0
"""The keystoneauth session of one cloud: pooled, counted, retried, silent.

Whatever keystoneauth sends on its own account (tokens, discovery) may be sent
twice, so ``request`` retries it; ``send_once`` is for callers with their own
retry.  Bodies are never logged: they hold passwords and user data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

import requests
from keystoneauth1 import exceptions as ka
from keystoneauth1 import session as ks

from pumphouse.cloud import plain
from pumphouse.cloud.requests_log import CountingSession, RequestLog
from pumphouse.cloud.retry import GotNoAnswer, Retry

POOL = 256  # idle connections kept to one host: all services may be on one
_ELSEWHERE = frozenset({301, 302, 303, 305, 307, 308})
_CONNECT = 10.0  # seconds until a connection must stand


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
                plain.Adapter(pool_connections=POOL, pool_maxsize=POOL),
            )
        super().__init__(session=http, verify=verify, cert=cert, app_name="pumphouse")
        self._http = http
        self.log = log
        self.retry = retry
        self.read_timeout = timeout

    def exchange(
        self,
        url: str,
        method: str,
        *,
        headers: Mapping[str, str],
        query: Sequence[tuple[str, str]] = (),
        json: Any = None,
        data: Any = None,
        stream: bool = False,
        timeout: float | None = None,
    ) -> requests.Response:
        """One attempt at a request that has its token already.  Returns any status.

        :raises keystoneauth1.exceptions.ConnectionError: there was no answer
        """
        request = None
        if data is None and not self._http.has_cookies:
            request = plain.prepared(method, url, headers, query, json)
        more: dict[str, Any] = {"headers": headers, "authenticated": False}
        more |= {"json": json, "stream": stream, "timeout": timeout}
        if request is None:
            if query:
                more["params"] = query
            if data is not None:
                more["data"] = data
            return self.send_once(url, method, **more)
        response = self._send_plain(request, stream=stream, timeout=timeout)
        location = response.headers.get("location", "")
        if location and response.status_code in _ELSEWHERE:
            response.close()
            return self.send_once(urljoin(url, location), method, **more)
        return response

    def _send_plain(
        self, request: requests.PreparedRequest, *, stream: bool, timeout: float | None
    ) -> requests.Response:
        """Its answer; what goes wrong is called as keystoneauth calls it."""
        read = timeout or self.read_timeout
        url = request.url
        try:
            return self._http.send_plain(
                request,
                stream=stream,
                timeout=(min(_CONNECT, read), read),
                verify=self.verify,
                cert=self.cert,
            )
        except requests.exceptions.SSLError as error:
            said = f"SSL exception connecting to {url}: {error}"
            raise ka.SSLError(said) from error
        except requests.exceptions.Timeout as error:
            raise ka.ConnectTimeout(f"Request to {url} timed out") from error
        except requests.exceptions.ConnectionError as error:
            said = f"Unable to establish connection to {url}: {error}"
            raise ka.ConnectFailure(said) from error
        except requests.exceptions.RequestException as error:
            said = f"Unexpected exception for {url}: {error}"
            raise ka.UnknownConnectionError(said, error) from error

    def send_once(self, url: str, method: str, **kwargs: Any) -> requests.Response:
        """One attempt.  Returns any status.

        :raises keystoneauth1.exceptions.ConnectionError: there was no answer
        """
        read = kwargs.pop("timeout", None) or self.read_timeout
        kwargs |= {"raise_exc": False, "log": False, "connect_retries": 0}
        kwargs["timeout"] = (min(_CONNECT, read), read)
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
        retry: Retry = kwargs.pop("retry", self.retry)
        try:
            answer = retry.run(
                lambda: self.send_once(url, method, *args, **kwargs), repeatable=True
            )
        except GotNoAnswer as lost:
            raise lost.cause  # noqa: B904  (the cause is the whole story)
        if raise_exc and answer.response.status_code >= 400:
            raise ka.from_response(answer.response, method, url)
        return answer.response

    def close(self) -> None:
        """Closes all pooled connections."""
        self.session.close()
