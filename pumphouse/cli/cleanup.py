# SPDX-License-Identifier: Apache-2.0
"""``pumphouse cleanup``: finish or undo what runs left open."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pumphouse import exceptions
from pumphouse.cli import arguments, base, exits
from pumphouse.cli.ask import ask, said_yes
from pumphouse.cli.progress import Nobody
from pumphouse.store import actor

if TYPE_CHECKING:
    from pumphouse.flow.cleanup import Finding
    from pumphouse.store import Writer


class Cleanup(base.Command):
    """Finish or undo what runs that ended early left open"""

    codes = exits.CLEANUP
    example = "pumphouse cleanup --yes || pumphouse run list"

    _epilog = (
        "Lists temporary credentials, roles and keypairs, source servers that stand "
        "still, ports that are set down, and creations of which nobody knows the "
        "outcome; asks; and deals with each. Leaves alone what a live run is at, and "
        "what 'pumphouse resume' finishes better."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        arguments.add_yes(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from pumphouse.flow import cleanup
        from pumphouse.flow.undoing import held

        workspace = self.workspace
        runner, nobody = workspace.runner(Nobody()), Nobody()
        found = cleanup.find(
            workspace.store,
            workspace.pair,
            workspace.types,
            lambda run, plan: runner.context(
                plan,
                nobody,
                workspace.store.writer(run),
                cut_off=run.owner is not None,
            ),
        )
        doing = [finding for finding in found if not finding.leave]
        for finding in found:
            self._tell(finding, finding.leave or finding.does, bool(finding.leave))
        if not doing:
            self.app.stdout.write("nothing to clean up\n")
            return exceptions.EXIT_OK
        if not parsed_args.yes:
            ask(self.app, f"Deal with these {len(doing)}?", about="cleanup")
        approval = said_yes(parsed_args)
        with held(workspace.store, {f.case.intent.run_id for f in doing}) as writers:
            for writer in writers.values():
                writer.event(
                    actor.CLEANED_UP, by=actor.current(), approval=approval.value
                )
            failed = [
                f
                for f in doing
                if not self._done(f, cleanup.carry_out, writers[f.case.intent.run_id])
            ]
        self.app.stdout.write(f"cleaned up {len(doing) - len(failed)}\n")
        if failed:
            raise exceptions.ResourceError(
                f"{len(failed)} could not be dealt with",
                resource="cleanup",
                hint="Mend what was said of them, then 'pumphouse cleanup' again",
            )
        return exceptions.EXIT_OK

    def _done(self, finding: Finding, carry_out: Any, writer: Writer) -> bool:
        try:
            carry_out(finding, writer)
        except exceptions.RunBusy:
            raise
        except (exceptions.Unreachable, exceptions.AuthenticationFailed) as error:
            error.hint = f"{error.hint}; then 'pumphouse cleanup' again".lstrip("; ")
            raise  # of all others as well
        except exceptions.PumphouseError as error:
            self._tell(finding, f"FAILED: {error}", False)
            return False
        return True

    def _tell(self, finding: Finding, text: str, left: bool) -> None:
        intent = finding.case.intent
        left_alone = "left alone: " if left else ""
        self.tell(
            f"{intent.kind} of run {intent.run_id[:8]}, {finding.case}: "
            f"{left_alone}{text}"
        )
