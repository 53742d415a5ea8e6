# SPDX-License-Identifier: Apache-2.0
"""Which servers use a thing that Nova, or its own service, would delete anyway."""

from __future__ import annotations

from collections.abc import Iterator

from pumphouse.cloud.cloud import Cloud


def servers_with(cloud: Cloud, **filters: str) -> Iterator[str]:
    """The servers of all projects that pass Nova's *filters*, in words; one request.

    :param filters: ``flavor``, ``image`` or ``user_id``
    """
    params = {"all_tenants": 1, **filters}
    for server in cloud.list("compute", "/servers", "servers", params=params):
        yield f"server {server['name']} ({server['id']})"
