# SPDX-License-Identifier: Apache-2.0
"""One cloud, source or destination, as all of Pumphouse sees it.

``Cloud`` is the only way to a cloud's API, and one serves any number of threads.
What happens to a request on its way is in ``transport``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import cast

from keystoneauth1.plugin import BaseAuthPlugin

from pumphouse import exceptions as exc
from pumphouse.cloud import clouds_yaml, endpoints
from pumphouse.cloud.capabilities import Capabilities
from pumphouse.cloud.delegation import DelegatedToken, Delegation
from pumphouse.cloud.errors import Call
from pumphouse.cloud.limits import Limits
from pumphouse.cloud.once import Once
from pumphouse.cloud.requests_log import RequestLog
from pumphouse.cloud.rescope import RescopedToken
from pumphouse.cloud.retry import Retry
from pumphouse.cloud.session import Session
from pumphouse.cloud.tokens import Tokens
from pumphouse.cloud.transport import Transport
from pumphouse.cloud.verbs import Verbs


class Cloud(Verbs):
    """One cloud as one user in one scope.  Made by ``connect``.

    *service* is always one of ``endpoints.SERVICES`` and *path* relative to its
    versioned endpoint: ``/servers/detail``, ``/ports``, ``/images``, ``/users``.

    Every method that sends raises an error of ``pumphouse.exceptions`` whose
    ``resource`` names the cloud: ``Unreachable``, ``AuthenticationFailed``,
    ``Forbidden``, ``ResourceMissing``, ``Conflict``, ``QuotaExceeded``,
    ``RateLimited``, ``ServiceError``, ``LostAnswer`` or ``UnexpectedAnswer``.

    Beyond ``json`` all senders take ``request``'s keywords.
    """

    def __init__(self, transport: Transport, *, root: Cloud | None = None) -> None:
        self.side = transport.place.side
        self.name = transport.place.name
        self.log: RequestLog = transport.session.log
        self._transport = transport
        self._root = root or self
        self._lock = threading.Lock()
        self._others: dict[Delegation | str, Cloud] = {}  # the root's only
        self._capabilities: Capabilities = (
            root._capabilities
            if root
            else Capabilities(
                transport.version_document, transport.versions, self._ask_extensions
            )
        )
        self._told = None  # a snapshot's only

    def __str__(self) -> str:
        return self._transport.place.title

    def __repr__(self) -> str:
        return f"<{self}>"

    # -- who and where -----------------------------------------------------

    @property
    def region(self) -> str:
        """The region: the one of clouds.yaml, or the catalogue's only one.

        :raises InputError: clouds.yaml says none and the catalogue has several
        """
        if self._transport.place.region:
            return self._transport.place.region
        found = endpoints.regions(self._transport.catalogue())
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
        return f"{self._transport.place.auth_url}|{self.region}"

    @property
    def user_id(self) -> str:
        """Whom Pumphouse is on this cloud."""
        return str(self._transport.tokens.access().user_id)

    @property
    def project_id(self) -> str:
        """The project that requests are scoped to, "" for none."""
        return str(self._transport.tokens.access().project_id or "")

    @property
    def roles(self) -> frozenset[str]:
        """The names of the roles that Pumphouse has in that scope."""
        return frozenset(map(str, self._transport.tokens.access().role_names))

    @property
    def token_issued(self) -> float:
        """When the present token was made, by Keystone's clock; Unix time."""
        return float(self._transport.tokens.access().issued.timestamp())

    @property
    def trusting(self) -> bool:
        """Whether its certificates are not checked."""
        return self._transport.session.verify is False

    # -- abilities ---------------------------------------------------------

    def microversion(self, service: str, wanted: str) -> str:
        """The older of *wanted* and the newest this cloud has; "" if it has none."""
        return self._capabilities.microversion(service, wanted)

    def api_version(self, service: str) -> tuple[int, int]:
        """The newest version that *service* says it has; (0, 0) if it says none.

        For services that have no microversions: ``(2, 17)`` of Glance.
        """
        return self._capabilities.api_version(service)

    def extensions(self) -> frozenset[str]:
        """The aliases of Neutron's extensions."""
        return self._capabilities.extensions()

    def services(self) -> frozenset[str]:
        """The official types of the services that the catalogue has in this region.

        A type that no OpenStack project has registered is given as it is.
        """
        return endpoints.services(
            self._transport.catalogue(), region=self._transport.place.region
        )

    def url(self, service: str) -> str:
        """Where *service* is, as the catalogue has it; "" if it has none."""
        return self._transport.catalogue_url(service)

    # -- others ------------------------------------------------------------

    def acting_as(self, delegation: Delegation) -> Cloud:
        """This cloud as another user in one project, with the same log and limits.

        The credential must have been granted (``delegation.grant``).  One token
        a delegation, however often this is called.

        :raises Forbidden: the cloud does not give such tokens, or not for this user
        :raises ServiceError: it failed to, and may do so later
        """
        call = self._token_call("/ec2tokens")
        owner = self._root._transport.tokens
        return self._other(delegation, DelegatedToken(delegation, owner, call), call)

    def scoped_to(self, project_id: str) -> Cloud:
        """This cloud as the same user in another project, with the same log.

        :raises Forbidden: the user has no role there, or may not change scope
        """
        call = self._token_call("/auth/tokens")
        owner = self._root._transport.tokens
        return self._other(project_id, RescopedToken(project_id, owner, call), call)

    def snapshot(self) -> Cloud:
        """This cloud for reading much at a time: equal questions are asked once.

        Keep it only while what it told may be told again.
        """
        twin = Cloud(self._transport, root=self._root)
        twin._told = Once()
        return twin

    def guarded(self, guard: Callable[[], None]) -> Cloud:
        """This cloud, with *guard* called right before each request is sent.

        So for whatever cloud is made of this one, but not for tokens.  What *guard*
        raises keeps the request from being sent.
        """
        return Cloud(self._transport.with_guard(guard), root=self._root)

    def close(self) -> None:
        """Closes all connections, which are those of the cloud from ``connect``."""
        if self._root is self:
            self._transport.session.close()

    # -- inside ------------------------------------------------------------

    def _other(
        self, key: Delegation | str, plugin: BaseAuthPlugin, call: Call
    ) -> Cloud:
        """The cloud kept under *key*, with a token; made if there is none yet."""
        root = self._root
        with root._lock:
            other = root._others.get(key)
            if other is None:
                tokens = Tokens(plugin, root._transport.session, call)
                other = Cloud(root._transport.with_tokens(tokens), root=root)
                root._others[key] = other
        other._transport.tokens.access()
        guard = self._transport.guard
        return other if guard is None else other.guarded(guard)

    def _token_call(self, path: str) -> Call:
        url = self._root._transport.endpoint("identity")
        return Call(str(self), "POST", "identity", path, url)

    def _ask_extensions(self) -> frozenset[str]:
        found = self.list("network", "/extensions", "extensions")
        return frozenset(str(extension["alias"]) for extension in found)


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
    place = clouds_yaml.place(side, name, found, region=region)
    verify, cert = found.get_requests_verify_args()
    log = RequestLog()
    log.knows("identity", place.auth_url)
    retry = Retry(retries=retries, sleep=sleep, clock=clock)
    session = Session(log, retry, timeout=request_timeout, verify=verify, cert=cert)
    call = Call(place.title, "POST", "identity", "/auth/tokens", place.auth_url)
    tokens = Tokens(cast(BaseAuthPlugin, found.get_auth()), session, call, clock=clock)
    return Cloud(Transport(place, tokens, session, Limits(limits)))
