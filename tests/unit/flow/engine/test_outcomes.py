# SPDX-License-Identifier: Apache-2.0
"""What comes of a task is checked where it ran."""

from __future__ import annotations

import json
import sys
from typing import Any

import hypothesis
import testtools
from hypothesis import strategies as st
from taskflow import task as tasks
from taskflow.types.failure import Failure

from pumphouse import exceptions
from pumphouse.flow.engine import outcomes
from tests.unit.flow.engine import base

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


class CheckTest(testtools.TestCase):  # type: ignore[misc]
    @hypothesis.given(JSON)
    def test_json_stays_as_it_is(self, value: Any) -> None:
        """What is JSON is kept equal; what has a secret in it is refused."""
        try:
            self.assertEqual(value, outcomes.check(value, "a"))
        except exceptions.PumphouseError as error:
            self.assertIn("secret", str(error))

    def test_tuples_are_lists_at_once(self) -> None:
        """As they would be after a restart."""
        self.assertEqual({"a": [1, [2]]}, outcomes.check({"a": (1, (2,))}, "x"))

    def test_refused(self) -> None:
        """What would come back different, or not at all; the message says why."""
        nested: list[Any] = []
        for _ in range(100):
            nested = [nested]
        for value, why in [
            ({1: 2}, "a key is int"),
            ({"a": {1}}, "set is not JSON"),
            (b"x", "bytes is not JSON"),
            (float("inf"), "not finite"),
            (nested, "nested too deeply"),
            ("x" * outcomes.MAX_RESULT, "more than 16384"),
            ({"a": {"password": "canary"}}, "a secret (a.password"),
        ]:
            error = self.assertRaises(
                exceptions.PumphouseError, outcomes.check, value, "the task"
            )
            self.assertIn(why, str(error))
            self.assertIn("the task", str(error))
            self.assertNotIn("canary", str(error))

    def test_the_limit(self) -> None:
        """16 KiB of JSON are allowed."""
        value = "x" * (outcomes.MAX_RESULT - 2)
        self.assertEqual(value, outcomes.check(value, "a"))


class FailureTest(testtools.TestCase):  # type: ignore[misc]
    def test_nothing_but_type_and_message(self) -> None:
        """The stored form has no traceback, arguments or causes."""
        try:
            try:
                raise KeyError("canary-cause")
            except KeyError as error:
                raise exceptions.Conflict("it exists", resource="port x") from error
        except exceptions.Conflict as error:
            caught = error
        failure = outcomes.to_failure(caught)
        stored = json.dumps(failure.to_dict())
        self.assertNotIn("canary", stored)
        self.assertEqual("", failure.traceback_str)
        self.assertEqual("port x: it exists", failure.exception_str)
        again = Failure.from_dict(json.loads(stored))
        self.assertTrue(failure.matches(again))
        self.assertIsNotNone(again.check("pumphouse.exceptions.CloudError"))

    def test_the_exception_without_its_frames(self) -> None:
        """In this process the exception is there, but not the variables."""
        try:
            raise ValueError("x")
        except ValueError as error:
            failure = outcomes.to_failure(error)
        self.assertIsInstance(failure.exception, ValueError)
        self.assertIsNone(failure.exception.__traceback__)

    def test_messages_are_masked_and_bounded(self) -> None:
        """Secrets that can be recognised are gone, long texts are cut."""
        failure = outcomes.to_failure(ValueError("password='canary' " + "x" * 9999))
        self.assertNotIn("canary", failure.exception_str)
        self.assertEqual(outcomes.MAX_MESSAGE, len(failure.exception_str))

    def test_base_exceptions(self) -> None:
        """Also those that are no Exception have their names up to the root."""
        self.assertEqual(
            ["SystemExit", "BaseException"], list(outcomes.to_failure(SystemExit(1)))
        )


class GuardTest(testtools.TestCase):  # type: ignore[misc]
    def test_sys_exit_in_a_task_is_its_failure(self) -> None:
        """It must not end the process that runs everybody's tasks."""
        log = base.Log()
        log.actions["a"] = lambda: sys.exit(3)
        _outcome, result = outcomes.execute(base.Step("a", log), {}, None)
        self.assertEqual("SystemExit", next(iter(result)))

    def test_hooks_around_it(self) -> None:
        """pre_execute and post_execute are called, the latter also after a failure."""
        calls: list[str] = []

        class Hooked(tasks.Task):  # type: ignore[misc]
            def pre_execute(self) -> None:
                calls.append("pre")

            def execute(self) -> None:
                raise ValueError("x")

            def post_execute(self) -> None:
                calls.append("post")

        task = Hooked("a")
        self.assertIsInstance(outcomes.execute(task, {}, None)[1], Failure)
        self.assertEqual(["pre", "post"], calls)
