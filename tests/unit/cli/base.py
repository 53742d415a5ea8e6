# SPDX-License-Identifier: Apache-2.0
"""The ``pumphouse`` program on two toy clouds: arguments in, output and code out."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any
from unittest import mock

from pumphouse.cli import main, migrate, plan
from pumphouse.cli import workspace as workspaces
from pumphouse.conf import options
from pumphouse.conf.migration import Options
from pumphouse.store import Store
from tests.unit.flow import toys
from tests.unit.flow.base import RunTestCase


@dataclass(frozen=True)
class Ended:
    """How one invocation ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What stdout holds, which must be one JSON document and nothing else."""
        return json.loads(self.out)


class CommandTestCase(RunTestCase):
    """Runs commands in this process, each with a workspace of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.url = self.url.replace("pumphouse.db", "commands.db")
        self.store = Store(self.url)
        self.addCleanup(self.store.close)
        test = self

        class Workspace(workspaces.Workspace):
            """Toy clouds and types; the real store, planner and runner."""

            types = toys.TYPES
            migration = SimpleNamespace(
                options=Options(),
                mappings={},
                limits=SimpleNamespace(workers=4, waiting=2, requests_in_flight={}),
            )
            source_passwords = None
            destination_passwords = None

            @cached_property
            def store(self) -> Store:
                store = Store(test.url, existing=not self.may_create)
                self._exits.callback(store.close)
                return store

            @cached_property
            def source(self) -> Any:
                return test.source

            @cached_property
            def destination(self) -> Any:
                return test.destination

        self.replace(main, "Workspace", Workspace)
        self.replace(options, "setup_logging", lambda *_, **__: None)
        # What "server" and "project" stand for among the toys.
        for command, kind in (("Server", "guest"), ("Project", "house")):
            self.replace(getattr(plan, f"Plan{command}"), "kind", kind)
            self.replace(getattr(migrate, f"Migrate{command}"), "kind", kind)

    def replace(self, where: Any, name: str, what: Any) -> None:
        """For as long as the test lasts."""
        patch = mock.patch.object(where, name, what)
        patch.start()
        self.addCleanup(patch.stop)

    def newest(self, what: str) -> str:
        """The id of the newest plan or run."""
        return str(self.pumphouse(what, "list", "-f", "json").json[0]["ID"])

    def pumphouse(self, *words: str, answer: str = "") -> Ended:
        """One invocation.

        :param answer: what is typed at the terminal; none: there is no terminal
        """
        out, err, keys = io.StringIO(), io.StringIO(), io.StringIO(answer)
        keys.isatty = lambda: bool(answer)  # type: ignore[method-assign]
        with (
            mock.patch("sys.stdout", out),
            mock.patch("sys.stderr", err),
            mock.patch("sys.stdin", keys),
        ):
            code = main.main(list(words))
        return Ended(code, out.getvalue(), err.getvalue())
