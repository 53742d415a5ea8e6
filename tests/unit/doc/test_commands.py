# SPDX-License-Identifier: Apache-2.0
"""Commands: all are documented, and all that are named somewhere exist."""

from __future__ import annotations

import fnmatch
import re

import testtools

from tests.unit.doc.pages import (
    ROOT,
    SOURCE,
    commands,
    complaint,
    known_commands,
    pages,
    words_of,
)

# 'pumphouse plan show abc', ``pumphouse resume``: up to what is not a command's word
_NAMED = re.compile(r"['`]pumphouse ((?:[a-z][a-z-]* ?)+)")
_OF_CLIFF = {"help", "complete"}


def _is_a_command(words: list[str]) -> bool:
    """Whether *words* begin with a command, or are the beginning of several."""
    known = known_commands()
    begun = [" ".join(words[:n]) for n in range(1, len(words) + 1)]
    whole = " ".join(words)
    return any(b in known for b in begun) or any(
        name.startswith(whole + " ") for name in known
    )


class TestCommands(testtools.TestCase):
    def test_the_reference_has_every_command(self):
        text = (SOURCE / "reference" / "cli.rst").read_text()
        patterns = re.findall(r"^   :command: (.*)$", text, re.M)
        missing = [
            name
            for name in known_commands() - _OF_CLIFF
            if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)
        ]
        self.assertEqual([], missing)
        for name in _OF_CLIFF:
            self.assertIn(f"``pumphouse {name}", text)

    def test_every_target_of_make_is_told(self):
        targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.M)
        self.assertIn("crashproof", targets)
        text = (SOURCE / "contributor" / "set-up.rst").read_text()
        missing = [each for each in targets if f"make {each}" not in text]
        self.assertEqual([], missing)

    def test_the_reference_shows_nothing_twice(self):
        text = (SOURCE / "reference" / "cli.rst").read_text()
        patterns = re.findall(r"^   :command: (.*)$", text, re.M)
        for name in known_commands():
            shown = [p for p in patterns if fnmatch.fnmatch(name, p)]
            self.assertTrue(len(shown) <= 1, (name, shown))

    def test_programs_understand_every_line_of_a_console(self):
        wrong = {}
        for path, text in pages().items():
            for command in commands(text):
                said = complaint(words_of(command))
                if said:
                    wrong[f"{path}: {command}"] = said
        self.assertEqual({}, wrong)

    def test_a_wrong_line_would_be_noticed(self):
        for command in (
            "pumphouse paln list",
            "pumphouse plan list --colour",
            "FOO=1 timeout 3 pumphouse apply",
            ".venv/bin/python -m testbed sow",
            "make tea",
        ):
            self.assertNotEqual("", complaint(words_of(command)), command)

    def test_there_are_lines_to_look_at(self):
        found = [c for text in pages().values() for c in commands(text)]
        self.assertIn("pumphouse resume", found)
        self.assertTrue(len(found) > 30, found)

    def test_commands_that_pages_name_in_passing_exist(self):
        for path, text in pages().items():
            for named in _NAMED.findall(text):
                self.assertTrue(_is_a_command(named.split()), f"{path}: {named}")

    def test_commands_that_messages_name_exist(self):
        """What an error tells the operator to type must be there to be typed."""
        for file in sorted((ROOT / "pumphouse").rglob("*.py")):
            for named in _NAMED.findall(file.read_text()):
                self.assertTrue(_is_a_command(named.split()), f"{file}: {named}")
