# SPDX-License-Identifier: Apache-2.0
"""Every error Pumphouse raises on purpose, as one tree.

::

    PumphouseError
     ├─ InputError                    the operator's words are off        exit 2
     │   ├─ MigrationFileError        file, line, key
     │   ├─ NotFound                  nothing has this name or id         exit 7
     │   └─ Ambiguous                 several have this name              exit 7
     ├─ PlanBlocked                   blocked nodes, or it holds no more  exit 3
     ├─ PlanningFailed                no plan can be drawn up of it       exit 9
     ├─ CloudError                    a cloud said no, or said nothing    exit 6
     │   ├─ Unreachable               no connection, name or route
     │   ├─ AuthenticationFailed      wrong or refused credentials
     │   ├─ Forbidden                 the credentials may not do this
     │   ├─ ResourceMissing           404: it vanished
     │   ├─ Conflict                  409: it exists or is busy
     │   ├─ QuotaExceeded             the destination is out of quota
     │   ├─ RateLimited               429, after all retries
     │   ├─ ServiceError              5xx, after all retries
     │   ├─ LostAnswer                sent, but no answer: may have taken effect
     │   ├─ DataLost                  a download that cannot be taken up again
     │   └─ UnexpectedAnswer          an answer that makes no sense
     ├─ ResourceError                 this resource cannot go on
     │   ├─ WrongState                e.g. the server went to ERROR
     │   ├─ Timeout                   it did not reach the state in time
     │   ├─ DataMismatch              bytes that arrived differ from those sent
     │   ├─ DestinationDiffers        adopted or created, but not equal
     │   └─ Unfinished                made, but the rest of it was refused
     ├─ StoreError                    Pumphouse's own database            exit 8
     │   ├─ NoDatabase                it is not there yet               exit 8
     │   └─ RunBusy                   another live process drives this run exit 8
     ├─ IdentityDatabaseError         a Keystone database                 exit 6
     ├─ RunFailed                     the run ended with failed nodes     exit 4
     ├─ VerificationFailed            source and destination differ       exit 5
     │   └─ NotKept                   done, but for what no plan announced
     └─ Suspended                     stopped on request, resumable       exit 130

Each error says *what* happened, to *which* resource, and what the operator can
do (``hint``).  ``retryable`` tells whether the very same step may succeed if it
is simply tried again later.
"""

from __future__ import annotations

from typing import Any

# Exit codes are part of the interface: doc/source/reference/exit-codes.rst
EXIT_OK = 0
EXIT_BUG = 1
EXIT_INPUT = 2
EXIT_BLOCKED = 3
EXIT_FAILED = 4
EXIT_DIFFERENT = 5
EXIT_CLOUD = 6
EXIT_NOT_FOUND = 7
EXIT_STORE = 8
EXIT_PLANNING = 9
EXIT_CHANGES = 10
EXIT_NOT_READY = 11
EXIT_SUSPENDED = 130


class PumphouseError(Exception):
    """Base of all errors that Pumphouse raises on purpose.

    :param what: what happened, one sentence without a full stop
    :param resource: which resource (or cloud, or file) it happened to
    :param hint: what the operator can do about it
    """

    exit_code = EXIT_FAILED
    retryable = False

    def __init__(self, what: str, *, resource: str = "", hint: str = "") -> None:
        super().__init__(what, resource, hint)
        self.what = what
        self.resource = resource
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        # All but the first argument go by name, which copying does not know of.
        return _remade, (type(self), self.what, dict(vars(self)))

    def __str__(self) -> str:
        text = f"{self.resource}: {self.what}" if self.resource else self.what
        return f"{text}. {self.hint}" if self.hint else text

    def about(self, resource: str) -> PumphouseError:
        """The same error, said of *resource*, unless it names one already."""
        if not self.resource:
            self.resource = resource
        return self


def _remade(
    kind: type[PumphouseError], what: str, state: dict[str, Any]
) -> PumphouseError:
    error = kind(what)
    vars(error).update(state)
    return error


