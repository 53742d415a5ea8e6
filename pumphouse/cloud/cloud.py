# SPDX-License-Identifier: Apache-2.0
"""One cloud, source or destination, as all of Pumphouse sees it.

``Cloud`` is the only way to a cloud's API.  Around each request stand, from the
outside in: the error mapping (``errors``), the retry (``retry``), the token
(``tokens``), the limit (``limits``), the session (``session``) and its count
(``requests_log``).  One ``Cloud`` serves any number of threads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from keystoneauth1.plugin import BaseAuthPlugin

from pumphouse import exceptions as exc
from pumphouse.cloud import clouds_yaml, endpoints, pagination
from pumphouse.cloud.capabilities import Capabilities
from pumphouse.cloud.clouds_yaml import Place
from pumphouse.cloud.delegation import DelegatedToken, Delegation
from pumphouse.cloud.errors import Call, of_connection, of_response
from pumphouse.cloud.limits import Limits
from pumphouse.cloud.messages import request_id_of
from pumphouse.cloud.requests_log import RequestLog
from pumphouse.cloud.rescope import RescopedToken
from pumphouse.cloud.retry import REPEATABLE, Answer, GotNoAnswer, Retry
from pumphouse.cloud.session import Session
from pumphouse.cloud.tokens import Tokens

LOG = logging.getLogger("pumphouse.cloud")
Records = list[dict[str, Any]]
Params = Mapping[str, Any] | Sequence[tuple[str, Any]] | None


class Cloud:
    """One cloud as one user in one scope.  Made by ``connect``.

    *service* is always one of ``endpoints.SERVICES`` and *path* relative to its
    versioned endpoint: ``/servers/detail``, ``/ports``, ``/images``, ``/users``.

    Every method that sends raises an error of ``pumphouse.exceptions`` whose
    ``resource`` names the cloud: ``Unreachable``, ``AuthenticationFailed``,
    ``Forbidden``, ``ResourceMissing``, ``Conflict``, ``QuotaExceeded``,
    ``RateLimited``, ``ServiceError``, ``LostAnswer`` or ``UnexpectedAnswer``.
    """

    def __init__(
        self,
        place: Place,
        tokens: Tokens,
        session: Session,
        limits: Limits,
        *,
        root: Cloud | None = None,
    ) -> None:
        self.side = place.side
        self.name = place.name
        self.log: RequestLog = session.log
        self._place = place
        self._tokens = tokens
        self._session = session
        self._limits = limits
        self._root = root
        self._lock = threading.Lock()
        self._endpoints: dict[str, str] = {}
        self._delegated: dict[Delegation, Cloud] = {}
        self._scoped: dict[str, Cloud] = {}
        self._capabilities: Capabilities = (
            root._capabilities
            if root
            else Capabilities(self._version_document, self._ask_extensions)
        )

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        return f"{self.side} cloud {self.name}"

    # -- who and where -----------------------------------------------------

    @property
    def region(self) -> str:
        """The region: the one of clouds.yaml, or the catalogue's only one.

        :raises InputError: neither is there
        """
        if self._place.region:
            return self._place.region
        found = endpoints.regions(self._catalogue())
        if len(found) > 1:
            raise exc.InputError(
                "the cloud has several regions",
                resource=str(self),
                hint=f"Set region_name in clouds.yaml to one of {', '.join(found)}",
            )
        return found[0] if found else ""

    @property
    def identity(self) -> str:
        """``<auth url>|<region>``, what bindings are kept under."""
        return f"{self._place.auth_url}|{self.region}"

    @property
    def user_id(self) -> str:
        """Whom Pumphouse is on this cloud."""
        return str(self._tokens.access().user_id)

    @property
    def project_id(self) -> str:
        """The project that requests are scoped to, "" for none."""
        return str(self._tokens.access().project_id or "")

    # -- requests ----------------------------------------------------------

    def request(
        self,
        service: str,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Params = None,
        headers: Mapping[str, str] | None = None,
        microversion: str = "",
        data: Any = None,
        stream: bool = False,
        repeatable: bool | None = None,
        timeout: float | None = None,
    ) -> requests.Response:
        """Sends one request and returns its answer, whose status is below 400.

        :param microversion: the newest one wanted; the cloud may have less
        :param data: a body as it is: bytes, or an iterator (sent chunked, once)
        :param stream: return when the headers are there; read the body, close it
        :param repeatable: sending it twice equals sending it once; by default so
            for GET, HEAD, OPTIONS, DELETE, and PUT unless its body is a stream
        :param timeout: seconds without a byte until the answer counts as lost
        """
        return self._send(
            service,
            method,
            path,
            json=json,
            params=params,
            headers=headers,
            microversion=microversion,
            data=data,
            stream=stream,
            repeatable=repeatable,
            timeout=timeout,
        ).response

    def get(self, service: str, path: str, key: str | None = None, **kw: Any) -> Any:
        """The JSON of a GET, or what stands under *key* in it.

        :raises ResourceMissing: 404
        """
        return self._json(self.request(service, "GET", path, **kw), path, key)

    def find(self, service: str, path: str, key: str | None = None, **kw: Any) -> Any:
        """Like ``get``, None where there is no such thing (404)."""
        try:
            return self.get(service, path, key, **kw)
        except exc.ResourceMissing:
            return None

    def post(
        self, service: str, path: str, json: Any, key: str | None = None, **kw: Any
    ) -> Any:
        """The JSON of the answer, or what stands under *key*; {} without a body."""
        answer = self.request(service, "POST", path, json=json, **kw)
        return self._json(answer, path, key)

    def put(
        self, service: str, path: str, json: Any, key: str | None = None, **kw: Any
    ) -> Any:
        """As ``post``."""
        answer = self.request(service, "PUT", path, json=json, **kw)
        return self._json(answer, path, key)

    def patch(
        self, service: str, path: str, json: Any, key: str | None = None, **kw: Any
    ) -> Any:
        """As ``post``."""
        answer = self.request(service, "PATCH", path, json=json, **kw)
        return self._json(answer, path, key)

    def delete(self, service: str, path: str, **kw: Any) -> bool:
        """Whether this deleted it; False if it was gone already (404)."""
        try:
            self._send(service, "DELETE", path, **kw)
        except exc.ResourceMissing as missing:
            # A first attempt whose answer was lost may have been the one
            return bool(getattr(missing, "retried", False))
        return True

    def list(
        self,
        service: str,
        path: str,
        key: str,
        params: Params = None,
        microversion: str = "",
        page_size: int = 0,
    ) -> Records:
        """All items under *key*, over all pages, each id once.

        :param params: repeated ones (``[("id", a), ("id", b)]``, ``{"id": [a, b]}``)
            mean *or* and may be too many for one URL: they are then dealt out
        :param page_size: items a page; 0 leaves that to the service
        """
        items: dict[Any, dict[str, Any]] = {}
        for query in pagination.split_query(pagination.query_of(params)):
            for item in self._pages(service, path, key, query, microversion, page_size):
                items.setdefault(item.get("id") or len(items), item)
        return [*items.values()]

    # -- abilities ---------------------------------------------------------

    def microversion(self, service: str, wanted: str) -> str:
        """The older of *wanted* and the newest this cloud has; "" if it has none."""
        return self._capabilities.microversion(service, wanted)

    def extensions(self) -> frozenset[str]:
        """The aliases of Neutron's extensions."""
        return self._capabilities.extensions()

    def has_service(self, service: str) -> bool:
        """Whether the catalogue has *service* in this region."""
        return bool(self._catalogue_url(service))

    def acting_as(self, delegation: Delegation) -> Cloud:
        """This cloud as another user in one project, with the same log and limits.

        The credential must have been granted (``delegation.grant``).  One token
        a delegation, however often this is called.

        :raises Forbidden: the cloud does not give such tokens, or not for this user
        """
        if self._root is not None:
            return self._root.acting_as(delegation)
        url = self._endpoint("identity")
        with self._lock:
            other = self._delegated.get(delegation)
            if other is None:
                other = self._as_other(delegation, url)
                self._delegated[delegation] = other
        other._tokens.access()
        return other

    def scoped_to(self, project_id: str) -> Cloud:
        """This cloud as the same user in another project, with the same log.

        The user must have a role there.
        """
        if self._root is not None:
            return self._root.scoped_to(project_id)
        with self._lock:
            other = self._scoped.get(project_id)
            if other is None:
                other = self._scoped[project_id] = self._in_project(project_id)
        other._tokens.access()
        return other

    def close(self) -> None:
        """Closes all connections; the cloud is of no use afterwards."""
        self._session.close()

    # -- inside ------------------------------------------------------------

    def _send(
        self,
        service: str,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Params = None,
        headers: Mapping[str, str] | None = None,
        microversion: str = "",
        data: Any = None,
        stream: bool = False,
        repeatable: bool | None = None,
        timeout: float | None = None,
    ) -> Answer:
        method = method.upper()
        replayable = data is None or isinstance(data, bytes | str)
        if repeatable is None:
            repeatable = method in REPEATABLE and replayable
        url = self._endpoint(service).rstrip("/") + "/" + path.lstrip("/")
        call = Call(str(self), method, service, path, url, json)
        fixed = self._headers(service, microversion, headers, data)
        kwargs: dict[str, Any] = {"json": json, "stream": stream, "timeout": timeout}
        if params:
            kwargs["params"] = pagination.query_of(params)
        if data is not None:
            kwargs["data"] = data

        def attempt() -> requests.Response:
            token = self._tokens.headers()
            response = self._once(call, {**fixed, **token}, kwargs)
            if response.status_code != 401 or not replayable:
                return response
            if not self._tokens.refused(token):
                return response
            response.close()
            return self._once(call, {**fixed, **self._tokens.headers()}, kwargs)

        try:
            answer = self._session.retry.run(
                attempt, repeatable=repeatable, replayable=replayable
            )
        except GotNoAnswer as lost:
            raise of_connection(lost.cause, call, repeatable=repeatable) from None
        if answer.response.status_code >= 400:
            error = of_response(answer.response, call, repeatable=repeatable)
            answer.response.close()
            error.retried = answer.retried  # type: ignore[attr-defined]
            raise error
        return answer

    def _once(
        self, call: Call, headers: Mapping[str, str], kwargs: Mapping[str, Any]
    ) -> requests.Response:
        """One attempt in its slot, with its line in the debug log."""
        start = time.monotonic()
        with self._limits.slot(call.service):
            response = self._session.send_once(
                call.url,
                call.method,
                headers=dict(headers),
                authenticated=False,
                **kwargs,
            )
        LOG.debug(
            "%s: %s %s %d ms %s",
            call.cloud,
            call.request,
            response.status_code,
            (time.monotonic() - start) * 1000,
            request_id_of(response),
        )
        return response

    def _headers(
        self,
        service: str,
        microversion: str,
        headers: Mapping[str, str] | None,
        data: Any,
    ) -> dict[str, str]:
        result = {"Accept": "application/json"}
        if data is not None:
            result["Content-Type"] = "application/octet-stream"
        version = self.microversion(service, microversion) if microversion else ""
        if version:
            known = endpoints.SERVICES[service].microversions
            result["OpenStack-API-Version"] = f"{known} {version}"
            if service == "compute":  # understood before 2.27 as well
                result["X-OpenStack-Nova-API-Version"] = version
        return {**result, **(headers or {})}

    def _json(self, response: requests.Response, path: str, key: str | None) -> Any:
        try:
            body = response.json() if response.content else {}
        except (ValueError, requests.RequestException):
            raise self._nonsense("it is not JSON", response, path) from None
        if key is None:
            return body
        if not isinstance(body, Mapping) or key not in body:
            raise self._nonsense(f"it has no {key!r}", response, path)
        return body[key]

    def _nonsense(
        self, why: str, response: requests.Response, path: str
    ) -> exc.UnexpectedAnswer:
        method = response.request.method or ""
        return exc.UnexpectedAnswer(
            f"the answer to {method} {urlsplit(path).path} makes no sense: {why}",
            resource=str(self),
            hint="Is something else than OpenStack answering at this address?",
            status=response.status_code,
            request=f"{method} {urlsplit(path).path}",
            request_id=request_id_of(response),
        )

    def _pages(
        self,
        service: str,
        path: str,
        key: str,
        query: pagination.Query,
        microversion: str,
        page_size: int,
    ) -> Records:
        if page_size:
            query = [*query, ("limit", str(page_size))]
        items: Records = []
        seen: set[tuple[tuple[str, str], ...]] = set()
        page: pagination.Query | None = query
        while page is not None and tuple(page) not in seen:
            seen.add(tuple(page))
            response = self.request(
                service, "GET", path, params=page, microversion=microversion
            )
            found = cast(Records, self._json(response, path, key))
            items += found
            body = response.json()
            page = pagination.next_query(body, key)
            if page is None and page_size and len(found) >= page_size:
                page = pagination.after(found, query)
            if page is None and body.get("truncated"):
                raise self._nonsense(f"it is cut off at {len(found)}", response, path)
        return items

    def _catalogue(self) -> Sequence[Mapping[str, Any]]:
        catalogue = self._tokens.access().service_catalog
        return cast(Sequence[Mapping[str, Any]], catalogue.catalog)

    def _catalogue_url(self, service: str) -> str:
        if service in self._place.overrides:
            return self._place.overrides[service]
        return endpoints.find(
            self._catalogue(),
            service,
            interfaces=self._place.interfaces,
            region=self._place.region,
        )

    def _endpoint(self, service: str) -> str:
        with self._lock:
            found = self._endpoints.get(service)
        if found:
            return found
        url = self._catalogue_url(service)
        if not url:
            where = f" in region {self._place.region}" if self._place.region else ""
            raise exc.UnexpectedAnswer(
                f"its catalogue has no {service} service{where}",
                resource=str(self),
                hint="Check region_name and interface of this cloud in clouds.yaml",
            )
        url = endpoints.versioned(service, url)
        self.log.knows(service, url)
        with self._lock:
            return self._endpoints.setdefault(service, url)

    def _version_document(self, service: str) -> Mapping[str, Any]:
        url = endpoints.root(service, self._endpoint(service))
        call = Call(str(self), "GET", service, "/", url)
        headers = {"Accept": "application/json", **self._tokens.headers()}
        try:
            answer = self._session.retry.run(
                lambda: self._once(call, headers, {}), repeatable=True
            )
        except GotNoAnswer as lost:
            raise of_connection(lost.cause, call, repeatable=True) from None
        if answer.response.status_code >= 400:
            raise of_response(answer.response, call)
        return cast(Mapping[str, Any], self._json(answer.response, "/", None))

    def _ask_extensions(self) -> frozenset[str]:
        found = self.list("network", "/extensions", "extensions")
        return frozenset(str(extension["alias"]) for extension in found)

    def _as_other(self, delegation: Delegation, url: str) -> Cloud:
        call = Call(str(self), "POST", "identity", "/ec2tokens", url)
        plugin = DelegatedToken(delegation, self._tokens, url, call)
        tokens = Tokens(plugin, self._session, call)
        return Cloud(self._place, tokens, self._session, self._limits, root=self)

    def _in_project(self, project_id: str) -> Cloud:
        url = self._endpoint("identity")
        call = Call(str(self), "POST", "identity", "/auth/tokens", url)
        plugin = RescopedToken(project_id, self._tokens, url)
        tokens = Tokens(plugin, self._session, call)
        return Cloud(self._place, tokens, self._session, self._limits, root=self)


