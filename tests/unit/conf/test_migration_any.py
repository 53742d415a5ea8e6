# SPDX-License-Identifier: Apache-2.0
"""No file, whatever is in it, ends in anything but a migration or one line."""

from __future__ import annotations

from pathlib import Path

import fixtures
import testtools
from hypothesis import given
from hypothesis import strategies as st

from pumphouse import exceptions
from pumphouse.conf.migration import Migration, load_migration_file

TYPES = ("network", "flavor", "security-group")
SCALARS = st.sampled_from(
    [
        "a",
        "''",
        "1",
        "true",
        "~",
        "0x1",
        "1e3",
        "${X}",
        "*a",
        "&a b",
        "!!set x",
        "- a",
        "mysql://u:p@h/x",
        ">",
        "? ",
        "{a: b}",
        "[",
        "2026-01-01",
        "<<",
        "\u2028",
    ]
)
KEYS = st.sampled_from(
    [
        "source",
        "destination",
        "cloud",
        "region",
        "identity_database",
        "mappings",
        "network",
        "options",
        "lock_source",
        "server_mode",
        "limits",
        "workers",
        "1",
    ]
)
LINES = st.builds(
    lambda indent, key, value: f"{' ' * indent}{key}: {value}",
    st.integers(0, 4),
    KEYS,
    SCALARS,
)


class AnyInput(testtools.TestCase):
    def check(self, raw: bytes) -> None:
        with fixtures.TempDir() as folder:
            path = Path(folder.path) / "m.yaml"
            path.write_bytes(raw)
            try:
                migration = load_migration_file(path, types=TYPES)
            except exceptions.MigrationFileError as error:
                self.assertEqual(1, len(str(error).splitlines()), str(error))
                self.assertRegex(str(error), r"m\.yaml:\d+: ")
            else:
                self.assertIsInstance(migration, Migration)

    @given(st.text())
    def test_text(self, text: str) -> None:
        """No text ends in anything but a migration or its error."""
        self.check(text.encode("utf-8", "surrogatepass"))

    @given(st.binary())
    def test_bytes(self, raw: bytes) -> None:
        """Nor do bytes."""
        self.check(raw)

    @given(st.lists(LINES, max_size=12))
    def test_almost_right(self, lines: list[str]) -> None:
        """Nor does YAML that is nearly a migration file."""
        self.check("\n".join(lines).encode())
