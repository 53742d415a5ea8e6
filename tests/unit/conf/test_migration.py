# SPDX-License-Identifier: Apache-2.0
"""The migration file: what it says is taken exactly, what is wrong is one line."""

from __future__ import annotations

import pickle
import traceback
from pathlib import Path

import fixtures
import testtools
from pydantic import ValidationError

from pumphouse import exceptions
from pumphouse.conf.migration import (
    Migration,
    Options,
    load_migration_file,
    read_migration_file,
)

TYPES = ("network", "flavor", "security-group")
CLOUDS = "source: {cloud: old}\ndestination: {cloud: new}\n"
CANARY = "hunter2canary"


class FileTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = Path(self.useFixture(fixtures.TempDir()).path) / "migration.yaml"

    def load(self, content: str | bytes) -> Migration:
        raw = content.encode() if isinstance(content, str) else content
        self.path.write_bytes(raw)
        return load_migration_file(self.path, types=TYPES)

    def wrong(self, content: str | bytes) -> str:
        """The line with which the file is refused, without its folder."""
        error = self.assertRaises(exceptions.MigrationFileError, self.load, content)
        self.assertEqual(exceptions.EXIT_INPUT, error.exit_code)
        self.assertNotIn("\n", str(error))
        return str(error).removeprefix(f"{self.path.parent}/")


class Good(FileTest):
    def test_smallest(self) -> None:
        """Two clouds' names are enough; all else has its documented default."""
        migration = self.load(CLOUDS)
        self.assertEqual("old", migration.source.cloud)
        self.assertIsNone(migration.destination.identity_database)
        self.assertEqual({}, migration.mappings)
        self.assertEqual(Options(), migration.options)
        self.assertIs(True, migration.options.keep_mac_addresses)
        self.assertIs(False, migration.options.keep_flavor_ids)
        self.assertIsNone(migration.limits.workers)

    def test_everything(self) -> None:
        """Every section is taken as it stands."""
        migration = self.load(
            "source: {cloud: old, region: one}\n"
            "destination: {cloud: new}\n"
            "mappings:\n"
            "  network: {public: public-ext, no: 'yes', 2026-01-01: x}\n"
            "options: {keep_fixed_ips: false, server_mode: image}\n"
            "limits:\n"
            "  workers: 4\n"
            "  waiting: 0\n"
            "  requests_in_flight: {default: 16, compute: 8}\n"
        )
        self.assertEqual("one", migration.source.region)
        self.assertEqual(
            {"network": {"public": "public-ext", "no": "yes", "2026-01-01": "x"}},
            migration.mappings,
        )
        self.assertIs(False, migration.options.keep_fixed_ips)
        self.assertEqual((4, 0), (migration.limits.workers, migration.limits.waiting))
        self.assertEqual(
            {"default": 16, "compute": 8}, migration.limits.requests_in_flight
        )

    def test_sections_with_all_lines_commented_out(self) -> None:
        """An empty section is as good as none."""
        migration = self.load(CLOUDS + "options:\n  # nothing\nmappings:\nlimits:\n")
        self.assertEqual(Options(), migration.options)

    def test_frozen(self) -> None:
        """Nobody changes what the operator wrote."""
        migration = self.load(CLOUDS)
        with self.assertRaises(ValidationError):
            migration.options.keep_fixed_ips = False  # type: ignore[misc]

    def test_same_cloud_in_two_regions(self) -> None:
        """Two regions of one cloud are two clouds."""
        both = "{cloud: a, region: 1a}\ndestination: {cloud: a, region: 2b}"
        self.assertEqual("2b", self.load(f"source: {both}").destination.region)

    def test_error_of_upper_layers_names_the_line(self) -> None:
        """What only the clouds can tell is said with file and line, too."""
        error = self.load(CLOUDS).error("destination.cloud", "is unknown", "Fix it")
        self.assertEqual(
            f"{self.path}:2: destination.cloud: is unknown. Fix it", str(error)
        )


class AllThatIsWrong(FileTest):
    def test_in_the_order_of_the_file(self) -> None:
        """The first of them is what loading it ends with."""
        self.path.write_text(
            "source: {cloud: a, identity_database: '${NO_SUCH_VARIABLE}'}\n"
            "destination: {cloud: a}\n"
            "mappings: {netwrk: {a: b}}\n"
            "options: {lock_source: 7}\n"
        )
        read = read_migration_file(self.path, ["network"])
        keys = [error.resource.partition(" ")[2] for error in read.errors]
        self.assertEqual(
            [
                "source.identity_database",
                "destination.cloud",
                "mappings.netwrk",
                "options.lock_source",
            ],
            keys,
        )
        self.assertIsNone(read.migration)
        error = self.assertRaises(
            type(read.errors[0]), load_migration_file, self.path, ["network"]
        )
        self.assertEqual(str(read.errors[0]), str(error))

    def test_sides_that_are_right_by_themselves(self) -> None:
        """Can be used, without a database that is not right."""
        self.path.write_text(
            "source: {cloud: a, identity_database: nonsense}\ndestination: {}\n"
        )
        read = read_migration_file(self.path)
        self.assertEqual(["source"], [*read.sides])
        self.assertIsNone(read.sides["source"].identity_database)
        self.assertEqual(2, len(read.errors))


