# SPDX-License-Identifier: Apache-2.0
"""The host name that a new server gets, and what hangs on it.

Nova takes one since 2.90, with dots since 2.94.  Before, or of others, it makes one
of the server's name, as ``nova/utils.py`` (``sanitize_hostname``) does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pumphouse.cloud.capabilities import parse
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Record
from pumphouse.resources.compute.server_fields import HOSTNAME

NEWEST = "2.94"
_SINCE = (2, 90)
_LABEL = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]")
_WHOLE = re.compile(r"[a-zA-Z0-9._-]{1,255}")


def sent(cloud: Cloud, record: Record) -> str | None:
    """The host name to ask for; None if the cloud would not take it."""
    name = str(record.get(HOSTNAME) or "")
    version = parse(cloud.microversion("compute", NEWEST) or "2.1")
    if version < _SINCE:
        return None
    allowed = _WHOLE if version >= parse(NEWEST) else _LABEL
    return name if allowed.fullmatch(name) else None


def made(name: str) -> str:
    """What Nova makes of a server's name; "" if it takes the server's new id."""
    name = name.encode("latin-1", "ignore").decode("latin-1")[:63]
    name = re.sub(r"[ _.]", "-", name)
    return re.sub(r"[^\w.-]+", "", name).lower().strip(".-")


def there(cloud: Cloud, record: Record) -> str:
    """The host name that the new server will have; "" if that cannot be told."""
    return sent(cloud, record) or made(str(record.get("name") or ""))


def lost(cloud: Cloud, record: Record) -> bool:
    """Whether it will be another than the source's, as far as the source says one."""
    return bool(record.get(HOSTNAME)) and there(cloud, record) != record[HOSTNAME]


def contradicted(name: str, ports: Iterable[Record]) -> Iterator[Record]:
    """Ports whose ``dns_name`` is not *name*: Nova attaches none of these."""
    for port in ports:
        if port.get("dns_name") and port["dns_name"] != name:
            yield port