def connect(
    side: str,
    name: str,
    *,
    limits: Mapping[str, int] | None = None,
    retries: int = 5,
    region: str = "",
    config_file: str | None = None,
    request_timeout: float = 60.0,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], object] = time.sleep,
) -> Cloud:
    """The cloud named *name* in clouds.yaml.  Sends nothing yet.

    :param side: ``source`` or ``destination``, for messages
    :param limits: service -> requests in flight, ``default`` for all others
    :param retries: attempts after the first, where repeating is safe
    :param region: instead of clouds.yaml's region_name
    :param config_file: instead of the usual clouds.yaml
    :param request_timeout: seconds without a byte until an answer counts as lost
    :param clock: Unix time
    :param sleep: waits seconds between attempts
    :raises InputError: no such cloud, or its entry cannot be used
    """
    found = clouds_yaml.entry(name, region=region, config_file=config_file)
    verify, cert = found.get_requests_verify_args()
    log = RequestLog()
    retry = Retry(retries=retries, sleep=sleep, clock=clock)
    session = Session(log, retry, timeout=request_timeout, verify=verify, cert=cert)
    place = clouds_yaml.place(side, name, found)
    log.knows("identity", place.auth_url)
    plugin = cast(BaseAuthPlugin, found.get_auth())
    call = Call(
        f"{side} cloud {name}", "POST", "identity", "/auth/tokens", place.auth_url
    )
    return Cloud(place, Tokens(plugin, session, call), session, Limits(limits))
