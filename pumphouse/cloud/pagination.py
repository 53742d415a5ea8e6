# SPDX-License-Identifier: Apache-2.0
"""Follows the pages of a list, whichever way a service links them.

Keystone: ``links.next``; Nova, Neutron, Cinder: ``<key>_links`` with rel *next*;
Glance: ``next``.  Only the query of such a link is used: behind a proxy its
scheme and host are often those that only the service itself can reach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from pumphouse import exceptions as exc

Query = Sequence[tuple[str, str]]
Params = Mapping[str, Any] | Sequence[tuple[str, Any]] | None
BEGINNINGS = 5  # of one list: again and again the wrong item vanished
_MARKER_GONE = (400, 404)  # Nova and Glance say the first, the others the second
LONGEST_QUERY = 4_000  # bytes; servers and proxies take 8 KiB of request line


def query_of(params: Params) -> Query:
    """*params* as pairs; lists are repeated, None is left out, bools are lower."""
    pairs = params.items() if isinstance(params, Mapping) else (params or ())
    query: list[tuple[str, str]] = []
    for name, value in pairs:
        values = value if isinstance(value, list | tuple | set | frozenset) else [value]
        for one in values:
            if one is not None:
                text = str(one).lower() if isinstance(one, bool) else str(one)
                query.append((name, text))
    return query


def split_query(query: Query) -> Iterator[Query]:
    """*query* in parts short enough for a URL.

    Its most repeated parameter (``id=a&id=b…``, which means *or*) is dealt out;
    all others stand in every part.
    """
    if len(urlencode(query)) <= LONGEST_QUERY:
        yield query
        return
    name, times = Counter(name for name, _ in query).most_common(1)[0]
    if times < 2:
        yield query
        return
    rest = [pair for pair in query if pair[0] != name]
    room = LONGEST_QUERY - len(urlencode(rest))
    part: list[tuple[str, str]] = []
    for pair in query:
        if pair[0] != name:
            continue
        if part and len(urlencode([*part, pair])) > room:
            yield [*rest, *part]
            part = []
        part.append(pair)
    yield [*rest, *part]


def follow(
    page: Callable[[Query], Mapping[str, Any]], query: Query, key: str, size: int = 0
) -> list[dict[str, Any]]:
    """The items under *key* of all pages.

    A page begins after a marker: the last item of the page before.  If somebody
    deletes just that item in between, services refuse the next page (400 or 404),
    and the list is asked for again from its beginning.

    :param page: asks for the page of a query
    :param size: items a page to ask for; 0 leaves that to the service
    :raises CloudError: what *page* raises, after ``BEGINNINGS`` times if it is about
        a page that is not the first
    """
    if size:
        query = [*query, ("limit", str(size))]
    for beginning in range(1, BEGINNINGS + 1):
        items: list[dict[str, Any]] = []
        try:
            for found in _pages(page, query, key, size):
                items += found
        except (exc.ResourceMissing, exc.UnexpectedAnswer) as error:
            marker_gone = items and error.status in _MARKER_GONE
            if not marker_gone or beginning == BEGINNINGS:
                raise
        else:
            break
    return items


def _pages(
    page: Callable[[Query], Mapping[str, Any]], query: Query, key: str, size: int
) -> Iterator[Sequence[dict[str, Any]]]:
    seen: set[frozenset[tuple[str, str]]] = set()
    following: Query | None = query
    while following is not None and frozenset(following) not in seen:
        seen.add(frozenset(following))  # a link that leads back ends the list
        body = page(following)
        yield body[key]
        following = next_query(body, key)
        if following is None and size and len(body[key]) >= size:
            following = after(body[key], query)


def next_query(body: Mapping[str, Any], key: str) -> Query | None:
    """The query of the next page's link in *body*, None on the last page."""
    link: Any = body.get("next")
    links = body.get("links")
    if not link and isinstance(links, Mapping):
        link = links.get("next")
    for one in body.get(f"{key}_links") or ():
        if not link and one.get("rel") == "next":
            link = one.get("href")
    if not isinstance(link, str) or not link:
        return None
    return parse_qsl(urlsplit(link).query, keep_blank_values=True)


def cut_off(body: Mapping[str, Any], key: str) -> bool:
    """Whether *body* is not the whole and has no next page either.

    Keystone says ``truncated`` where its list_limit strikes; new ones link on.
    """
    return bool(body.get("truncated")) and next_query(body, key) is None


def after(items: Sequence[Mapping[str, Any]], query: Query) -> Query | None:
    """The query that goes on after a full page without a link, by marker."""
    last = items[-1]
    if len(last) == 1:  # Nova wraps each key pair: {"keypair": {…}}
        (inner,) = last.values()
        last = inner if isinstance(inner, Mapping) else last
    marker = last.get("id") or last.get("name")
    if not marker:
        return None
    return [*(pair for pair in query if pair[0] != "marker"), ("marker", str(marker))]
