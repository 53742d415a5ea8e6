# SPDX-License-Identifier: Apache-2.0
"""Finds who handles a request, by its method and the segments of its path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

Handler = Callable[..., Any]
_ANY = "*"


class Route(NamedTuple):
    """One handler; ``name`` is its method and pattern, under which it is counted."""

    name: str
    handler: Handler


class Router:
    """A tree of path segments.  ``{…}`` in a pattern stands for any one segment."""

    def __init__(self) -> None:
        self._root: dict[str, Any] = {}

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Requests like *pattern* go to *handler*, with what ``{…}`` stood for."""
        node = self._root
        for part in pattern.split("/"):
            if part:
                node = node.setdefault(_ANY if part.startswith("{") else part, {})
        node[f" {method}"] = Route(f"{method} {pattern}", handler)

    def find(
        self, method: str, segments: Sequence[str]
    ) -> tuple[Route | None, list[str], bool]:
        """The route, what its ``{…}`` stand for, and whether the path is known."""
        found = self._below(self._root, segments, 0, ())
        if found is None:
            return None, [], False
        node, values = found
        route = node.get(f" {method}")
        if route is None and method == "HEAD":
            route = node.get(" GET")
        return route, list(values), True

    def _below(
        self, node: Any, segments: Sequence[str], at: int, values: tuple[str, ...]
    ) -> tuple[Any, tuple[str, ...]] | None:
        if at == len(segments):
            ends = any(key.startswith(" ") for key in node)
            return (node, values) if ends else None
        part = segments[at]
        if part in node:
            found = self._below(node[part], segments, at + 1, values)
            if found is not None:
                return found
        if _ANY in node:
            return self._below(node[_ANY], segments, at + 1, (*values, part))
        return None


def route(*patterns: str) -> Callable[[Handler], Handler]:
    """Marks a method of a service as the handler of ``"GET /things/{id}"``."""

    def mark(handler: Handler) -> Handler:
        handler.routes = patterns  # type: ignore[attr-defined]
        return handler

    return mark


def routes_of(service: Any) -> Iterable[tuple[str, str, Handler]]:
    """(method, pattern, bound handler) of everything marked in *service*."""
    for name in dir(type(service)):
        function = getattr(type(service), name)
        for pattern in getattr(function, "routes", ()):
            method, _, path = pattern.partition(" ")
            yield method, path, getattr(service, name)
