# SPDX-License-Identifier: Apache-2.0
"""The testbed's own requests, below /_testbed on every service's port.

GET, POST, DELETE  /_testbed/faults               see faults.py
GET, DELETE        /_testbed/requests             see counting.py
POST               /_testbed/computes/HOST/stop   nova: no heartbeat, no RPC
POST               /_testbed/computes/HOST/start  nova: the host comes back
GET, PUT           /_testbed/unbindable           neutron: ["host"] refuse ports
"""

import json

from testbed.openstack.counting import Counter
from testbed.openstack.faults import Faults

PREFIX = "/_testbed/"


class Control:
    """Sits in front of a service: answers its own requests, passes on the rest.

    A handler is called with the method, the rest of the path as a list, and the body
    as JSON; it returns what to answer as JSON, or raises LookupError (404) or
    ValueError (400).
    """

    def __init__(self):
        self.faults = Faults()
        self.counter = Counter()
        self.handlers = {
            "faults": self.faults.handle,
            "requests": self.counter.handle,
        }

    def wrap(self, application):
        """The service as its callers see it."""
        faulty = self.faults.wrap(application)

        def app(environ, start_response):
            path = environ.get("PATH_INFO", "")
            if path.startswith(PREFIX):
                return self._answer(environ, start_response, path[len(PREFIX) :])
            self.counter.count(environ)
            return faulty(environ, start_response)

        return app

    def _answer(self, environ, start_response, rest):
        name, *parts = rest.split("/")
        try:
            handler = self.handlers[name]
            answer = handler(environ["REQUEST_METHOD"], parts, _body(environ))
            status = "200 OK"
        except LookupError as e:
            status, answer = "404 Not Found", {"error": f"no such thing: {e}"}
        except (ValueError, TypeError) as e:
            status, answer = "400 Bad Request", {"error": str(e)}
        data = json.dumps(answer).encode()
        start_response(
            status,
            [("Content-Type", "application/json"), ("Content-Length", str(len(data)))],
        )
        return [data]


def _body(environ):
    size = int(environ.get("CONTENT_LENGTH") or 0)
    data = environ["wsgi.input"].read(size) if size else b""
    return json.loads(data) if data else None