class Secrets(FileTest):
    def setUp(self) -> None:
        super().setUp()
        self.url = f"mysql+pymysql://keystone:{CANARY}@db/keystone"
        self.useFixture(fixtures.EnvironmentVariable("KEYSTONE_PW", CANARY))

    def test_from_the_environment(self) -> None:
        """${NAME} becomes the variable's value, alone or within a URL."""
        self.useFixture(fixtures.EnvironmentVariable("KEYSTONE_URL", self.url))
        migration = self.load(
            "source: {cloud: a, identity_database: '${KEYSTONE_URL}'}\n"
            "destination:\n  cloud: b\n  identity_database: "
            "mysql+pymysql://keystone:${KEYSTONE_PW}@db/keystone"
        )
        for side in (migration.source, migration.destination):
            assert side.identity_database is not None
            self.assertEqual(self.url, side.identity_database.get_secret_value())

    def test_never_shown(self) -> None:
        """No text of a migration has the database's password."""
        migration = self.load(
            f"source: {{cloud: a, identity_database: '{self.url}'}}\n"
            "destination: {cloud: b}\n"
        )
        shown = [
            repr(migration),
            str(migration),
            repr(vars(migration)),
            migration.model_dump_json(),
            repr(migration.model_dump()),
            repr(migration.__pydantic_private__),
            str(migration.error("source.identity_database", "is out of reach")),
        ]
        for text in shown:
            self.assertNotIn(CANARY, text)

    def test_not_in_errors(self) -> None:
        """A secret in the wrong place is not repeated, nor in what --debug prints."""
        url = self.url
        wrong = (
            f"source: {url}\n",
            f"{url}\n",
            f"source: {{cloud: a, identity_databse: '{url}'}}\n",
            f"source: {{cloud: a, identity_database: ['{url}']}}\n",
            f"source: {{cloud: ['{url}']}}\n",
            f"source: {{'{url}': a}}\n",
            f"source: {{cloud: a, identity_database: {CANARY}}}\n"
            "destination: {cloud: b}\n",
            f"source: {{cloud: a, identity_database: *{CANARY}}}\n",
            f"source: {{cloud: a, identity_database: !{CANARY}x y}}\n",
            f"source: {{cloud: a, identity_database: '{url}'\n",
            f'source: {{cloud: a, identity_database: "\\{url}"}}\n',
            f"source: {{cloud: a, identity_database: %{CANARY}}}\n",
            f"source: {{cloud: a, identity_database: @{CANARY}}}\n",
            f"source: {{cloud: a, identity_database: !{CANARY}!x y}}\n",
        )
        for content in wrong:
            error = self.assertRaises(exceptions.PumphouseError, self.load, content)
            lines = traceback.format_exception(error)
            self.assertNotIn(CANARY, "".join(lines), content)
            self.assertNotIn(CANARY, repr(error) + repr(pickle.dumps(error)), content)
            self.assertIsNone(error.__context__, content)


