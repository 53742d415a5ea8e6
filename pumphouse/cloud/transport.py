# SPDX-License-Identifier: Apache-2.0
"""Takes one request to one cloud and brings its answer, or the right error.

Around each request stand, from the outside in: the error mapping (``errors``),
the retry (``retry``), the token (``tokens``), the limit (``limits``), the session
(``session``) and its count (``requests_log``).  None of them knows the others.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import requests

from pumphouse import exceptions as exc
from pumphouse.cloud import endpoints
from pumphouse.cloud.clouds_yaml import Place
from pumphouse.cloud.errors import Call, of_connection, of_response, token_expired
from pumphouse.cloud.limits import Limits
from pumphouse.cloud.messages import request_id_of
from pumphouse.cloud.retry import REPEATABLE, Answer, GotNoAnswer
from pumphouse.cloud.session import Session
from pumphouse.cloud.tokens import Tokens

LOG = logging.getLogger("pumphouse.cloud")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as ``Cloud.request`` takes it."""

    service: str
    method: str
    path: str
    json: Any = field(default=None, repr=False)
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    data: Any = field(default=None, repr=False)
    stream: bool = False
    timeout: float | None = None
    repeatable: bool | None = None

    @property
    def replayable(self) -> bool:
        """Whether its body can be sent again at all: a stream is gone once read."""
        return self.data is None or isinstance(self.data, bytes | str)

    @property
    def may_repeat(self) -> bool:
        """Whether sending it twice equals sending it once."""
        if self.repeatable is not None:
            return self.repeatable and self.replayable
        return self.method in REPEATABLE and self.replayable


