# SPDX-License-Identifier: Apache-2.0
"""What every resource type keeps to, as far as that needs no cloud.

Whoever writes a type elsewhere runs these rules over it just so::

    class TestShare(Rules, testtools.TestCase):
        kind = Share()

``tests/clouds/resources/conformance.py`` is the other half.
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import pathlib
import tokenize
from collections import Counter

from pumphouse.cloud import endpoints
from pumphouse.conf.migration import Options
from pumphouse.resources import registry
from pumphouse.resources.base import ResourceType
from pumphouse.resources.fields import Fate

LINES = 200  # of code in one file; one with more is more than a declaration
_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


class Rules:
    """The rules; mixed into a test case that sets ``kind``."""

    kind: ResourceType

    def test_name(self):
        """As in ``pumphouse plan``: one word, or several with dashes."""
        self.assertRegex(self.kind.name, r"^[a-z]+(-[a-z]+)*$")
        self.assertIn(self.kind.service, endpoints.SERVICES)

    def test_says_what_it_is(self):
        module = inspect.getmodule(type(self.kind))
        for thing in (type(self.kind), module):
            self.assertTrue((thing.__doc__ or "").strip(), thing)

    def test_public_methods_say_what_they_do(self):
        for name, method in vars(type(self.kind)).items():
            if inspect.isfunction(method) and not name.startswith("_"):
                self.assertTrue(inspect.getdoc(method), name)

    def test_is_short(self):
        path = inspect.getsourcefile(type(self.kind))
        self.assertLessEqual(_lines_of_code(path), LINES, path)

    def test_declares_fields_once_each(self):
        self.assertTrue(self.kind.fields)
        twice = Counter(f.path for f in self.kind.fields)
        self.assertEqual([], [p for p, times in twice.items() if times > 1])

    def test_gives_a_reason_for_what_is_dropped(self):
        for field in self.kind.fields:
            if field.fate is Fate.DROPPED:
                self.assertTrue(len(field.why) > 8, field.path)
                self.assertFalse(field.send, field.path)

    def test_references_name_registered_types_and_say_why(self):
        for field in self.kind.fields:
            for place, kind in field.refs.items():
                self.assertIn(kind, registry.resource_types(), field.path)
                self.assertRegex(place, r"^$|^(\[\]|[\w:-]+)(\.(\[\]|[\w:-]+))*$")
            if field.fate is Fate.REFERENCE:
                self.assertTrue(field.why, field.path)

    def test_options_exist(self):
        for field in self.kind.fields:
            if field.option:
                self.assertIn(field.option, Options.model_fields)
            if field.fate is Fate.OPTIONAL:
                self.assertTrue(field.option, field.path)

    def test_secrets_are_not_sent_from_a_record(self):
        """A record holds only what stands for them; own steps may read them anew."""
        sent = [field.path for field in self.kind.fields if field.secret and field.send]
        if sent:
            self.assertIsNot(ResourceType.tasks, type(self.kind).tasks, sent)

    def test_natural_key_is_declared(self):
        paths = [f.path for f in self.kind.fields]
        for path in filter(None, (*self.kind.natural_key, self.kind.project_field)):
            self.assertIn(path, paths)

    def test_saved_is_json_without_secrets(self):
        record = {f.path: "canary-1" for f in self.kind.fields if f.secret}
        saved = self.kind.saved({**record, "id": "1"})
        self.assertNotIn("canary", json.dumps(saved))

    def test_keeps_no_state(self):
        """One object serves all threads of all runs."""
        self.assertEqual({}, vars(self.kind))

    def test_weak_references_are_harmless(self):
        """What does not bring its target along cannot insist on it."""
        for field in self.kind.fields:
            self.assertFalse(field.must and not field.brings, field.path)


def _lines_of_code(path: str) -> int:
    """Lines of a module that are neither empty nor comment nor docstring."""
    source = pathlib.Path(path).read_text()
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            code.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            code.difference_update(range(node.lineno, (node.end_lineno or 0) + 1))
    return len(code)