class Wrong(FileTest):
    def test_values(self) -> None:
        """Each wrong value is one line: file, line, key, and what to do."""
        for content, line in (
            (
                "source: {cloud: old}\n",
                "1: destination: is missing",
            ),
            (
                "source:\n  region: one\ndestination: {cloud: new}\n",
                "1: source.cloud: is missing",
            ),
            (
                CLOUDS + "options:\n  keep_fixed_ip: true\n",
                "4: options.keep_fixed_ip: unknown key. Did you mean keep_fixed_ips?",
            ),
            (
                CLOUDS + "option:\n  keep_fixed_ips: true\n",
                "3: option: unknown key. Did you mean options?",
            ),
            (
                CLOUDS + "limits:\n\n  zzz: 1\n",
                "5: limits.zzz: unknown key. Known are: requests_in_flight, "
                "waiting, workers",
            ),
            (
                CLOUDS + "options:\n  keep_fixed_ips: yes\n",
                "4: options.keep_fixed_ips: must be true or false, not text. "
                "Write true or false, without quotes",
            ),
            (
                CLOUDS + "options:\n  keep_fixed_ips: 1\n",
                "4: options.keep_fixed_ips: must be true or false, not a number",
            ),
            (
                CLOUDS + "options: []\n",
                "3: options: must be a mapping (KEY: VALUE lines), not a list",
            ),
            (
                CLOUDS + "options: {server_mode: teleport}\n",
                "3: options.server_mode: must be one of: image",
            ),
            (
                CLOUDS + "mappings:\n  netwrk: {a: b}\n",
                "4: mappings.netwrk: unknown resource type. Did you mean network?",
            ),
            (
                CLOUDS + "mappings:\n  network:\n    a: b\n    c: 12\n",
                "6: mappings.network.c: must be text, not a number. Put it in quotes",
            ),
            (
                CLOUDS + "mappings:\n  network:\n    12: b\n",
                "5: mappings.network: has a key that is not text. Put it in quotes",
            ),
            (
                CLOUDS + "mappings:\n  network: {a: ''}\n",
                "4: mappings.network.a: is empty",
            ),
            (
                CLOUDS + "limits: {workers: 0}\n",
                "3: limits.workers: must be at least 1",
            ),
            (
                CLOUDS + "limits: {workers: 99999}\n",
                "3: limits.workers: must be at most 512",
            ),
            (
                CLOUDS + "limits: {workers: 1.5}\n",
                "3: limits.workers: must be a whole number, not a number",
            ),
            (
                CLOUDS + "limits:\n  requests_in_flight:\n    comput: 8\n",
                "5: limits.requests_in_flight.comput: unknown key. "
                "Did you mean compute?",
            ),
            (
                "source: {cloud: a}\ndestination:\n  cloud: a\n",
                "3: destination.cloud: is the same cloud as the source",
            ),
            (
                "source:\n  cloud: a\n  identity_database: ${NOT_SET_X}\n"
                "destination: {cloud: b}\n",
                "3: source.identity_database: the environment variable NOT_SET_X is "
                "not set",
            ),
            (
                "source: {cloud: a, identity_database: '${A-B}'}\n"
                "destination: {cloud: b}\n",
                "1: source.identity_database: has a ${ that is not ${NAME}",
            ),
            (
                "source: {cloud: a, identity_database: keystone}\n"
                "destination: {cloud: b}\n",
                "1: source.identity_database: is not a database URL, "
                "DIALECT+DRIVER://USER:PASSWORD@HOST/NAME",
            ),
            (
                "source: old\n",
                "1: source: must be a mapping (KEY: VALUE lines), not text",
            ),
            ("- a\n", "1: must be a mapping (KEY: VALUE lines), not a list"),
        ):
            self.assertEqual(f"migration.yaml:{line}", self.wrong(content))

    def test_yaml(self) -> None:
        """What is not YAML, or YAML that says something else than it seems to."""
        for content, line in (
            ("", "1: is empty. etc/pumphouse/migration.yaml is a sample"),
            ("# only a comment\n", "1: is empty. "),
            (CLOUDS + "mappings: {a: [b\n", "4: is not YAML: expected ',' or ']'"),
            (CLOUDS + "options:\n\tkeep: x\n", "4: is not YAML: found character"),
            (CLOUDS + "---\na: b\n", "3: is not YAML: but found another document"),
            (
                CLOUDS + "source: {cloud: x}\n",
                "3: source: is given twice, first in line 1",
            ),
            (
                CLOUDS + "options:\n  lock_source: true\n  lock_source: false\n",
                "5: options.lock_source: is given twice, first in line 4",
            ),
            (
                CLOUDS + "mappings: &m\n  network: *m\n",
                "3: mappings.network: anchors and aliases are not allowed",
            ),
            (CLOUDS + "options: *o\n", "3: is not YAML: found undefined alias"),
            (
                CLOUDS + "options: !!python/name:os.system x\n",
                "3: options: has a YAML tag that is not allowed here",
            ),
            (CLOUDS + "options: !!int x\n", "3: options: has a YAML tag that is not"),
            (CLOUDS + "a\x01b: c\n", "3: has a control character"),
            (CLOUDS.encode() + b"a: \xff\n", "3: is not UTF-8 text"),
            (CLOUDS + "x: " + "[" * 5000, "is nested too deeply"),
            (CLOUDS + "x: " + "{a: " * 50 + "}" * 50, "is nested too deeply"),
            (b"#" * (1024 * 1024 + 1), "1: is larger than 1048576 bytes"),
            (CLOUDS + "? [a]\n: b\n", "3: has a key that is not text"),
            (CLOUDS + '"a\\nb": c\n', "3: a?b: unknown key"),
        ):
            self.assertIn(line, self.wrong(content))

    def test_first_in_the_file(self) -> None:
        """Of several things that are wrong the first in the file is told."""
        content = "limits: {workers: x}\nsource: 1\nmore: 2\n"
        self.assertIn(":1: limits.workers: ", self.wrong(content))

    def test_missing_file(self) -> None:
        """A file that is not there, or is a folder, is said to be so."""
        for path, says in (
            (self.path, "cannot be read: No such file or directory"),
            (self.path.parent, "cannot be read: Is a directory"),
            (Path("a\0b"), "cannot be read: not a path"),
        ):
            error = self.assertRaises(
                exceptions.MigrationFileError, load_migration_file, path
            )
            self.assertIn(says, str(error))

    def test_any_type_where_none_are_known(self) -> None:
        """Without the list of types, mappings of any type are taken."""
        self.path.write_text(CLOUDS + "mappings: {share: {a: b}}\n")
        self.assertIn("share", load_migration_file(self.path).mappings)
