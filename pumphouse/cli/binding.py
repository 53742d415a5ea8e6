# SPDX-License-Identifier: Apache-2.0
"""``pumphouse binding list``, ``register`` and ``unregister``."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from pumphouse import exceptions
from pumphouse.cli import base
from pumphouse.models import Binding, Origin, Ref, Resource

if TYPE_CHECKING:
    from pumphouse.cloud.cloud import Cloud
    from pumphouse.resources.base import ResourceType

_ID = re.compile(r"^[0-9a-f-]{32,64}$|./.")


class BindingList(base.Lister):
    """List what stands for what on the destination"""

    nothing = "nothing stands for anything yet"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--type", default="", help="only of this resource type")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        bindings = self.workspace.store.bindings(type=parsed_args.type)
        if not bindings and parsed_args.type:
            self.workspace.type(parsed_args.type)  # is there such a type?
        return (
            ("Type", "Source ID", "Destination ID", "Origin", "Run", "Created At"),
            [
                (
                    b.ref.type,
                    b.ref.id,
                    b.destination_id,
                    b.origin.value,
                    b.run_id[:8],
                    b.created_at,
                )
                for b in bindings
            ],
        )


class _OneResource(base.Command):
    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("type", metavar="TYPE", help="resource type")
        parser.add_argument("source", metavar="SOURCE", help="id or name")
        return parser

    def pick(self, kind: ResourceType, cloud: Cloud, term: str) -> Resource:
        from pumphouse.plan.selection import one

        # By id also what no list shows, such as the users of a directory.
        by_id = kind.fetch(cloud, [term]) if _ID.search(term) else ()
        found = [r for r in by_id if r.ref.id == term]
        return one(found or list(kind.everywhere(cloud)), term, kind.name, cloud)


class Register(_OneResource):
    """Say what takes a source resource's place: something made by hand"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("destination", metavar="DESTINATION", help="id or name")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        workspace, kind = self.workspace, self.workspace.type(parsed_args.type)
        ours = self.pick(kind, workspace.source, parsed_args.source)
        theirs = self.pick(kind, workspace.destination, parsed_args.destination)
        bound = workspace.store.binding(workspace.pair, ours.ref)
        if bound and bound.destination_id != theirs.ref.id:
            raise exceptions.InputError(
                f"{bound.destination_id} stands for it already ({bound.origin.value})",
                resource=str(ours),
                hint=f"'pumphouse unregister {kind.name} {ours.ref.id}' first",
            )
        if bound is None:
            binding = Binding(ours.ref, theirs.ref.id, Origin.REGISTERED)
            workspace.store.bind(workspace.pair, binding)
        self.app.stdout.write(f"{ours}: {theirs.ref.id} stands for it\n")
        return exceptions.EXIT_OK


class Unregister(_OneResource):
    """Forget what stands for a source resource; deletes nothing in any cloud"""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        workspace, kind = self.workspace, self.workspace.type(parsed_args.type)
        ref = Ref(kind.name, parsed_args.source)
        bound = workspace.store.binding(workspace.pair, ref)
        if bound is None:
            ref = self.pick(kind, workspace.source, parsed_args.source).ref
            bound = workspace.store.binding(workspace.pair, ref)
        if bound is None:
            raise exceptions.NotFound(
                "nothing stands for it",
                resource=str(ref),
                hint="'pumphouse binding list' shows what does",
            )
        workspace.store.unbind(workspace.pair, ref)
        what = f"{ref}: {bound.destination_id} no longer stands for it"
        kept = "; it was created by a run and stays on the destination"
        created = bound.origin is Origin.CREATED
        self.app.stdout.write(what + (kept if created else "") + "\n")
        return exceptions.EXIT_OK
