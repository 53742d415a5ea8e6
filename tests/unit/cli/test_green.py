# SPDX-License-Identifier: Apache-2.0
"""Green threads: asked for, missing, and never loaded otherwise."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

import testtools

from pumphouse import exceptions
from pumphouse.cli import green
from pumphouse.store import Store


class TestPrepare(testtools.TestCase):
    def test_threads_need_nothing(self):
        with mock.patch.object(green, "_start_anew") as anew:
            green.prepare("threaded")
        self.assertFalse(anew.called)

    def test_without_eventlet_one_line_says_what_to_install(self):
        with mock.patch.object(importlib.util, "find_spec", return_value=None):
            error = self.assertRaises(
                exceptions.InputError, green.prepare, "greenthreaded"
            )
        self.assertIn("pip install 'pumphouse[eventlet]'", str(error))

    def test_with_eventlet_the_program_starts_anew(self):
        with mock.patch.object(importlib.util, "find_spec", return_value=object()):
            with mock.patch.object(green, "_start_anew") as anew:
                green.prepare("greenthreaded")
        self.assertTrue(anew.called)


class TestProgram(testtools.TestCase):
    """The program as a process: what eventlet does to one stays in it."""

    def run_list(self, executor):
        directory = Path(self.useTemporary())
        conf = directory / "pumphouse.conf"
        conf.write_text(f"[engine]\nexecutor = {executor}\n")
        database = f"sqlite:///{directory}/pumphouse.db"
        Store(database).close()  # who reads makes none
        return subprocess.run(
            [
                *(sys.executable, "-X", "importtime", "-m", "pumphouse.cli.main"),
                *("--config-file", str(conf), "--database", database, "run", "list"),
            ],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )

    def useTemporary(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return directory.name

    def test_threads_never_load_eventlet(self):
        ended = self.run_list("threaded")
        self.assertEqual(exceptions.EXIT_OK, ended.returncode, ended.stderr[-500:])
        self.assertNotIn("eventlet", ended.stderr)

    def test_green_threads(self):
        ended = self.run_list("greenthreaded")
        self.assertEqual(exceptions.EXIT_OK, ended.returncode, ended.stderr[-500:])
        self.assertNotIn("Traceback", ended.stderr)
