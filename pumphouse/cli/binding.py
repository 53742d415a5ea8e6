# SPDX-License-Identifier: Apache-2.0
"""``pumphouse binding list`` and ``show``, ``register`` and ``unregister``."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from pumphouse import exceptions
from pumphouse.cli import base, bound, exits
from pumphouse.models import Binding, Origin, Ref, Resource

if TYPE_CHECKING:
    from pumphouse.cloud.cloud import Cloud
    from pumphouse.resources.base import ResourceType

_ID = re.compile(r"^[0-9a-f-]{32,64}$|./.")


class BindingList(base.Lister):
    """List what stands for what on the destination"""

    codes = exits.STORED
    example = "pumphouse binding list --type server -f json"

    nothing = "nothing stands for anything yet"
    wide = frozenset({"Source ID", "Run", "Created At"})
    ids = frozenset({"Run"})
    times = frozenset({"Created At"})

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--type", default="", help="only of this resource type")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        bindings = self.workspace.store.bindings(type=parsed_args.type)
        if not bindings and parsed_args.type:
            self.workspace.type(parsed_args.type)  # is there such a type?
        names = bound.names(self.workspace.store, bindings)
        return (
            (
                *("Type", "Name", "Source ID", "Destination ID"),
                *("Origin", "Run", "Created At"),
            ),
            [
                (
                    b.ref.type,
                    names.get(b.ref, ""),
                    b.ref.id,
                    b.destination_id,
                    b.origin.value,
                    b.run_id,
                    b.created_at,
                )
                for b in bindings
            ],
        )


class BindingShow(base.ShowOne):
    """Show what stands for one source resource, and where that comes from"""

    codes = exits.STORED
    example = "pumphouse binding show server web-1"

    _epilog = "Reads Pumphouse's own database, and asks no cloud."

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("type", metavar="TYPE", help="resource type")
        parser.add_argument(
            "resource",
            metavar="NAME|ID",
            help="name or id on the source, or id on the destination",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        store, kind = self.workspace.store, parsed_args.type
        self.workspace.type(kind)
        pair, found, name = bound.one(store, kind, parsed_args.resource)
        run = next((r for r in store.runs() if r.id == found.run_id), None)
        return (
            (
                *("type", "name", "source_id", "destination_id", "origin", "run"),
                *("plan", "created_at", "source", "destination"),
            ),
            (
                *(kind, name, found.ref.id, found.destination_id),
                *(found.origin.value, found.run_id, run.plan_id if run else ""),
                *(found.created_at, pair.source, pair.destination),
            ),
        )


class _OneResource(base.Command):
    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("type", metavar="TYPE", help="resource type")
        parser.add_argument("source", metavar="SOURCE", help="id or name")
        return parser

    def pick(self, kind: ResourceType, cloud: Cloud, term: str) -> Resource:
        from pumphouse.plan.owners import Owners
        from pumphouse.plan.selection import one
        from pumphouse.resources.listing import ID, where

        # By id also what no list shows, such as the users of a directory.
        by_id = kind.list(cloud, where(ID, [term])) if _ID.search(term) else ()
        found = [r for r in by_id if r.ref.id == term]
        owners = Owners(kind, cloud, self.workspace.types)
        inventory = found or list(kind.list(cloud))
        return one(inventory, term, kind, cloud, owners)


class Register(_OneResource):
    """Say what takes a source resource's place: something made by hand"""

    codes = exits.CLOUDS
    example = (
        "pumphouse register network NETWORK_ID public\n"
        "pumphouse plan project acme-search"
    )
    makes_database = True

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("destination", metavar="DESTINATION", help="id or name")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        workspace, kind = self.workspace, self.workspace.type(parsed_args.type)
        ours = self.pick(kind, workspace.source, parsed_args.source)
        theirs = self.pick(kind, workspace.destination, parsed_args.destination)
        before = workspace.store.binding(workspace.pair, ours.ref)
        if before and before.destination_id != theirs.ref.id:
            raise exceptions.InputError(
                f"{before.destination_id} stands for it already "
                f"({before.origin.value})",
                resource=str(ours),
                hint=f"'pumphouse unregister {kind.name} {ours.ref.id}' first",
            )
        if before is None:
            binding = Binding(
                ours.ref, theirs.ref.id, Origin.REGISTERED, name=ours.label
            )
            workspace.store.register(workspace.pair, binding)
        self.tell(f"{ours}: {theirs.ref.id} stands for it")
        return exceptions.EXIT_OK


class Unregister(_OneResource):
    """Forget what stands for a source resource; deletes nothing in any cloud"""

    codes = exits.CLOUDS
    example = "pumphouse unregister network NETWORK_ID"

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        workspace, kind = self.workspace, self.workspace.type(parsed_args.type)
        ref = Ref(kind.name, parsed_args.source)
        before = workspace.store.binding(workspace.pair, ref)
        if before is None:
            ref = self.pick(kind, workspace.source, parsed_args.source).ref
            before = workspace.store.binding(workspace.pair, ref)
        if before is None:
            raise exceptions.NotFound(
                "nothing stands for it",
                resource=str(ref),
                hint="'pumphouse binding list' shows what does",
            )
        workspace.store.unregister(workspace.pair, ref)
        what = f"{ref}: {before.destination_id} no longer stands for it"
        kept = "; it was created by a run and stays on the destination"
        created = before.origin is Origin.CREATED
        self.tell(what + (kept if created else ""))
        return exceptions.EXIT_OK
