# SPDX-License-Identifier: Apache-2.0
"""The commands there are: found without loading them, listed, and guessed at.

In place of cliff's own finder, which loads every command to run one.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from typing import Any

from cliff import commandmanager

_ALIKE = 0.6  # as difflib has it: half of what was typed may be wrong
_SHOWN = 3


class Commands(commandmanager.CommandManager):  # type: ignore[misc]
    """cliff's command manager; a command's module is loaded when it is wanted."""

    def load_commands(self, namespace: str) -> None:
        self.group_list.append(namespace)
        for entry_point in metadata.entry_points(group=namespace):
            name = entry_point.name.replace("_", " ")
            self.commands[name] = entry_point

    def below(self, words: Sequence[str]) -> list[str]:
        """The commands that begin with these words, sorted."""
        begun = list(words)
        return sorted(n for n in self.commands if n.split()[: len(begun)] == begun)

    def instead(self, words: Sequence[str]) -> str:
        """What the operator may have meant, for an error."""
        meant = self.meant(words)
        if meant:
            return f"Did you mean {' or '.join(map(repr, meant))}?"
        follow = (
            [name.partition(" ")[2] for name in self.below(words[:1])] if words else []
        )
        if follow and all(follow):
            return f"After {words[0]} comes one of: {', '.join(follow)}"
        return "'pumphouse --help' lists them"

    def listed(self, names: Iterable[str]) -> Iterator[str]:
        """A line for each of these commands: its name, and what it does."""
        told = {name: _first_line(self.commands[name].load()) for name in names}
        width = max(map(len, told), default=0)
        for name, what in told.items():
            yield f"  {name:<{width}}  {what}"

    def meant(self, words: Sequence[str]) -> list[str]:
        """Commands that are nearly what was typed, the nearest first.

        :param words: as typed, arguments of a command included
        """
        found: dict[str, float] = {}
        groups = {name.partition(" ")[0] for name in self.commands if " " in name}
        groups -= {*words[:1]}  # that one is right
        for name in (*self.commands, *groups):
            wanted = name.split()
            typed = [word.lower() for word in words[: len(wanted)]]
            while wanted and typed and wanted[0] == typed[0]:  # it counts for nothing
                wanted, typed = wanted[1:], typed[1:]
            alike = difflib.SequenceMatcher(None, " ".join(typed), " ".join(wanted))
            if alike.ratio() >= _ALIKE:
                found[name] = alike.ratio()
        best = sorted(found, key=lambda name: (-found[name], name))
        near = [n for n in best if found[n] > found[best[0]] - 0.15]
        return near[:_SHOWN]


def _first_line(command: Any) -> str:
    return (inspect.getdoc(command) or "").partition("\n")[0].rstrip(".")
