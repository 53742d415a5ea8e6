# SPDX-License-Identifier: Apache-2.0
"""Each command's help says what it ends with, and shows how that is used."""

from __future__ import annotations

import re

import testtools

from pumphouse import exceptions
from pumphouse.cli import exits
from pumphouse.cli.main import Pumphouse
from tests.unit.doc.pages import complaint, known_commands, words_of
from tools.docs import EXIT_CODES

_OF_CLIFF = {"help", "complete"}
KNOWN = {getattr(exceptions, name) for name in EXIT_CODES}


class TestHelp(testtools.TestCase):
    def commands(self) -> dict[str, str]:
        """The help of each command."""
        app = Pumphouse()
        found = {}
        for name in sorted(known_commands() - _OF_CLIFF):
            factory, _, _ = app.command_manager.find_command(name.split())
            command = factory(app, None)
            found[name] = command.get_parser(f"pumphouse {name}").format_help()
        return found

    def test_of_each_command_all_codes_are_known_and_have_an_example(self):
        for name, text in self.commands().items():
            below = text.partition("Ends with:")[2]
            codes = {int(c) for c in re.findall(r"^  (\d+): ", below, re.M)}
            self.assertLess({0, 2}, codes | {0.5}, name)
            self.assertEqual(set(), codes - KNOWN, name)
            example = re.findall(r"^    (.*)$", below.partition("Example:\n")[2], re.M)
            self.assertNotEqual([], example, name)
            for line in re.findall(r"pumphouse [^|>&\n]*", "\n".join(example)):
                self.assertEqual("", complaint(words_of(line)), name)
            self.assertIn(f"pumphouse {name} ", f"{example[0]} ")

    def test_what_can_go_wrong_in_three_ways_has_three_codes(self):
        """No plan can be drawn up, a cloud refuses, a run has failures."""
        codes = {
            exceptions.PlanningFailed.exit_code,
            exceptions.Forbidden.exit_code,
            exceptions.RunFailed.exit_code,
        }
        self.assertEqual(3, len(codes))
        told = self.commands()["migrate project"]
        self.assertIn(f"  {exceptions.RunFailed.exit_code}: some of it failed", told)
        self.assertIn(f"  {exceptions.PlanningFailed.exit_code}: no plan can", told)
        self.assertIn(f"  {exceptions.Forbidden.exit_code}: a cloud cannot be", told)

    def test_every_refusal_of_a_cloud_has_one_code(self):
        kinds = exceptions.CloudError.__subclasses__()
        self.assertEqual({exceptions.EXIT_CLOUD}, {k.exit_code for k in kinds})

    def test_it_is_laid_out_for_a_terminal_and_for_pages(self):
        text = exits.epilog("More.", {0: "done", 5: "not " * 40}, "a b\nc d")
        self.assertIn("\n\n* 0: done\n* 5: not", text)
        self.assertIn("Example::\n\n    a b\n    c d", text)
        shown = exits.Formatter("p")._fill_text(text, 60, "")
        self.assertTrue(max(map(len, shown.splitlines())) <= 60, shown)
        self.assertIn("\n  0: done\n  5: not not", shown)
        self.assertIn("Example:\n\n    a b\n    c d", shown)
