# SPDX-License-Identifier: Apache-2.0
"""Makes chosen requests of a service fail, late, or break off, for tests.

POST /_testbed/faults adds rules, given as a JSON list of objects; GET shows those
that still have something to do; DELETE drops all.

  path_regex           found anywhere in PATH?QUERY; required
  method               GET, POST, ...; any without it
  agent_regex          found in the User-Agent: services call each other as well
  body_regex           found in the body, which must tell its length
  times                how many matching requests, 1 without it
  skip                 how many matching requests pass unharmed first, 0 without it
  delay                seconds to wait first
  status               answer with this and do not carry the request out
  after                true: carry the request out, then answer with the status
  truncate_body_after  carry it out, send this many bytes of the answer's body, then
                       break the connection; 0 is an answer lost altogether
"""

import io
import re
import threading
import time
from http import HTTPStatus

KNOWN = {
    "path_regex",
    "method",
    "agent_regex",
    "body_regex",
    "times",
    "skip",
    "delay",
    "status",
    "after",
    "truncate_body_after",
}


class Rule:
    """One fault and how often it still strikes."""

    def __init__(self, given):
        unknown = set(given) - KNOWN
        if unknown:
            raise ValueError(f"unknown in a fault: {', '.join(sorted(unknown))}")
        if "path_regex" not in given:
            raise ValueError("a fault needs path_regex")
        self.path = _regex(given, "path_regex")
        self.agent = _regex(given, "agent_regex")
        self.body = _regex(given, "body_regex") if "body_regex" in given else None
        self.given = dict(given)
        self.method = given.get("method")
        self.left = int(given.get("times", 1))
        self.skip = int(given.get("skip", 0))
        self.delay = float(given.get("delay", 0))
        self.status = given.get("status") and int(given["status"])
        self.after = bool(given.get("after", False))
        self.cut = given.get("truncate_body_after")

    def matches(self, method, path, agent, body=str):
        """Whether this rule is about such a request, whose body a call returns."""
        return (
            self.method in (None, method)
            and self.path.search(path) is not None
            and self.agent.search(agent) is not None
            and (self.body is None or self.body.search(body()) is not None)
        )


def _regex(given, name):
    try:
        return re.compile(given.get(name, ""))
    except re.error as e:
        raise ValueError(f"{name}: {e}") from e


class Faults:
    """The rules of one service, and the WSGI layer that applies them."""

    def __init__(self, sleep=time.sleep):
        self.rules = []
        self.lock = threading.Lock()
        self.sleep = sleep

    def handle(self, method, _parts, body):
        """Requests to /_testbed/faults."""
        if method == "POST":
            new = [Rule(given) for given in body]
            with self.lock:
                self.rules += new
        elif method == "DELETE":
            with self.lock:
                self.rules = [r for r in self.rules if body and r.given not in body]
        elif method != "GET":
            raise ValueError(f"{method} is not for faults")
        with self.lock:
            return [{**r.given, "times": r.left, "skip": r.skip} for r in self.rules]

    def take(self, method, path, agent="", body=str):
        """The rule that strikes this request, used up by one; None without one."""
        with self.lock:
            for rule in self.rules:
                if not rule.matches(method, path, agent, body):
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                rule.left -= 1
                if rule.left <= 0:
                    self.rules.remove(rule)
                return rule
        return None

    def wrap(self, application):
        """The application with faults."""

        def app(environ, start_response):
            if not self.rules:
                return application(environ, start_response)
            query = environ.get("QUERY_STRING")
            path = environ.get("PATH_INFO", "") + (f"?{query}" if query else "")
            agent = environ.get("HTTP_USER_AGENT") or ""
            rule = self.take(
                environ["REQUEST_METHOD"], path, agent, lambda: _body(environ)
            )
            if rule is None:
                return application(environ, start_response)
            return self._strike(rule, application, environ, start_response)

        return app

    def _strike(self, rule, application, environ, start_response):
        if rule.delay:
            self.sleep(rule.delay)
        if rule.status:
            if rule.after:
                _exhaust(application(environ, lambda *_: lambda data: None))
            return _refuse(rule.status, environ, start_response)
        body = application(environ, start_response)
        if rule.cut is None:
            return body
        # eventlet would hold small pieces back, and lose them in the break
        environ["eventlet.minimum_write_chunk_size"] = 0
        return _truncated(body, int(rule.cut), environ["testbed.cut"])


def _body(environ):
    """A request's body, which can be read once more afterwards."""
    size = int(environ.get("CONTENT_LENGTH") or 0)
    data = environ["wsgi.input"].read(size) if size else b""
    environ["wsgi.input"] = io.BytesIO(data)
    return data.decode(errors="replace")


def _exhaust(body):
    for _ in body:
        pass
    _close(body)


def _close(body):
    if hasattr(body, "close"):
        body.close()


def _refuse(status, environ, start_response):
    # an unread body would be taken for the next request on this connection; where
    # there is none, reading could wait for ever
    if environ.get("CONTENT_LENGTH") or environ.get("HTTP_TRANSFER_ENCODING"):
        while environ["wsgi.input"].read(65536):
            pass
    phrase = HTTPStatus(status).phrase if status in _statuses() else "Fault"
    data = b'{"error": {"message": "a fault of the testbed"}}'
    start_response(
        f"{status} {phrase}",
        [("Content-Type", "application/json"), ("Content-Length", str(len(data)))],
    )
    return [data]


def _statuses():
    return {s.value for s in HTTPStatus}


def _truncated(body, limit, cut):
    """Yields the first bytes, then breaks the connection instead of the rest."""
    try:
        for chunk in body:
            if not chunk:
                continue
            if limit <= 0:
                break
            yield chunk[:limit]
            limit -= len(chunk)
        cut()
    finally:
        _close(body)
