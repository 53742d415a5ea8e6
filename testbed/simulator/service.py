# SPDX-License-Identifier: Apache-2.0
"""What all simulated services share: who asks, how they refuse, how they list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from testbed.simulator.errors import ApiError, bad, forbidden
from testbed.simulator.messages import Answer, Request, json_answer
from testbed.simulator.router import Route, Router, routes_of
from testbed.simulator.state import State

if TYPE_CHECKING:
    from testbed.simulator.cloud import SimulatedCloud

NOBODY: dict[str, Any] = {"user_id": "", "project_id": None, "roles": frozenset()}


class Call:
    """A request with who sent it, as handlers get it.

    :param token: the record of the sender's token
    """

    __slots__ = ("base", "request", "token", "version")

    def __init__(self, request: Request, token: dict[str, Any], base: str) -> None:
        self.request = request
        self.token = token
        self.base = base  # the service's own URL
        self.version: tuple[int, int] = (0, 0)

    @property
    def user_id(self) -> str:
        return str(self.token["user_id"])

    @property
    def project_id(self) -> str:
        return str(self.token["project_id"] or "")

    @property
    def admin(self) -> bool:
        return "admin" in self.token["roles"]

    def body(self, *keys: str) -> Any:
        """The JSON body, or what stands under *keys* in it.

        :raises ApiError: 400
        """
        try:
            found = self.request.json
        except ValueError:
            raise bad("Malformed request body") from None
        for key in keys:
            if not isinstance(found, dict) or key not in found:
                raise bad(f"{key!r} is a required property")
            found = found[key]
        return found

    def must_be_admin(self) -> None:
        """:raises ApiError: 403"""
        if not self.admin:
            raise forbidden("You are not authorized to perform the requested action.")

    def sees(self, project_id: str | None) -> bool:
        """Whether what that project owns is the sender's business."""
        return self.admin or project_id == self.token["project_id"]


def public(handler: Any) -> Any:
    """Marks a handler that asks for no token."""
    handler.public = True
    return handler


class Service:
    """One service of a cloud.  Its handlers are found by their ``route``.

    A handler returns an ``Answer``, a document, or (status, document).
    """

    name = ""  # the first segment of its paths
    log_name = ""  # as Pumphouse calls it

    def __init__(self, cloud: SimulatedCloud) -> None:
        self.cloud = cloud
        self.router = Router()
        for method, pattern, handler in routes_of(self):
            self.router.add(method, pattern, handler)

    @property
    def state(self) -> State:
        return self.cloud.state

    # -- answering ---------------------------------------------------------
    def serve(self, request: Request, route: Route | None, values: list[str]) -> Answer:
        """The answer of the handler, or how this service refuses."""
        try:
            call = Call(request, NOBODY, self.base(request))
            if route is None:
                self.authenticate(call)
                raise ApiError(404, "The resource could not be found.", "HTTPNotFound")
            if not hasattr(route.handler, "public"):
                self.authenticate(call)
            self.prepare(call)
            return self.finished(call, self._answer(route.handler(call, *values)))
        except ApiError as error:
            return self.refusal(error)

    def prepare(self, call: Call) -> None:
        """What comes before every handler."""

    def finished(self, call: Call, answer: Answer) -> Answer:
        """What comes after every handler."""
        return answer

    def refusal(self, error: ApiError) -> Answer:
        """How this service says no."""
        if error.status == 401:
            return unauthorized(error.message)
        return json_answer(error.status, self.worded(error), error.headers)

    def worded(self, error: ApiError) -> Any:
        """The document of an error."""
        raise NotImplementedError

    def out_of_quota(self) -> ApiError:
        """What it refuses with when a quota is exceeded."""
        return ApiError(413, "Quota exceeded")

    def base(self, request: Request) -> str:
        """This service's URL, as the client knows it."""
        return f"http://{request.headers.get('host', 'localhost')}/{self.name}"

    def authenticate(self, call: Call) -> None:
        """:raises ApiError: 401"""
        call.token = self.cloud.tokens.valid(
            call.request.headers.get("x-auth-token", "")
        )

    def must_write(self, call: Call) -> None:
        """Readers read only; in old releases whoever has a role may change things.

        :raises ApiError: 403
        """
        writers = {"admin", "member", "manager"}
        if self.cloud.release.newer and not call.token["roles"] & writers:
            raise forbidden("Policy does not allow this to be performed.")

    @staticmethod
    def _answer(found: Any) -> Answer:
        if isinstance(found, Answer):
            return found
        if isinstance(found, tuple):
            status, document = found
            return Answer(status) if document is None else json_answer(status, document)
        return Answer(204) if found is None else json_answer(200, found)


def unauthorized(message: str = "") -> Answer:
    """401, as Keystone and all services behind its middleware say it."""
    said = message or "The request you have made requires authentication."
    error = {"code": 401, "message": said, "title": "Unauthorized"}
    found = json_answer(401, {"error": error})
    found.headers["WWW-Authenticate"] = 'Keystone uri="http://localhost/identity"'
    return found


def after_marker(
    items: Sequence[dict[str, Any]], marker: str | None, key: str = "id"
) -> Sequence[dict[str, Any]]:
    """What follows the item *marker*.

    :raises KeyError: there is no such item
    """
    if not marker:
        return items
    for number, item in enumerate(items):
        if item.get(key) == marker:
            return items[number + 1 :]
    raise KeyError(marker)


def next_link(url: str, request: Request, marker: str) -> str:
    """The link to the page after *marker*."""
    query = [pair for pair in request.query if pair[0] != "marker"]
    return f"{url}?{urlencode([*query, ('marker', marker)])}"


def truth(text: Any) -> bool:
    """Whether a query parameter says yes."""
    return str(text).lower() in ("1", "true", "yes", "on", "t", "y")


def chosen(record: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The record without its fields *names*."""
    drop = set(names)
    return {name: value for name, value in record.items() if name not in drop}
