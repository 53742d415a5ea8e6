# SPDX-License-Identifier: Apache-2.0
"""Counts the requests a service gets, so that tests can hold a client to a budget.

GET /_testbed/requests answers {"count": N, "by": {"GET /v2.1/servers/*": n},
"agents": {"openstacksdk": n}}; DELETE begins anew. Services call each other as well:
`agents`, the first word of User-Agent, tells who did.
"""

import collections
import re
import threading

ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+")
# what follows these in a path is a name somebody chose
NAMED = {"os-keypairs", "tags", "metadata", "os-extra_specs", "extra_specs"}


def normalised(path):
    """A path with every id or chosen name as `*`."""
    parts = path.split("/")
    for n, part in enumerate(parts):
        chosen = n and parts[n - 1] in NAMED and part
        if chosen or ID.fullmatch(part):
            parts[n] = "*"
    return "/".join(parts)


class Counter:
    """The requests of one service since it started or since the last DELETE."""

    def __init__(self):
        self.lock = threading.Lock()
        self.by = collections.Counter()
        self.agents = collections.Counter()

    def count(self, environ):
        """Takes note of one request."""
        key = f"{environ['REQUEST_METHOD']} {normalised(environ.get('PATH_INFO', ''))}"
        agent = re.split(r"[/ ]", environ.get("HTTP_USER_AGENT", "") or "none")[0]
        with self.lock:
            self.by[key] += 1
            self.agents[agent] += 1

    def handle(self, method, _parts, _body):
        """Requests to /_testbed/requests."""
        with self.lock:
            if method == "DELETE":
                self.by.clear()
                self.agents.clear()
            elif method != "GET":
                raise ValueError(f"{method} is not for requests")
            return {
                "count": self.by.total(),
                "by": dict(self.by),
                "agents": dict(self.agents),
            }
