# SPDX-License-Identifier: Apache-2.0
"""Bad days, by rule and by seed: which requests fail, how, and how often.

================  ============================================================
kind              what happens
================  ============================================================
``answer``        ``status`` is answered (429, 500, 503, 409 …) instead of work
``reset``         the connection breaks before anything was done
``lost``          it is done, then the connection breaks: the answer is lost
``lost-status``   it is done, then ``status`` is answered (502, 504) instead
``hang``          no answer ever comes; with ``after`` it is done nevertheless
``slow``          the answer takes ``seconds`` longer
``cut``           the body breaks off after ``bytes``: of an upload, the upload's
``corrupt``       some byte of the answer's body is another
``quota``         refused, as the service does when a quota is exceeded
``expire``        the sender's token has just expired
``vanish``        the thing in the path has just gone
``error``         the server that is created goes to ERROR, with ``message``
``kill``          process ``pid`` gets SIGKILL before it is done, or ``after``
================  ============================================================
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from testbed.simulator.messages import Answer, Request, json_answer
from testbed.simulator.words import words

KINDS = words(
    """answer reset lost lost-status hang slow cut corrupt quota expire vanish error
    kill"""
)


@dataclass
class Rule:
    """Which requests, and what becomes of them.

    :param method: a regular expression for the whole method
    :param path: one that is searched for in path and query
    :param body: one that is searched for in the body
    :param rate: with which probability
    :param times: at most so often; None: for ever
    :param skip: the first so many that match are let pass
    :param each: of requests that are alike only the first one
    """

    kind: str
    method: str = ".*"
    path: str = ""
    body: str = ""
    rate: float = 1.0
    times: int | None = None
    skip: int = 0
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "No valid host was found. There are not enough hosts available."
    seconds: float = 1.0
    bytes: int = 0
    after: bool = False
    each: bool = False
    pid: int = 0
    id: int = 0
    matched: int = 0
    hit: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault is called {self.kind!r}")
        if self.kind == "kill" and self.pid in (0, 1, os.getpid()):
            raise ValueError(f"process {self.pid} is not to be killed")
        self._method = re.compile(self.method)
        self._path = re.compile(self.path)
        self._body = re.compile(self.body.encode()) if self.body else None
        self._seen: set[tuple[str, str, bytes]] = set()

    def strikes(self, request: Request, dice: random.Random) -> bool:
        """Whether it is this request's turn."""
        if self.times is not None and self.hit >= self.times:
            return False
        if not self._method.fullmatch(request.method):
            return False
        if not self._path.search(request.target):
            return False
        if self._body is not None and not self._body.search(request.body):
            return False
        if self.each:
            alike = (request.method, request.target, request.body)
            if alike in self._seen:
                return False
            self._seen.add(alike)
        self.matched += 1
        if self.matched <= self.skip or dice.random() >= self.rate:
            return False
        self.hit += 1
        return True


@dataclass
class Plan:
    """What the rules do to one request.

    :param first: done before the service is asked
    :param instead: answered instead of asking the service
    :param doom: the message with which the created server goes to ERROR
    :param cut: bytes after which the body breaks off
    """

    first: list[str] = field(default_factory=list)
    instead: Answer | None = None
    doom: str = ""
    cut: int | None = None
    after: list[Rule] = field(default_factory=list)

    def applied_to(self, answer: Answer) -> Answer:
        """*answer* as it gets through."""
        for rule in self.after:
            if rule.kind == "slow":
                answer.delay += rule.seconds
            elif rule.kind == "lost":
                answer.lost = "reset"
            elif rule.kind == "hang":
                answer.lost = "hang"
            elif rule.kind == "kill":
                answer.lost = _kill(rule)
            elif rule.kind == "cut":
                answer.cut = rule.bytes
            elif rule.kind == "lost-status":
                answer = _refusal(rule)
            elif rule.kind == "corrupt":
                answer.body = _corrupt(answer.body)
        return answer


class Faults:
    """The rules in force.

    :param seed: decides which requests a ``rate`` below 1 hits
    """

    def __init__(self, seed: int = 0) -> None:
        self.rules: list[Rule] = []
        self._number = 0
        self.reseed(seed)

    def reseed(self, seed: int) -> None:
        """Throw anew: the same requests are hit by the same seed."""
        self._dice = random.Random(f"faults/{seed}")

    def add(self, kind: str, **what: Any) -> Rule:
        """One more rule.

        :raises ValueError: it makes no sense
        """
        self._number += 1
        try:
            rule = Rule(kind, id=self._number, **what)
        except (TypeError, re.error) as error:
            raise ValueError(str(error)) from None
        self.rules.append(rule)
        return rule

    def remove(self, number: int) -> None:
        """Take one rule away."""
        self.rules = [rule for rule in self.rules if rule.id != number]

    def clear(self) -> None:
        """Take all away."""
        self.rules.clear()

    def plan(self, request: Request) -> Plan | None:
        """What happens to *request*; None on a good day."""
        plan = None
        for rule in self.rules:
            if rule.strikes(request, self._dice):
                plan = plan or Plan()
                _add(plan, rule, request)
        return plan


def _add(plan: Plan, rule: Rule, request: Request) -> None:
    if rule.kind in ("expire", "vanish", "quota"):
        plan.first.append(rule.kind)
    elif rule.kind == "error":
        plan.doom = rule.message
    elif rule.kind == "answer":
        plan.instead = plan.instead or _refusal(rule)
    elif rule.kind == "reset" or (rule.kind == "hang" and not rule.after):
        plan.instead = plan.instead or _silence(rule.kind)
    elif rule.kind == "kill" and not rule.after:
        plan.instead = _silence(_kill(rule))
    elif rule.kind == "cut" and request.method == "PUT":
        plan.cut = rule.bytes
    else:
        plan.after.append(rule)


def _refusal(rule: Rule) -> Answer:
    said = {"code": rule.status, "title": "Simulated", "message": "a simulated fault"}
    return json_answer(rule.status, {"error": said}, dict(rule.headers))


def _silence(kind: str) -> Answer:
    answer = Answer(503)
    answer.lost = kind
    return answer


def _kill(rule: Rule) -> str:
    with contextlib.suppress(ProcessLookupError):
        os.kill(rule.pid, signal.SIGKILL)
    return "reset"


def _corrupt(body: bytes | Iterator[bytes]) -> bytes | Iterator[bytes]:
    if isinstance(body, bytes):
        return bytes([body[0] ^ 1]) + body[1:] if body else body
    return _corrupt_first(body)


def _corrupt_first(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for number, chunk in enumerate(chunks):
        yield bytes([chunk[0] ^ 1]) + chunk[1:] if not number else chunk
