# SPDX-License-Identifier: Apache-2.0
"""The context of a run: bindings, intents, delegations, safe points."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.conf.settings import Settings
from pumphouse.flow.context import RunContext
from pumphouse.models import Origin, Ref
from tests.unit.flow.base import StoreTestCase

NETWORK = Ref("network", "n1")


class CloudDouble:
    """A cloud that gives delegations, or does not."""

    def __init__(self, side: str, error: Exception | None = None) -> None:
        self.identity = f"http://{side}|one"
        self.user_id = f"{side}-operator"
        self.error = error
        self.credentials: dict[str, Any] = {}
        self.roles: set[str] = set()

    def guarded(self, guard: Any) -> Any:
        return self

    def post(self, service: str, path: str, json: Any, **_: Any) -> Any:
        if path == "/credentials":
            self.credentials[json["credential"]["blob"]] = json
        return {"id": "made", "credential": {"id": "made"}}

    def delete(self, service: str, path: str, **_: Any) -> bool:
        if path.startswith("/credentials/"):
            self.credentials.clear()
        self.roles.discard(path)
        return True

    def find(self, service: str, path: str, **_: Any) -> Any:
        return {} if path in self.roles else None

    def put(self, service: str, path: str, json: Any, **_: Any) -> Any:
        self.roles.add(path)
        return {}

    def list(self, service: str, path: str, key: str, **_: Any) -> list[Any]:
        return [{"id": "r1", "name": "member", "domain_id": None}]

    def acting_as(self, delegation: Any) -> Any:
        if self.error is not None:
            raise self.error
        return ("as", delegation.user_id, delegation.project_id)

    def scoped_to(self, project_id: str) -> Any:
        return ("in", project_id)


class ContextTestCase(StoreTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.destination = CloudDouble("destination")
        self.context = self.open()

    def open(self, **more: Any) -> RunContext:
        return RunContext(
            source=CloudDouble("source"),  # type: ignore[arg-type]
            destination=self.destination,  # type: ignore[arg-type]
            store=self.store,
            writer=self.store.writer(self.store.run(more.pop("run_id", self.run_id))),
            options=Options(),
            **more,
        )

    def open_kinds(self) -> list[str]:
        return [i.kind for i in self.store.open_intents()]


class TestBindings(ContextTestCase):
    def test_what_is_bound_is_found_by_a_later_context(self):
        self.context.bind(NETWORK, "N")
        self.assertEqual("N", self.open().destination_id(NETWORK))

    def test_what_stands_for_itself_needs_no_binding(self):
        context = self.open(standing={NETWORK: "N"})
        self.assertEqual("N", context.translate(NETWORK))
        self.assertIsNone(context.binding(NETWORK))

    def test_nothing_that_stands_for_it_is_an_error_with_a_way_out(self):
        error = self.assertRaises(
            exceptions.ResourceError, self.context.destination_id, NETWORK
        )
        self.assertIn("pumphouse register network n1", str(error))

    def test_unbinding_is_durable(self):
        self.context.bind(NETWORK, "N")
        self.context.unbind(NETWORK)
        self.assertIsNone(self.open().translate(NETWORK))

    def test_taken_are_the_destination_ids_of_one_type(self):
        self.context.bind(NETWORK, "N", Origin.ADOPTED)
        self.context.bind(Ref("port", "p"), "P")
        self.assertEqual({"N"}, self.context.taken("network"))


class TestIntents(ContextTestCase):
    def create(self, error: Exception | None) -> bool:
        """Whether the intent was open already; *error* is what the request does."""
        with self.context.creating(NETWORK) as intent:
            if error is not None:
                raise error
            self.context.bind(NETWORK, "N")
        return intent.reopened

    def test_success_closes_the_intent_with_the_binding(self):
        self.assertFalse(self.create(None))
        self.assertEqual([], self.open_kinds())

    def test_a_clear_no_leaves_nothing_to_look_for(self):
        self.assertRaises(
            exceptions.QuotaExceeded, self.create, exceptions.QuotaExceeded("no")
        )
        self.assertEqual([], self.open_kinds())

    def test_an_unknown_outcome_is_looked_for_by_the_next_try(self):
        for error in (
            exceptions.LostAnswer("?"),
            exceptions.ServiceError("?"),
            exceptions.Unreachable("?"),
        ):
            self.assertRaises(type(error), self.create, error)
            self.assertEqual(["create"], self.open_kinds())
        self.assertTrue(self.create(None))

    def test_a_failed_look_after_a_lost_answer_leaves_the_outcome_unknown(self):
        def lost_and_then_refused():
            with self.context.creating(NETWORK):
                try:
                    raise exceptions.LostAnswer("?")
                except exceptions.LostAnswer:
                    raise exceptions.RateLimited("the look-up was refused") from None

        self.assertRaises(exceptions.RateLimited, lost_and_then_refused)
        self.assertEqual(["create"], self.open_kinds())
        self.assertTrue(self.create(None))

    def test_what_was_made_and_not_finished_is_looked_for(self):
        unfinished = exceptions.Unfinished.after(exceptions.Conflict("no"), "network")
        self.assertRaises(exceptions.Unfinished, self.create, unfinished)
        self.assertEqual(["create"], self.open_kinds())
        self.assertTrue(self.create(None))

    def test_a_success_that_makes_no_sense_may_have_made_something(self):
        nonsense = exceptions.UnexpectedAnswer("it is not JSON", status=201)
        self.assertRaises(exceptions.UnexpectedAnswer, self.create, nonsense)
        self.assertEqual(["create"], self.open_kinds())

    def test_a_refusal_of_an_odd_status_made_nothing(self):
        refused = exceptions.UnexpectedAnswer("the request was refused", status=400)
        self.assertRaises(exceptions.UnexpectedAnswer, self.create, refused)
        self.assertEqual([], self.open_kinds())

    def test_a_clear_no_says_nothing_about_an_earlier_attempt_of_the_request(self):
        no = exceptions.QuotaExceeded("no")
        no.retried = True
        self.assertRaises(exceptions.QuotaExceeded, self.create, no)
        self.assertEqual(["create"], self.open_kinds())

    def test_a_clear_no_says_nothing_about_an_earlier_unknown_outcome(self):
        self.assertRaises(
            exceptions.LostAnswer, self.create, exceptions.LostAnswer("?")
        )
        self.assertRaises(
            exceptions.QuotaExceeded, self.create, exceptions.QuotaExceeded("no")
        )
        self.assertEqual(["create"], self.open_kinds())


class TestDelegations(ContextTestCase):
    def test_acting_as_an_owner_is_asked_for_once_and_given_back(self):
        first = self.context.acting_as("u", "p")
        self.assertIs(first, self.context.acting_as("u", "p"))
        self.assertEqual(1, len(self.destination.credentials))
        self.assertEqual(["credential"], self.open_kinds())
        self.context.close()
        self.assertEqual({}, self.destination.credentials)
        self.assertEqual([], self.open_kinds())

    def test_a_cloud_that_refuses_gives_none_and_keeps_no_credential(self):
        self.destination.error = exceptions.Forbidden("no")
        self.assertIsNone(self.context.acting_as("u", "p"))
        self.context.close()
        self.assertEqual({}, self.destination.credentials)
        self.assertEqual([], self.open_kinds())

    def test_trouble_of_the_operators_own_is_not_taken_for_a_refusal(self):
        for error in (exceptions.AuthenticationFailed, exceptions.ServiceError):
            self.destination.error = error("no")
            self.assertRaises(error, self.context.acting_as, "u", "p")

    def test_a_role_is_granted_for_the_run_and_revoked(self):
        self.assertEqual(("in", "p"), self.context.as_operator_in("p"))
        self.assertEqual(1, len(self.destination.roles))
        self.context.close()
        self.assertEqual(set(), self.destination.roles)
        self.assertEqual([], self.open_kinds())

    def at_once(self, ask: Any, inner: str, *key: str) -> None:
        """Another thread asks while the first one is being served."""
        served, first = [], threading.Event()
        other = threading.Thread(target=lambda: first.wait(30) and ask(*key))

        def get(*wanted: str) -> Any:
            served.append(wanted)
            first.set()
            other.join(0.2)  # it cannot have it yet
            return wanted

        self.patch(self.context._delegations, inner, get)
        other.start()
        self.assertEqual(key, ask(*key))
        other.join(30)
        self.assertEqual([key], served)

    def test_two_steps_at_once_ask_for_each_only_once(self):
        """The second one waits for what the first one gets."""
        self.at_once(self.context.acting_as, "_become", "u", "p")
        self.at_once(self.context.as_operator_in, "_enter", "p")

    def test_a_role_that_the_operator_has_anyway_stays(self):
        self.destination.roles.add("/projects/p/users/destination-operator/roles/r1")
        self.context.as_operator_in("p")
        self.context.close()
        self.assertEqual(1, len(self.destination.roles))

    def test_a_role_left_by_a_killed_run_is_revoked_by_the_next(self):
        self.context.as_operator_in("p")  # and then the process dies
        later = self.open()
        later.as_operator_in("p")
        later.close()
        self.assertEqual(set(), self.destination.roles)
        self.assertEqual([], self.open_kinds())


class TestDelegationsOfTwoRuns(ContextTestCase):
    def setUp(self) -> None:
        super().setUp()
        other = self.store.create_run("plan-1").id
        self.other = self.open(run_id=other)

    def test_one_does_not_take_the_others_credential(self):
        self.context.acting_as("u", "p")
        self.other.acting_as("u", "p")
        self.assertEqual(2, len(self.destination.credentials))
        self.other.close()
        self.assertEqual(["credential"], self.open_kinds())

    def test_the_last_one_revokes_the_role(self):
        self.context.as_operator_in("p")
        self.other.as_operator_in("p")
        self.context.close()
        self.assertEqual(1, len(self.destination.roles))
        self.other.close()
        self.assertEqual(set(), self.destination.roles)
        self.assertEqual([], self.open_kinds())

    def test_what_a_failed_try_left_is_taken_back_before_the_next(self):
        self.destination.error = exceptions.ServiceError("busy")
        self.assertRaises(exceptions.ServiceError, self.context.acting_as, "u", "p")
        self.destination.error = None
        self.context.acting_as("u", "p")
        self.assertEqual(1, len(self.destination.credentials))
        self.context.close()
        self.assertEqual([], self.open_kinds())


class TestExclusively(ContextTestCase):
    def inside(self, *what: str) -> threading.Event:
        """Another thread wants to deal with that; set once it does."""
        came = threading.Event()

        def deal() -> None:
            with self.context.exclusively(*what):
                came.set()

        thread = threading.Thread(target=deal)
        thread.start()
        self.addCleanup(thread.join, 30)
        return came

    def test_one_after_the_other_with_the_same_thing(self):
        with self.context.exclusively("group", "web"):
            other = self.inside("group", "web")
            self.assertFalse(other.wait(0.2))
        self.assertTrue(other.wait(30))

    def test_side_by_side_with_another_thing(self):
        with self.context.exclusively("group", "web"):
            self.assertTrue(self.inside("group", "db").wait(30))
            self.assertTrue(self.inside("web").wait(30))

    def test_an_error_lets_the_next_one_in(self):
        with contextlib.suppress(ValueError), self.context.exclusively("group"):
            raise ValueError
        self.assertTrue(self.inside("group").wait(30))


class TestWaiting(ContextTestCase):
    def test_waiting_ends_with_what_the_poll_returns(self):
        answers = iter([None, None, "ACTIVE"])
        context = self.open(settings=Settings(poll_interval=0.001))
        found = context.wait("it", lambda: next(answers), timeout=60)
        self.assertEqual("ACTIVE", found)

    def test_a_step_that_waits_leaves_its_place(self):
        """Not while it looks: that is work."""
        aside = []

        @contextlib.contextmanager
        def leave():
            aside.append(True)
            yield
            aside.pop()

        looks = []

        def look():
            looks.append(bool(aside))
            return len(looks) == 2 or None

        stopping = threading.Event()
        self.patch(stopping, "wait", lambda seconds: self.assertTrue(aside))
        context = self.open(aside=leave, stopping=stopping)
        context.wait("it", look, timeout=60)
        self.assertEqual([False, False], looks)

    def test_the_next_of_a_kind_is_looked_at_when_the_last_was_there(self):
        """Three looks at the first server, two at most at each of those after it."""
        now = 0.0
        stopping = threading.Event()

        def pass_time(seconds):
            nonlocal now
            now += seconds
            return False

        self.patch(stopping, "wait", pass_time)
        context = self.open(stopping=stopping, monotonic=lambda: now)
        looks = []
        for _ in range(4):
            began, count = now, 0

            def look(began=began):
                nonlocal count
                count += 1
                return True if now - began >= 3.0 else None

            context.wait("it", look, timeout=60, kind="source SUSPENDED")
            looks.append(count)
        self.assertEqual(3, looks[0])
        self.assertTrue(all(count <= 2 for count in looks[1:]), looks)

    def test_waiting_in_vain_says_for_what(self):
        ticks = iter(range(0, 1000, 10))
        context = self.open(monotonic=lambda: next(ticks))
        error = self.assertRaises(
            exceptions.Timeout,
            context.wait,
            "server web to become ACTIVE",
            lambda: None,
            timeout=5,
        )
        self.assertIn("server web to become ACTIVE", str(error))

    def test_a_stop_ends_the_waiting_at_once(self):
        self.context.stopping.set()
        self.assertRaises(
            exceptions.Suspended,
            self.context.wait,
            "it",
            lambda: None,
            timeout=3600,
        )
