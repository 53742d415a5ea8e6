# SPDX-License-Identifier: Apache-2.0
"""How the program starts: what it loads, and Ctrl-C at every step of that."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile

import testtools

from pumphouse import exceptions
from pumphouse.store import Store

# What takes longest to load, none of which is needed to tell what commands there are.
CLOUDS = {"keystoneauth1", "openstack", "requests", "networkx", "pydantic", "taskflow"}
REST = {"alembic", "oslo_log", "oslo_config", "oslo_utils", "rich", "sqlalchemy"}
SLOW = {"alembic", "rich", "oslo_utils.strutils", "sqlalchemy.dialects.postgresql"}

LOADED = """
import sys
from pumphouse.cli.program import main
code = main()
print("loaded:", *sys.modules, file=sys.stderr)
sys.exit(code)
"""
# Ctrl-C as the Nth module is looked for, once the program has begun.
INTERRUPTED = """
import os, signal, sys
class Finder:
    left = int(sys.argv.pop(1))
    def find_spec(self, name, path, target=None):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGINT)
from pumphouse.cli.program import main
sys.meta_path.insert(0, Finder())
sys.exit(main())
"""
# The same, by an entry point: from its first step on.
STARTED = """
import os, runpy, signal, sys
class Finder:
    left, begun = int(sys.argv.pop(1)), False
    def find_spec(self, name, path, target=None):
        self.begun = self.begun or name == "pumphouse.cli.streams"
        self.left -= self.begun
        if not self.left:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
ENTRY
"""
# Ctrl-C once the command has ended: by a thread that is waited for, as Python ends, or
# as it takes its modules down, when there are no handlers any more.
ENDING = """
import atexit, os, signal, sys, threading
hit = lambda *_, kill=os.kill, me=os.getpid(): kill(me, 2)
moment = sys.argv.pop(1)
if moment == "last":
    atexit.register(hit)
elif moment == "modules":
    sys.kept = type("Kept", (), {"__del__": hit})()
else:
    main_thread = threading.main_thread()
    threading.Thread(target=lambda: (main_thread.join(), hit())).start()
from pumphouse.cli.program import main
sys.exit(main())
"""
# Ctrl-C when the command has been left, and the last of its output is written.
LEFT = """
import os, signal, sys
from pumphouse.cli import main, program
real = main._main
def command(argv):
    code = real(argv)
    os.kill(os.getpid(), signal.SIGINT)
    return code
main._main = command
sys.exit(program.main())
"""
UNRAISABLE = """
from pumphouse.cli import interrupt
class Dying:
    def __del__(self):
        raise KeyboardInterrupt
interrupt.while_loading()
Dying()
print("went on")
"""


class StartTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.database = f"sqlite:///{pathlib.Path(folder.name, 'pumphouse.db')}"
        Store(self.database).close()

    def run_(self, code: str, *words: str) -> subprocess.CompletedProcess[str]:
        """A process that starts as the console script does."""
        return subprocess.run(
            [sys.executable, "-c", code, *words],
            env={**os.environ, "PUMPHOUSE_DATABASE": self.database},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


class TestLoaded(StartTestCase):
    def loaded(self, *words: str) -> set[str]:
        said = self.run_(LOADED, *words).stderr.splitlines()
        return set(said[-1].removeprefix("loaded: ").split())

    def test_what_commands_there_are_takes_no_library_of_theirs(self):
        for words in ("--help", "--version", "", "plan", "plan shwo", "help plan show"):
            loaded = self.loaded(*words.split())
            self.assertIn("cliff", loaded)
            self.assertEqual(set(), loaded & (CLOUDS | REST), words)

    def test_lists_take_the_database_and_no_cloud(self):
        for words in ("plan list", "run list", "binding list", "plan list -f json"):
            loaded = self.loaded(*words.split())
            self.assertIn("sqlalchemy", loaded)
            self.assertEqual(set(), loaded & (CLOUDS | SLOW), words)


class TestInterrupted(StartTestCase):
    def test_as_any_module_is_loaded(self):
        """One line and 130: at the first, the last, and many between."""
        for step in (1, 2, 3, 5, 8, 20, 50, 90, 150, 200, 250, 300):
            ended = self.run_(INTERRUPTED, str(step), "plan", "list")
            self.assertEqual("pumphouse: interrupted\n", ended.stderr, step)
            self.assertEqual(exceptions.EXIT_SUSPENDED, ended.returncode, step)

    def test_the_help_too(self):
        for step in (1, 40, 100):
            ended = self.run_(INTERRUPTED, str(step), "--help")
            self.assertEqual("pumphouse: interrupted\n", ended.stderr, step)
            self.assertEqual(exceptions.EXIT_SUSPENDED, ended.returncode, step)

    def test_once_the_outcome_is_known_it_decides(self):
        for moment in ("thread", "last", "modules"):
            ended = self.run_(ENDING, moment, "plan", "show", "nothing")
            self.assertEqual(exceptions.EXIT_NOT_FOUND, ended.returncode, moment)
            self.assertEqual(1, len(ended.stderr.splitlines()), ended.stderr)

    def test_where_no_command_takes_it(self):
        ended = self.run_(LEFT, "run", "show", "nothing")
        self.assertEqual(exceptions.EXIT_SUSPENDED, ended.returncode)
        self.assertNotIn("Traceback", ended.stderr)
        self.assertEqual("pumphouse: interrupted", ended.stderr.splitlines()[-1])

    def test_where_there_is_nobody_to_tell(self):
        closed = "import os\nos.close(2)\n"
        ended = self.run_(closed + INTERRUPTED, "1", "plan", "list")
        self.assertEqual(
            ("", exceptions.EXIT_SUSPENDED), (ended.stderr, ended.returncode)
        )

    def test_where_nothing_can_be_raised(self):
        ended = self.run_(UNRAISABLE)
        self.assertEqual(exceptions.EXIT_SUSPENDED, ended.returncode)
        self.assertEqual(("", "pumphouse: interrupted\n"), (ended.stdout, ended.stderr))

    def test_what_a_shell_has_set_aside_stays_so(self):
        """A job in a script's background ignores Ctrl-C."""
        ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        ended = self.run_(ignoring + INTERRUPTED, "3", "plan", "list")
        self.assertEqual(exceptions.EXIT_OK, ended.returncode, ended.stderr)

    def test_by_whatever_it_is_started(self):
        script = pathlib.Path(sys.executable).with_name("pumphouse")
        for entry in (
            f"run_path({str(script)!r}",
            "run_module('pumphouse.cli.program'",
        ):
            code = STARTED.replace("ENTRY", f"runpy.{entry}, run_name='__main__')")
            for step in (1, 30):
                ended = self.run_(code, str(step), "plan", "list")
                self.assertEqual("pumphouse: interrupted\n", ended.stderr, entry)
                self.assertEqual(exceptions.EXIT_SUSPENDED, ended.returncode, entry)
