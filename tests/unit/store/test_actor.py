# SPDX-License-Identifier: Apache-2.0
"""Who is at it: the user and the host, and that neither can be more than that."""

from __future__ import annotations

import os
import pwd
import socket
from types import SimpleNamespace
from typing import Any
from unittest import mock

from pumphouse.store import actor
from pumphouse.store.rows import Approval
from tests.unit.store.base import PLAN, StoreTest


class Actor(StoreTest):
    def current(self, user: Any, host: str = "ops-1") -> str:
        with (
            mock.patch.object(pwd, "getpwuid", user),
            mock.patch.object(os, "geteuid", return_value=4711),
            mock.patch.object(socket, "gethostname", return_value=host),
        ):
            return actor.current()

    def test_the_systems_own_name(self) -> None:
        """Not what the environment says."""
        with mock.patch.dict(os.environ, dict.fromkeys(("USER", "LOGNAME"), "eve")):
            found = self.current(lambda number: SimpleNamespace(pw_name=f"u{number}"))
        self.assertEqual("u4711@ops-1", found)

    def test_a_user_without_a_name(self) -> None:
        self.assertEqual("4711@ops-1", self.current({}.__getitem__))
        empty = self.current(lambda number: SimpleNamespace(pw_name=""))
        self.assertEqual("4711@ops-1", empty)

    def test_one_line(self) -> None:
        odd = "eve\nplanned by\u2028bob\x1b[1m\udcff\0"
        found = self.current(lambda number: SimpleNamespace(pw_name=odd), "a\r\nb")
        self.assertEqual(1, len(found.splitlines()))
        self.assertTrue(found.isprintable(), found)
        self.store.save_plan(PLAN)
        run = self.store.create_run(PLAN.id, applied_by=found)
        self.assertEqual(found, self.store.run(run.id).applied_by)

    def test_kept_with_a_run(self) -> None:
        self.store.save_plan(PLAN)
        run = self.store.create_run(
            PLAN.id, applied_by="alice@ops-1", approval=Approval.YES
        )
        self.assertEqual(run, self.store.run(run.id))
        by, approval = "alice@ops-1", Approval.YES
        self.assertEqual(
            (by, by, approval), (run.applied_by, run.approved_by, run.approval)
        )
        nobody = self.store.create_run(PLAN.id, applied_by=by)
        self.assertEqual(("", None), (nobody.approved_by, nobody.approval))
