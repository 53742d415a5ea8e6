# SPDX-License-Identifier: Apache-2.0
"""pumphouse.conf: documented options, checked when read, of no global object."""

from __future__ import annotations

from pathlib import Path

import fixtures
import testtools

from pumphouse import exceptions
from pumphouse.conf import options


class LoadTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.useFixture(fixtures.TempDir()).path)
        self.home = self.folder / "home"
        self.home.mkdir()
        self.useFixture(fixtures.EnvironmentVariable("HOME", str(self.home)))
        self.useFixture(fixtures.EnvironmentVariable("XDG_STATE_HOME"))

    def file(self, content: str, name: str = "pumphouse.conf") -> str:
        path = self.folder / name
        path.write_text(content)
        return str(path)

    def wrong(self, content: str) -> str:
        error = self.assertRaises(
            exceptions.InputError, options.load, [self.file(content)]
        )
        self.assertNotIn("\n", str(error))
        return str(error)


class Load(LoadTest):
    def test_defaults(self) -> None:
        """Without a file everything has its documented default."""
        conf = options.load()
        self.assertEqual(32, conf.engine.workers)
        self.assertEqual("threaded", conf.engine.executor)
        self.assertEqual((16, 5), (conf.cloud.requests_in_flight, conf.cloud.retries))
        self.assertEqual(1024 * 1024, conf.transfer.chunk_size)
        self.assertEqual(
            (600.0, 300.0), (conf.server.create_timeout, conf.server.state_timeout)
        )

    def test_database_follows_the_environment(self) -> None:
        """The database is in the operator's state folder, wherever that is."""
        self.assertEqual(
            f"sqlite:///{self.home}/.local/state/pumphouse/pumphouse.db",
            options.load().database.connection,
        )
        for value, expected in (
            ("/var/lib/me", "sqlite:////var/lib/me/pumphouse/pumphouse.db"),
            # relative ones are to be ignored, says the XDG specification
            (
                "relative",
                f"sqlite:///{self.home}/.local/state/pumphouse/pumphouse.db",
            ),
        ):
            with fixtures.EnvironmentVariable("XDG_STATE_HOME", value):
                self.assertEqual(expected, options.load().database.connection)

    def test_a_directory_is_no_file(self) -> None:
        error = self.assertRaises(
            exceptions.InputError, options.load, [str(self.folder)]
        )
        self.assertEqual("cannot be read: Is a directory", error.what)
        self.assertEqual(str(self.folder), error.resource)

    def test_a_file_without_an_end(self) -> None:
        large = self.file("#" * (1024 * 1024 + 1), "large.conf")
        for path in ("/dev/zero", large):
            error = self.assertRaises(exceptions.InputError, options.load, [path])
            self.assertEqual(f"{path}: is larger than 1048576 bytes", str(error))
        options.load(["/dev/null"])

    def test_files_in_order(self) -> None:
        """Later files win."""
        first = self.file("[engine]\nworkers = 2\nexecutor = greenthreaded\n")
        second = self.file("[engine]\nworkers = 3\n", "second.conf")
        conf = options.load([first, second])
        self.assertEqual(
            (3, "greenthreaded"), (conf.engine.workers, conf.engine.executor)
        )

    def test_independent(self) -> None:
        """Two configurations in one process do not mix."""
        one = options.load([self.file("[engine]\nworkers = 2\n")])
        self.assertEqual((2, 32), (one.engine.workers, options.load().engine.workers))

    def test_the_usual_place(self) -> None:
        """~/.pumphouse/pumphouse.conf is read without being named."""
        (self.home / ".pumphouse").mkdir()
        self.file("[engine]\nworkers = 7\n", "home/.pumphouse/pumphouse.conf")
        self.assertEqual(7, options.load().engine.workers)

    def test_logging_options_are_known(self) -> None:
        """oslo.log's options stand in [DEFAULT], old names included."""
        content = "[DEFAULT]\nlog_file = x.log\nlogdir = /tmp\n"
        self.assertEqual("x.log", options.load([self.file(content)]).log_file)


class Wrong(LoadTest):
    def test_values(self) -> None:
        """A value that is not allowed is one line that names the option."""
        for content, says in (
            ("[engine]\nworkers = many\n", "workers"),
            ("[engine]\nworkers = 0\n", "workers"),
            ("[engine]\nexecutor = magic\n", "executor"),
            ("[server]\npoll_interval = 0\n", "poll_interval"),
            ("workers = 1\n", "Section must be started"),
            ("[engine\n", "[engine"),
        ):
            self.assertIn(says, self.wrong(content))

    def test_values_are_told_by_file_and_option(self) -> None:
        """In an operator's words, without the names of any library's classes."""
        for value in ("many", "\0", "0x10"):
            said = self.wrong(f"[engine]\nworkers = {value}\n")
            self.assertIn(f"{self.folder}/pumphouse.conf: workers: not a number", said)
            self.assertNotIn("Location", said)

    def test_not_text(self) -> None:
        path = Path(self.file(""))
        path.write_bytes(b"[engine]\nworkers = \xff\n")
        error = self.assertRaises(exceptions.InputError, options.load, [str(path)])
        self.assertEqual(f"{path}: is not text in UTF-8", str(error))

    def test_unknown_names(self) -> None:
        """A misspelt option or section is refused instead of ignored."""
        for content, says in (
            (
                "[engine]\nworker = 1\n",
                "unknown option of [engine]: worker. Did you mean",
            ),
            ("[engin]\nworkers = 1\n", "unknown section: engin. Did you mean engine?"),
            ("[DEFAULT]\nlog_fil = x\n", "unknown option of [DEFAULT]: log_fil. Did"),
            ("[zzz]\na = 1\n", "unknown section: zzz. See pumphouse.conf.sample"),
        ):
            self.assertIn(says, self.wrong(content))

    def test_missing_file(self) -> None:
        """A file that was named has to be there."""
        error = self.assertRaises(exceptions.InputError, options.load, ["/no/such"])
        self.assertIn("/no/such", str(error))

    def test_no_secret_in_the_error(self) -> None:
        """A URL on a wrong line is masked."""
        url = "postgresql+psycopg://u:hunter2@h/x"
        self.assertNotIn("hunter2", self.wrong(f"[database]\nconnection {url}\n"))


class Help(testtools.TestCase):
    def test_all_options_have_help(self) -> None:
        """Each option says what it is for, in a sentence."""
        for group, members in options.list_opts():
            for option in members:
                self.assertTrue((option.help or "").endswith("."), (group, option.name))
