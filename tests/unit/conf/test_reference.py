# SPDX-License-Identifier: Apache-2.0
"""Samples and reference are what the code says, and complete."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import fixtures
import testtools
import yaml
from oslo_config import cfg, generator
from pydantic import BaseModel

from pumphouse.conf import options, reference
from pumphouse.conf.migration import Migration, load_migration_file
from pumphouse.conf.problems import model_of

ROOT = Path(__file__).parents[3]
ETC = ROOT / "etc" / "pumphouse"
REFRESH = "run tools/genconfig.sh"


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every key of a model and its default."""
    for name, field in model.model_fields.items():
        inner = model_of(field.annotation)
        if inner is not None:
            yield from keys(inner, f"{prefix}{name}.")
        else:
            required = field.is_required()
            factory = {"call_default_factory": True, "validated_data": {}}
            yield f"{prefix}{name}", None if required else field.get_default(**factory)


class MigrationSample(testtools.TestCase):
    def test_is_current(self) -> None:
        """The committed sample is what the models render."""
        text = (ETC / "migration.yaml").read_text()
        self.assertEqual(reference.sample_yaml(), text, REFRESH)

    def test_loads_as_the_defaults(self) -> None:
        """The sample as it stands changes nothing but names two clouds."""
        sample = load_migration_file(ETC / "migration.yaml")
        defaults = Migration.model_validate(
            {"source": {"cloud": "source"}, "destination": {"cloud": "destination"}}
        )
        self.assertEqual(defaults.model_dump(), sample.model_dump())

    def test_shows_every_key_with_its_default(self) -> None:
        """No option is left out, and none is shown with another value."""
        data = yaml.safe_load((ETC / "migration.yaml").read_text())
        for key, default in keys(Migration):
            value = data
            for part in key.split("."):
                self.assertIn(part, value, key)
                value = value[part]
            if not key.endswith(".cloud"):
                self.assertEqual(default, value, key)

    def test_examples_load(self) -> None:
        """What the sample's comments show as examples is right, too."""
        text = (ETC / "migration.yaml").read_text()
        for name in ("mappings", "limits"):
            field = Migration.model_fields[name]
            inner = model_of(field.annotation)
            fields = inner.model_fields if inner else {name: field}
            for key, each in fields.items():
                for example in each.examples or []:
                    data: dict[str, object] = {
                        "source": {"cloud": "a"},
                        "destination": {"cloud": "b"},
                        name: {key: example} if inner else example,
                    }
                    Migration.model_validate(data)
                    self.assertIn("# For example:", text)

    def test_every_key_has_a_description(self) -> None:
        """Each key says what it is for."""

        def check(model: type[BaseModel]) -> None:
            for name, field in model.model_fields.items():
                self.assertTrue((field.description or "").endswith("."), name)
                inner = model_of(field.annotation)
                if inner is not None:
                    check(inner)

        check(Migration)


class PumphouseSample(testtools.TestCase):
    def test_is_current(self) -> None:
        """The committed sample is what oslo-config-generator writes.

        What [DEFAULT] holds is oslo.log's, and changes with its version."""
        conf = cfg.ConfigOpts()
        generator.register_cli_opts(conf)
        conf(["--config-file", str(ETC / "config-generator.conf")])
        output = io.StringIO()
        generator.generate(conf, output_file=output)
        text = (ETC / "pumphouse.conf.sample").read_text()
        written = output.getvalue()
        self.assertIn("# From oslo.log", text)
        self.assertEqual(
            written[written.index("[cloud]") :], text[text.index("[cloud]") :], REFRESH
        )

    def test_loads(self) -> None:
        """The sample, with all its lines active, is a valid file."""
        text = (ETC / "pumphouse.conf.sample").read_text()
        ours = text[text.index("[cloud]") :]
        active = re.sub(r"(?m)^#(\w+ = )", r"\1", ours)
        path = Path(self.useFixture(fixtures.TempDir()).path) / "pumphouse.conf"
        path.write_text(active)
        self.assertEqual(32, options.load([str(path)]).engine.workers)


class Reference(testtools.TestCase):
    def test_tables_are_complete(self) -> None:
        """Both tables have a row of four cells for each option."""
        names = [
            f"[{group}] {o.dest}" for group, all_ in options.list_opts() for o in all_
        ]
        for text, expected in (
            (reference.migration_file_rst(), [key for key, _ in keys(Migration)]),
            (reference.pumphouse_conf_rst(), names),
        ):
            rows = re.findall(
                r"   \* - (.+)\n     - (.+)\n     - (.+)\n     - (.+)\n", text
            )
            self.assertEqual(
                [f"``{n}``" for n in expected], [row[0] for row in rows[1:]]
            )
            self.assertEqual(5 + 4 * len(rows) - 1, len(text.splitlines()))