class Transport:
    """The way to one cloud as one user in one scope.  Thread-safe.

    :param guard: called right before each request is sent; what it raises keeps it
        from being sent
    """

    def __init__(
        self,
        place: Place,
        tokens: Tokens,
        session: Session,
        limits: Limits,
        guard: Callable[[], None] | None = None,
    ) -> None:
        self.guard = guard
        self.place = place
        self.tokens = tokens
        self.session = session
        self.limits = limits
        self._lock = threading.Lock()
        self._endpoints: dict[str, str] = {}

    def with_tokens(self, tokens: Tokens) -> Transport:
        """The same way with other tokens; limits, log and connections are shared."""
        return Transport(self.place, tokens, self.session, self.limits, self.guard)

    def with_guard(self, guard: Callable[[], None] | None) -> Transport:
        """The same way with another guard."""
        return Transport(self.place, self.tokens, self.session, self.limits, guard)

    def send(self, request: Request) -> Answer:
        """The answer, whose status is below 400.

        :raises pumphouse.exceptions.CloudError: any of its kinds
        """
        base = self.endpoint(request.service).rstrip("/")
        url = f"{base}/{request.path.lstrip('/')}"
        return self._send(request, url)

    def version_document(self, service: str) -> Any:
        """What *service* says about its versions."""
        request = Request(service, "GET", "/", headers={"Accept": "application/json"})
        url = endpoints.root(service, self.endpoint(service))
        return json_of(self._send(request, url).response, self.place.title)

    def versions(self, service: str) -> Any:
        """The versions that *service* has, where it counts no microversions."""
        request = Request(
            service, "GET", "/versions", headers={"Accept": "application/json"}
        )
        url = endpoints.unversioned(service, self.endpoint(service))
        answer = self._send(request, f"{url}/versions")
        return json_of(answer.response, self.place.title, must_have="versions")

    def _send(self, request: Request, url: str) -> Answer:
        call = Call(
            self.place.title,
            request.method,
            request.service,
            request.path,
            url,
            request.json,
        )
        repeatable = request.may_repeat
        try:
            answer = self.session.retry.run(
                lambda: self._attempt(request, call),
                repeatable=repeatable,
                replayable=request.replayable,
            )
        except GotNoAnswer as lost:
            raise of_connection(lost.cause, call, repeatable=repeatable) from None
        if answer.response.status_code >= 400:
            error = of_response(answer.response, call, repeatable=repeatable)
            error.retried = answer.retried
            answer.response.close()
            if request.method == "DELETE" and answer.retried and error.status == 404:
                return answer  # an attempt whose answer was lost was the one
            raise error
        return answer

    def _attempt(self, request: Request, call: Call) -> requests.Response:
        """One attempt; a token that is refused is renewed once."""
        token = self.tokens.headers()
        response = self._once(request, call, token)
        if response.status_code != 401 or not self.tokens.refused(token):
            return response
        response.close()
        if not request.replayable:
            raise token_expired(response, call)
        return self._once(request, call, self.tokens.headers())

    def _once(
        self, request: Request, call: Call, token: Mapping[str, str]
    ) -> requests.Response:
        """Through the limit and the session, with its line in the debug log."""
        kwargs: dict[str, Any] = {"json": request.json, "stream": request.stream}
        if request.query:
            kwargs["params"] = request.query
        if request.data is not None:
            kwargs["data"] = request.data
        if self.guard is not None:
            kwargs["guard"] = self.guard
        start = time.monotonic()
        with self.limits.slot(request.service):
            response = self.session.send_once(
                call.url,
                call.method,
                headers={**request.headers, **token},
                authenticated=False,
                timeout=request.timeout,
                **kwargs,
            )
        if LOG.isEnabledFor(logging.DEBUG):
            took = (time.monotonic() - start) * 1000
            said = (call.cloud, call.request, response.status_code, took)
            LOG.debug("%s: %s %s %d ms %s", *said, request_id_of(response))
        return response

    # -- the catalogue -----------------------------------------------------

    def catalogue(self) -> Sequence[Mapping[str, Any]]:
        """The services of this cloud, as Keystone lists them with the token."""
        catalogue = self.tokens.access().service_catalog
        return cast(Sequence[Mapping[str, Any]], catalogue.catalog if catalogue else ())

    def catalogue_url(self, service: str) -> str:
        """The URL of *service*, unversioned or not; "" if there is none."""
        place = self.place
        found = place.overrides.get(service) or endpoints.find(
            self.catalogue(), service, interfaces=place.interfaces, region=place.region
        )
        return found or (place.auth_url if service == "identity" else "")

    def endpoint(self, service: str) -> str:
        """The versioned endpoint of *service*.

        :raises UnexpectedAnswer: the catalogue has none
        :raises InputError: nor has it anything in this region
        """
        with self._lock:
            found = self._endpoints.get(service)
        if found:
            return found
        url = self.catalogue_url(service)
        if not url:
            raise self._no_service(service)
        url = endpoints.versioned(service, url)
        self.session.log.knows(service, endpoints.root(service, url))
        self.session.log.knows(service, url)
        with self._lock:
            return self._endpoints.setdefault(service, url)

    def _no_service(self, service: str) -> exc.PumphouseError:
        place, region = self.place, self.place.region
        regions = endpoints.regions(self.catalogue())
        if region and regions and region not in regions:
            return exc.InputError(
                f"it has no region {region!r}",
                resource=place.title,
                hint=f"Check {place.region_key}; there are: {', '.join(regions)}",
            )
        there = ", ".join(regions)
        hint = (
            "Check region_name and interface of this cloud in clouds.yaml; "
            f"regions there: {there}"
            if there
            else "Its token has no project: set project_name in clouds.yaml"
        )
        return exc.UnexpectedAnswer(
            f"its catalogue has no {service} endpoint ({place.interfaces[0]})"
            + (f" in region {region}" if region else ""),
            resource=self.place.title,
            hint=hint,
        )


def json_of(
    response: requests.Response, resource: str, must_have: str | None = None
) -> Any:
    """The JSON of *response*, {} without a body.

    :param must_have: a key that must be in it
    :raises UnexpectedAnswer: it is no JSON, or has no such key
    """
    try:
        body = response.json() if response.content else {}
    except (ValueError, requests.RequestException):
        raise nonsense("it is not JSON", response, resource) from None
    if must_have is None or (isinstance(body, Mapping) and must_have in body):
        return body
    raise nonsense(f"it has no {must_have!r}", response, resource)


def nonsense(
    why: str, response: requests.Response, resource: str, hint: str = ""
) -> exc.UnexpectedAnswer:
    """The error for an answer of the right status and the wrong content."""
    path = (response.request.path_url or "").partition("?")[0]
    return exc.UnexpectedAnswer(
        f"the answer to {response.request.method} {path} makes no sense: {why}",
        resource=resource,
        hint=hint or "Is something else than OpenStack answering at this address?",
        status=response.status_code,
        request=f"{response.request.method} {path}",
        request_id=request_id_of(response),
    )