class InputError(PumphouseError):
    """The operator's words are off: options, arguments, files."""

    exit_code = EXIT_INPUT


class MigrationFileError(InputError):
    """The migration file cannot be used.  ``resource`` is file:line: key."""


class NotFound(InputError):
    """Nothing has the given name or id."""

    exit_code = EXIT_NOT_FOUND


class Ambiguous(InputError):
    """Several resources have the given name; the hint lists their ids."""

    exit_code = EXIT_NOT_FOUND


class PlanBlocked(PumphouseError):
    """The plan has blocked nodes, or does not hold any more: it does not run."""

    exit_code = EXIT_BLOCKED


class PlanningFailed(PumphouseError):
    """No plan can be drawn up, though the words are right and the clouds answer."""

    exit_code = EXIT_PLANNING


class CloudError(PumphouseError):
    """A cloud said no, or said nothing.

    :param status: HTTP status, 0 where there was no answer
    :param request: ``METHOD service path`` of the request, without its query
    :param request_id: the ``x-openstack-request-id`` to quote to the cloud's owner

    ``retried`` says that an earlier attempt at the same request got no clear answer,
    and may have taken effect.
    """

    exit_code = EXIT_CLOUD
    retried = False

    def __init__(
        self,
        what: str,
        *,
        resource: str = "",
        hint: str = "",
        status: int = 0,
        request: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(what, resource=resource, hint=hint)
        self.status = status
        self.request = request
        self.request_id = request_id

    def about(self, resource: str) -> PumphouseError:
        """Also names the resource that the request was for; the cloud stays."""
        if self.resource and resource not in self.resource:
            self.resource = f"{resource} ({self.resource})"
        return super().about(resource)


class Unreachable(CloudError):
    retryable = True


class AuthenticationFailed(CloudError):
    pass


class Forbidden(CloudError):
    pass


class ResourceMissing(CloudError):
    pass


class Conflict(CloudError):
    pass


class QuotaExceeded(CloudError):
    pass


class RateLimited(CloudError):
    retryable = True


class ServiceError(CloudError):
    retryable = True


class LostAnswer(CloudError):
    """The request was sent, the answer never came: it may have taken effect."""

    retryable = True


class DataLost(CloudError):
    """A download stopped, and no attempt to take it up again brought a byte."""

    retryable = True


class UnexpectedAnswer(CloudError):
    pass


class ResourceError(PumphouseError):
    """This resource cannot go on."""


class WrongState(ResourceError):
    pass


class Timeout(ResourceError):
    retryable = True


class DataMismatch(ResourceError):
    """The bytes that arrived differ from those sent, in count or digest."""

    retryable = True


class DestinationDiffers(ResourceError):
    pass


class Unfinished(ResourceError):
    """It was made, but a further request that belongs to it was refused."""

    @classmethod
    def after(cls, error: PumphouseError, resource: str) -> Unfinished:
        """What *error* comes to once *resource* is there."""
        return cls(
            f"it was made, but not finished: {error.what}",
            resource=resource,
            hint=error.hint or "'pumphouse resume' goes on with it",
        )


class StoreError(PumphouseError):
    """Pumphouse's own database cannot be used."""

    exit_code = EXIT_STORE


class NoDatabase(StoreError):
    """There is none yet: whatever command writes first makes it."""


class RunBusy(StoreError):
    """Another live process drives this run."""


class IdentityDatabaseError(PumphouseError):
    """A Keystone database cannot be read or written."""

    exit_code = EXIT_CLOUD


class RunFailed(PumphouseError):
    """The run ended, and some nodes of it failed."""

    exit_code = EXIT_FAILED


class VerificationFailed(PumphouseError):
    """Source and destination differ where they must not."""

    exit_code = EXIT_DIFFERENT


class NotKept(VerificationFailed):
    """All was migrated, but for fields that could not be kept, as the run found."""


class Suspended(PumphouseError):
    """The run was stopped on request; ``pumphouse resume`` goes on."""

    exit_code = EXIT_SUSPENDED
