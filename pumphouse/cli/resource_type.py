# SPDX-License-Identifier: Apache-2.0
"""``pumphouse resource type ...``: what Pumphouse knows, and what it carries."""

from __future__ import annotations

import argparse
from typing import Any

from pumphouse.cli import base, exits
from pumphouse.report.text import plain


class ResourceTypeList(base.Lister):
    """List the resource types that are installed"""

    codes = exits.STORED
    example = "pumphouse resource type list"

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        return (
            ("Type", "Service", "Kind", "Description"),
            [
                (
                    kind.name,
                    kind.service,
                    "workload" if kind.workload else "meta",
                    plain((type(kind).__doc__ or "").strip().partition("\n")[0]),
                )
                for kind in self.workspace.types.values()
            ],
        )


class ResourceTypeShow(base.Lister):
    """Show every field of a resource type and what becomes of it"""

    codes = exits.STORED
    example = "pumphouse resource type show server"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("type", metavar="TYPE")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        kind = self.workspace.type(parsed_args.type)
        return (
            ("Field", "Fate", "Option", "Refers To", "Why"),
            [
                (
                    field.path,
                    field.fate.value,
                    field.option,
                    ", ".join(sorted(set(field.refs.values()))),
                    plain(field.why),
                )
                for field in kind.fields
            ],
        )
