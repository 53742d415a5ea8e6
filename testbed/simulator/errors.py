# SPDX-License-Identifier: Apache-2.0
"""What services say no with; each words it in its own way (``Service.refusal``)."""

from __future__ import annotations


class ApiError(Exception):
    """A request is refused.

    :param kind: Neutron's name of the error; others have it from the status
    """

    def __init__(
        self,
        status: int,
        message: str,
        kind: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.headers = headers or {}


def bad(message: str, kind: str = "HTTPBadRequest") -> ApiError:
    """400."""
    return ApiError(400, message, kind)


def forbidden(message: str, kind: str = "PolicyNotAuthorized") -> ApiError:
    """403."""
    return ApiError(403, message, kind)


def missing(message: str, kind: str = "HTTPNotFound") -> ApiError:
    """404."""
    return ApiError(404, message, kind)


def conflict(message: str, kind: str = "Conflict") -> ApiError:
    """409."""
    return ApiError(409, message, kind)
