# SPDX-License-Identifier: Apache-2.0
"""Drives a run: from a saved plan to its end, its failure or its suspension.

The flow is built from the saved plan, never from the live clouds, so a resumed
run has the same atoms and TaskFlow's logbook says which of them succeeded.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pumphouse import collector, exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.cloud.identity_database import IdentityDatabase
from pumphouse.conf.settings import Settings
from pumphouse.flow import delegations, engine, overlap, rollback, undoing
from pumphouse.flow.compile import compile_plan
from pumphouse.flow.context import RunContext
from pumphouse.flow.recorder import StoreRecorder, Watcher
from pumphouse.models import Action, Binding, CloudPair, Origin, Ref
from pumphouse.plan.document import Node, Plan
from pumphouse.resources.base import ResourceType
from pumphouse.store import Store, Writer, actor
from pumphouse.store.owner import Owner
from pumphouse.store.rows import ROLLBACK, Approval, NodeState, RunRow, RunState

LOG = logging.getLogger(__name__)

_FRESH = 0.25  # of that wait: how long a run is taken for still ours without a look


@dataclass
class Runner:
    """Everything a run needs besides its plan.

    :param workers: how many steps may be at work at once
    :param waiting: how many further ones may wait for a cloud to bring about what
        it was asked for
    :param executor: what they run on: ``threaded`` or ``greenthreaded``
    :param patience: how often a step is tried that fails for the moment
    :param stop_timeout: seconds that steps under way get to come to a safe point,
        once the run is to stop; None: as long as they take

    ``left_behind``: names of steps that did not come to one in that time.  Their
    threads go on: this process has to end now, as if it were killed.
    """

    source: Cloud
    destination: Cloud
    store: Store
    types: Mapping[str, ResourceType]
    watcher: Watcher
    workers: int = 32
    waiting: int = 0
    executor: str = "threaded"
    patience: engine.Patience = field(default_factory=engine.Patience)
    stop_timeout: float | None = None
    settings: Settings = field(default_factory=Settings)
    source_passwords: IdentityDatabase | None = None
    destination_passwords: IdentityDatabase | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    left_behind: tuple[str, ...] = ()
    _engine: engine.KeepGoingEngine | None = None

    def stop(self) -> None:
        """Start no further step; those under way stop at their next safe point.

        May be called by any thread at any time.
        """
        self.stopping.set()
        running = self._engine
        if running is not None:
            running.suspend(self.stop_timeout)

    def start(self, plan: Plan, approval: Approval | None = None) -> RunRow:
        """A new run of *plan*, not begun yet.  Raises what :meth:`check` does.

        :param approval: how the operator said yes to it
        """
        self.check(plan)
        refs = [n.ref for n in plan.having(Action.CREATE)]
        by = actor.current()
        return self.store.create_run(
            plan.id, refs=refs, applied_by=by, approval=approval
        )

    def check(self, plan: Plan) -> None:
        """Whether *plan* may be run at all, as far as the plan itself tells.

        :raises PlanBlocked: the plan has blocked nodes
        :raises InputError: the plan is for other clouds
        """
        self.check_pair(plan)
        blocked = list(plan.having(Action.BLOCKED))
        if blocked:
            first = blocked[0]
            raise exceptions.PlanBlocked(
                f"{len(blocked)} of its nodes are blocked, the first is "
                f"{first.resource}: {first.decision.reason}",
                resource=f"plan {plan.id[:8]}",
                hint=f"'pumphouse plan show {plan.id[:8]}' lists them all; "
                "--without-blocked goes without them",
            )

    def drive(
        self, run_id: str, plan: Plan | None = None, *, take_over: bool = False
    ) -> RunRow:
        """Carry the run out from where it stands; the run as it ended.

        :param plan: the run's, if it has been read already
        :param take_over: also from a process of which nobody can tell from here
            whether it has ended; only for an operator who knows that it has
        :raises RunBusy: another live process drives it, or a run that is about
            some of the same resources; or another process took it over meanwhile
        :raises InputError: it was rolled back
        """
        if plan is None:
            plan_id = self.store.run(run_id).plan_id
            plan = Plan.loads(self.store.plan(plan_id).document)
        self.check_pair(plan)
        before = self.store.run(run_id)
        # Whoever had it may have asked for something that is still under way.
        cut_off = before.owner is not None
        run = self._acquired(run_id, plan, take_over)
        writer = self.store.writer(run)
        writer.fence.on_lost = self.stop
        state = RunState.FAILED
        by = actor.current()
        try:
            if before.started_at or by != before.applied_by:
                writer.event(actor.RESUMED, by=by, take_over=take_over)
            with undoing.undone_held(self.store, run, writer, force=take_over):
                state = self._drive(run, plan, writer, cut_off=cut_off)
        except BaseException:
            state = RunState.SUSPENDED if self.stopping.is_set() else RunState.FAILED
            raise
        finally:
            self._end(run, state)
        return self.store.run(run.id)

    def _end(self, run: RunRow, state: RunState) -> None:
        summary = self._summary(run.id)
        if self.left_behind:
            # Nobody may have it before this process has ended.
            self.store.update_run(run.id, run.epoch, state=state, summary=summary)
        else:
            self.store.release_run(run.id, run.epoch, state, summary)

    def _acquired(self, run_id: str, plan: Plan, take_over: bool) -> RunRow:
        """The run as this process's own, with all its nodes, clear of other runs."""
        before = self.store.run(run_id).state
        run = self.store.acquire_run(run_id, Owner.current(), force=take_over)
        try:
            if run.kind == ROLLBACK:
                wanted = list(self.store.node_states(run.id))
            else:
                undoing.refuse_undone(self.store, run)
                wanted = [n.ref for n in plan.having(Action.CREATE)]
                known = self.store.node_states(run.id)
                # unless it was killed before they were
                missing = [ref for ref in wanted if ref not in known]
                self.store.writer(run).add_nodes(missing)
            overlap.refuse(self.store, run, plan.pair, wanted)
        except exceptions.PumphouseError:
            cut_off = before is RunState.RUNNING
            state = RunState.SUSPENDED if cut_off else before
            self.store.release_run(run.id, run.epoch, state, dict(run.summary))
            raise
        return run

    def check_pair(self, plan: Plan) -> None:
        """:raises InputError: the plan is for other clouds"""
        plan.check_pair(CloudPair(self.source.identity, self.destination.identity))

    def context(
        self,
        plan: Plan,
        watcher: Watcher,
        writer: Writer,
        *,
        cut_off: bool,
    ) -> RunContext:
        """What the steps of a run work with.

        :param writer: of the run
        :param cut_off: whoever had the run before did not give it up, so something
            that it asked for may still be under way
        """
        wait = self.settings.take_over_wait
        writer.fresh_for = wait * _FRESH
        return RunContext(
            source=self.source,
            destination=self.destination,
            store=self.store,
            writer=writer,
            options=plan.options,
            settings=self.settings,
            standing={
                n.ref: n.decision.destination_id
                for n in plan.nodes.values()
                if n.decision.destination_id
            },
            mapped={n.ref: n.decision.destination_id for n in plan.having(Action.MAP)},
            names={n.ref: n.resource.label for n in plan.nodes.values()},
            source_passwords=self.source_passwords,
            destination_passwords=self.destination_passwords,
            stopping=self.stopping,
            settled_at=time.monotonic() + (wait if cut_off else 0.0),
            on_progress=watcher.progress,
        )

    def _drive(
        self, run: RunRow, plan: Plan, writer: Writer, *, cut_off: bool
    ) -> RunState:
        recorder = StoreRecorder(writer, self.watcher)
        with collector.paused():
            context = self.context(plan, recorder, writer, cut_off=cut_off)
        self._take_back_delegations(context)
        with collector.paused():
            if run.kind != ROLLBACK:
                self._bind(context, plan)
            flow = self._compile(run, plan, context, recorder)
        try:
            if len(flow):
                self._run(run, flow, context)
            writer.check()
            if self.stopping.is_set() and run.kind != ROLLBACK:
                self._calm(run, plan, context)
        finally:
            # Steps that were left behind work with what it would give back, and so
            # does whoever took the run over.
            if not self.left_behind and not writer.fence.lost.is_set():
                context.close()
        writer.check()
        if set(self.store.node_states(run.id).values()) <= {NodeState.DONE}:
            return RunState.SUCCEEDED
        return RunState.SUSPENDED if self.stopping.is_set() else RunState.FAILED

    def _compile(
        self, run: RunRow, plan: Plan, context: RunContext, recorder: StoreRecorder
    ) -> engine.GraphFlow:
        if run.kind == ROLLBACK:
            return rollback.compile_rollback(
                *(plan, run, self.types, context, recorder, self.store),
                self.patience,
            )
        states = self.store.node_states(run.id).items()
        done = {ref for ref, state in states if state is NodeState.DONE}
        return compile_plan(plan, self.types, context, recorder, self.patience, done)

    def _run(self, run: RunRow, flow: engine.GraphFlow, context: RunContext) -> None:
        backend = engine.persistence(self.store.engine)
        book_id = run.logbook_id or run.id
        flow_id = run.flow_id or run.id
        self.store.update_run(run.id, run.epoch, logbook_id=book_id, flow_id=flow_id)
        with self._pool() as pool:
            with collector.paused():
                self._engine = engine.load(
                    flow,
                    backend=backend,
                    book_id=book_id,
                    flow_id=flow_id,
                    executor=pool,
                    workers=self.workers,
                    aside=self.waiting,
                    owner=str(Owner.current()),
                    fence=context.writer.fence,
                )
                context.aside = self._engine.aside
                again = self._starting_over(run, flow, backend, context)
                engine.reset(self._engine, again)
            if self.stopping.is_set():
                return
            try:
                with collector.settled():
                    self.left_behind = self._engine.run().in_flight
            finally:
                self._engine = None

    @contextlib.contextmanager
    def _pool(self) -> Iterator[concurrent.futures.Executor]:
        pool = engine.make_executor(self.executor, self.workers + self.waiting)
        try:
            yield pool
        finally:
            pool.shutdown(wait=not self.left_behind)

    def _calm(self, run: RunRow, plan: Plan, context: RunContext) -> None:
        """Nothing stands still on the source because this run was stopped.

        But for what a step that was left behind is still about: both at once might
        leave it anyhow, and the next process finds it in the journal.
        """
        busy = {Ref.parse(name.rpartition(":")[0]) for name in self.left_behind}
        unhurried = dataclasses.replace(context, stopping=threading.Event())
        states = self.store.node_states(run.id).items()
        unfinished = {ref for ref, state in states if state is not NodeState.DONE}
        unfinished -= busy
        nodes = [
            n
            for n in plan.having(Action.CREATE)
            if n.ref in unfinished and self.types[n.ref.type].restart
        ]

        def calm(node: Node) -> None:
            try:
                self.types[node.ref.type].calm(unhurried, node.resource)
                context.writer.node_stopped(node.ref, "")
            except exceptions.PumphouseError as error:
                said = str(error), type(error).__name__
                context.writer.node_failed(node.ref, "calm", *said)

        with concurrent.futures.ThreadPoolExecutor(self.workers) as pool:
            list(pool.map(calm, nodes))

    def _starting_over(
        self,
        run: RunRow,
        flow: engine.GraphFlow,
        backend: engine.Backend,
        context: RunContext,
    ) -> list[str]:
        """Atoms of nodes that start over as a whole.

        Those that were put back: nothing stands for such a node any more, and what
        its first steps did has been undone, because it failed or because the run was
        stopped.  And those that are not done, though all of their atoms succeeded:
        what the nodes say is the truth, and the engine's states only spare steps.
        """
        states = engine.states(backend, run.flow_id or run.id)
        known = self.store.node_states(run.id)
        again: list[str] = []
        for node in flow:
            ref = Ref.parse(node.name)
            atoms = [atom.name for atom in node]
            found = {states.get(atom, "PENDING") for atom in atoms}
            if found == {"SUCCESS"} and known[ref] is not NodeState.DONE:
                again.extend(atoms)
                continue
            if not self.types[ref.type].restart or context.binding(ref) is not None:
                continue
            left = found - {"PENDING"}
            if left - {"SUCCESS"} or (left and known[ref] is NodeState.PENDING):
                again.extend(atoms)
        return again

    def _take_back_delegations(self, context: RunContext) -> None:
        """What a killed predecessor of this process had lent itself."""
        left = self.store.open_intents(
            context.pair, run_id=context.run_id, kinds=["credential", "role-grant"]
        )
        for intent in left:
            delegations.take_back(context, intent)

    def _bind(self, context: RunContext, plan: Plan) -> None:
        for node in plan.having(Action.ADOPT):
            if context.binding(node.ref) is None:
                context.bind(node.ref, node.decision.destination_id, Origin.ADOPTED)
        for node in plan.having(Action.CREATE):
            bound: Binding | None = context.binding(node.ref)
            if bound and bound.destination_id == node.decision.replaces:
                context.unbind(node.ref)

    def _summary(self, run_id: str) -> dict[str, int]:
        summary = dict.fromkeys((s.value for s in NodeState), 0)
        for state in self.store.node_states(run_id).values():
            summary[state.value] += 1
        # Of all processes that drove the run, the killed ones excepted.
        before = self.store.run(run_id).summary
        for side, cloud in (
            ("requests_source", self.source),
            ("requests_destination", self.destination),
        ):
            summary[side] = int(before.get(side, 0)) + cloud.log.total
        return summary
