# SPDX-License-Identifier: Apache-2.0
"""What can be asked of a cloud's API: one method for each verb, and whole lists."""

from __future__ import annotations

import abc
import copy
from collections.abc import Mapping
from typing import Any

import requests

from pumphouse import exceptions as exc
from pumphouse.cloud import endpoints, pagination
from pumphouse.cloud.once import Once
from pumphouse.cloud.pagination import Params
from pumphouse.cloud.retry import Answer
from pumphouse.cloud.transport import Request, Transport, json_of, nonsense

Records = list[dict[str, Any]]


class Verbs(abc.ABC):
    """Sends requests; see ``Cloud`` for services, paths and errors.

    Beyond ``json`` all senders take ``request``'s keywords.
    """

    _transport: Transport
    _told: Once[Any] | None  # a snapshot's only: what was answered already

    @abc.abstractmethod
    def microversion(self, service: str, wanted: str) -> str:
        """The older of *wanted* and the newest this cloud has; "" if it has none."""

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

        :param params: the query; lists are repeated, None is left out
        :param microversion: the newest one wanted; the cloud may have less
        :param data: a body as it is: bytes, or an iterable (sent chunked, once)
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
        return self._got(service, path, key, **kw)

    def find(self, service: str, path: str, key: str | None = None, **kw: Any) -> Any:
        """Like ``get``, None where there is no such thing (404)."""
        try:
            return self._got(service, path, key, **kw)
        except exc.ResourceMissing:
            return None

    def post(
        self, service: str, path: str, json: Any, key: str | None = None, **kw: Any
    ) -> Any:
        """The JSON of the answer, or what stands under *key*; {} without a body."""
        return self._json("POST", service, path, key, json=json, **kw)

    def put(
        self, service: str, path: str, json: Any, key: str | None = None, **kw: Any
    ) -> Any:
        """As ``post``."""
        return self._json("PUT", service, path, key, json=json, **kw)

    def patch(
        self, service: str, path: str, json: Any, key: str | None = None, **kw: Any
    ) -> Any:
        """As ``post``."""
        return self._json("PATCH", service, path, key, json=json, **kw)

    def delete(self, service: str, path: str, **kw: Any) -> bool:
        """Whether this deleted it; False if it was gone already (404)."""
        try:
            self._send(service, "DELETE", path, **kw)
        except exc.ResourceMissing:
            return False
        return True

    def list(
        self,
        service: str,
        path: str,
        key: str,
        params: Params = None,
        microversion: str = "",
        page_size: int = 0,
        headers: Mapping[str, str] | None = None,
    ) -> Records:
        """All items under *key*, over all pages, each id once.

        :param params: repeated ones (``[("id", a), ("id", b)]``, ``{"id": [a, b]}``)
            mean *or* and may be too many for one URL: they are then dealt out
        :param page_size: items a page; 0 leaves that to the service
        """
        query = pagination.query_of(params)
        if self._told is None:
            return self._list(
                service, path, key, query, microversion, page_size, headers
            )
        told = tuple(sorted((headers or {}).items()))
        question = (service, path, key, tuple(query), microversion, told)
        found: Records = self._told.get(
            question,
            lambda: self._list(
                service, path, key, query, microversion, page_size, headers
            ),
        )
        return [dict(item) for item in found]  # each may write into its own

    def listed(self, service: str, path: str, key: str) -> Records:
        """What ``list`` told of the whole list already, without asking; else nothing.

        A snapshot knows; it told so to whoever asked first.
        """
        found = (
            self._told.known((service, path, key, (), "", ())) if self._told else None
        )
        return [dict(item) for item in found or ()]

    def _list(
        self,
        service: str,
        path: str,
        key: str,
        params: pagination.Query,
        microversion: str,
        page_size: int,
        headers: Mapping[str, str] | None,
    ) -> Records:
        last: list[tuple[requests.Response, Mapping[str, Any]]] = []

        def page(query: pagination.Query) -> Mapping[str, Any]:
            answer = self._send(
                service,
                "GET",
                path,
                params=query,
                microversion=microversion,
                headers=headers,
            ).response
            body: Mapping[str, Any] = json_of(answer, str(self), must_have=key)
            last[:] = [(answer, body)]
            return body

        items: dict[Any, dict[str, Any]] = {}
        for query in pagination.split_query(params):
            for item in pagination.follow(page, query, key, page_size):
                items.setdefault(item.get("id") or ("", len(items)), item)
            answer, body = last[0]
            if pagination.cut_off(body, key):
                raise nonsense(
                    f"it is cut off at {len(items)} {key}",
                    answer,
                    str(self),
                    "Raise list_limit in keystone.conf",
                )
        return [*items.values()]

    # -- inside ------------------------------------------------------------

    def _send(
        self,
        service: str,
        method: str,
        path: str,
        *,
        params: Params = None,
        headers: Mapping[str, str] | None = None,
        microversion: str = "",
        **kw: Any,
    ) -> Answer:
        request = Request(
            service,
            method.upper(),
            path,
            query=pagination.query_of(params),
            headers={
                **endpoints.PLAIN_HEADERS,
                **(endpoints.DATA_HEADERS if kw.get("data") is not None else {}),
                **self._version_headers(service, microversion),
                **(headers or {}),
            },
            **kw,
        )
        return self._transport.send(request)

    def _got(self, service: str, path: str, key: str | None, **kw: Any) -> Any:
        def ask() -> Any:
            return self._json("GET", service, path, key, **kw)

        if self._told is None or kw.keys() - {"params", "microversion"}:
            return ask()
        params = tuple(pagination.query_of(kw.get("params")))
        version = kw.get("microversion", "")
        question = ("GET", service, path, key, params, version)
        return copy.deepcopy(self._told.get(question, ask))

    def _json(
        self, method: str, service: str, path: str, key: str | None, **kw: Any
    ) -> Any:
        answer = self._send(service, method, path, **kw).response
        body = json_of(answer, str(self), must_have=key)
        return body if key is None else body[key]

    def _version_headers(self, service: str, wanted: str) -> dict[str, str]:
        version = self.microversion(service, wanted) if wanted else ""
        return endpoints.version_headers(service, version)
