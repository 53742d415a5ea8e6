# SPDX-License-Identifier: Apache-2.0
"""``pumphouse run watch``: what another process is doing, as it does it."""

from __future__ import annotations

import argparse
import time

from pumphouse import exceptions
from pumphouse.cli import arguments, base, exits, follow
from pumphouse.cli import plan as plans
from pumphouse.cli.progress import Lines
from pumphouse.flow import history
from pumphouse.store.rows import NodeState, RunRow, RunState

_CODES = {
    RunState.SUCCEEDED: exceptions.EXIT_OK,
    RunState.ROLLED_BACK: exceptions.EXIT_OK,
    RunState.SUSPENDED: exceptions.EXIT_SUSPENDED,
}


class RunWatch(base.Command):
    """Follow a run that another process drives, until it ends

    Reads the database alone, from whatever host: no cloud is asked.
    """

    codes = exits.WATCHING
    example = "pumphouse run watch --events json | jq -r .event"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        arguments.add_run(parser, "the newest that has not ended")
        arguments.add_events(parser, "all there have been first")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        store = self.workspace.store
        run = arguments.run_of(store, parsed_args.run, history.newest_unfinished)
        plan = plans.load(store, run.plan_id)
        names = {ref: node.resource.label for ref, node in plan.nodes.items()}
        tells: follow.Tells
        after = 0
        if parsed_args.events:
            tells = follow.AsJson(names, self.app.stdout)
        else:
            # The number first: what happens in between is told twice, not never.
            after = store.last_event(run.id)
            states = store.node_states(run.id)
            done = [ref for ref, state in states.items() if state is NodeState.DONE]
            self.say(f"run {run.id[:8]}: {len(done)} of {len(states)} resources done")
            lines = Lines(
                *(names, done, len(states), self.app.stdout),
                left=states.keys() - {*done},
            )
            tells = follow.AsLines(lines)
        ended = follow.follow(store, run, tells, after=after, pause=time.sleep)
        self.say(self._outcome(ended))
        if ended.owner is not None:
            return exceptions.EXIT_FAILED
        return _CODES.get(ended.state, exceptions.EXIT_FAILED)

    def _outcome(self, run: RunRow) -> str:
        """How it stands, and what now."""
        short = run.id[:8]
        if run.owner is not None:
            return (
                f"run {short} is cut off: process {run.owner.pid} on {run.owner.host}, "
                f"which had it since {run.owner_since}, has ended; 'pumphouse resume "
                f"{short}' goes on"
            )
        more = {
            RunState.SUSPENDED: f"; 'pumphouse resume {short}' goes on",
            RunState.FAILED: f"; 'pumphouse run show {short}' tells what failed",
            RunState.PENDING: f"; 'pumphouse resume {short}' begins it",
        }
        return f"run {short} {run.state.value}{more.get(run.state, '')}"
