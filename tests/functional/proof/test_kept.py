# SPDX-License-Identifier: Apache-2.0
"""Proofs go on where they were stopped, and add up what is of the same code."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fixtures
import testtools

from tools.crashproof import __main__ as crashproof
from tools.crashproof import kept
from tools.crashproof.kept import Kept
from tools.crashproof.results import Point, added_up
from tools.crashproof.sweep import Unfinished
from tools.faultproof import __main__ as faultproof
from tools.pauseproof import __main__ as pauseproof
from tools.pauseproof import results as pauses

SIZE = 7  # points of a toy's undisturbed run


class KeptTestCase(testtools.TestCase):
    """Worlds are toys; nothing is forked."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.useFixture(fixtures.TempDir()).path)
        self.done: list[Any] = []
        self.wrong: dict[int, dict[str, list[str]]] = {}
        self.stop_after = 0  # pieces of work; 0: never
        for module in (crashproof, faultproof, pauseproof):
            self.patch(module, "side_by_side", _one_after_the_other)
            self.patch(module, "tidy_when_ended", lambda: None)
        toy = lambda *_, **__: contextlib.nullcontext()  # noqa: E731
        self.patch(crashproof, "World", toy)
        self.patch(faultproof, "World", toy)
        self.patch(pauseproof, "_world", lambda database: toy)
        test = self

        class Sweep(crashproof.Sweep):
            def __init__(self, world: Any, scenario: Any, tell: Any) -> None:
                self._scenario, self._size = scenario, SIZE

            def point(self, n: int) -> Point:
                test.do(n)
                at = "commit" if n <= SIZE else ""
                return Point(self._scenario.name, n, at, **test.wrong.get(n, {}))

        class Points(pauseproof.Points):
            size = SIZE

            def __init__(self, world: Any, scenario: Any, tell: Any) -> None:
                self._scenario = scenario

            def point(self, n: int, wake_at: int) -> pauses.Result:
                test.do(n)
                return pauses.Result(self._scenario.name, n, "commit", wake_at=wake_at)

        class Migrations:
            def __init__(self, world: Any, tell: Any) -> None:
                pass

            def migrate(self, seed: int) -> str:
                test.do(seed)
                return "wrong" if seed in test.wrong else ""

        self.patch(crashproof, "Sweep", Sweep)
        self.patch(pauseproof, "Points", Points)
        self.patch(faultproof, "Migrations", Migrations)

    def do(self, piece: int) -> None:
        """One piece of work, before which the process may be stopped."""
        if self.stop_after and len(self.done) == self.stop_after:
            raise KeyboardInterrupt
        self.done.append(piece)

    def run_proof(self, module: Any, *words: str, stop_after: int = 0) -> list[str]:
        """What it says, if it is not stopped; and ``done`` what it did now."""
        self.done, self.stop_after = [], stop_after
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            with contextlib.suppress(KeyboardInterrupt):
                self.code = module.main([*words, "--folder", str(self.folder)])
        return said.getvalue().splitlines()

    def crash(self, *words: str, **more: Any) -> list[str]:
        return self.run_proof(crashproof, "project", "--workers", "1", *words, **more)

    def other_code(self) -> None:
        self.patch(kept, "code", lambda proof: "f" * 12)


class TestParts(KeptTestCase):
    def test_a_sweep_goes_on_with_the_next_point(self):
        self.crash("--jobs", "1", stop_after=3)
        self.assertEqual([1, 2, 3], self.done)
        said = self.crash("--jobs", "1")
        self.assertEqual([4, 5, 6, 7, 8], self.done)
        self.assertEqual(
            "crashproof: 7 points, 0 duplicates, 0 orphans, 0 lost", said[-1]
        )
        self.assertIn("crashproof: 3 are known already, of code ", said[0])
        self.assertIn(kept.code("crashproof"), said[0])

    def test_however_many_there_are_side_by_side(self):
        """All points are done once, and nothing is done when nothing is left."""
        self.crash("--jobs", "2", stop_after=3)
        self.assertEqual([1, 3, 5], self.done)
        said = self.crash("--jobs", "1")
        self.assertEqual([2, 4, 6, 7, 8], self.done)
        for jobs in ("1", "2"):
            again = self.crash("--jobs", jobs)
            self.assertEqual(([], said[-1], 0), (self.done, again[-1], self.code))

    def test_a_sample_goes_on_with_the_same_points(self):
        for proof, words in (
            (crashproof, ["project", "--workers", "8", "--sample", "5"]),
            (pauseproof, ["project", "--database", "sqlite", "--each", "5"]),
        ):
            self.run_proof(proof, *words, "--fresh")
            whole = self.done
            self.run_proof(proof, *words, "--fresh", stop_after=2)
            first = self.done
            said = self.run_proof(proof, *words)
            self.assertEqual((5, whole), (len(whole), first + self.done))
            self.assertIn(": 5 points, 0 duplicates", said[-1])

    def test_another_sample_is_another_part(self):
        """Points of one are not taken for points of the other."""
        for proof, words in (
            (crashproof, ["project", "--workers", "8", "--sample"]),
            (pauseproof, ["project", "--database", "sqlite", "--each"]),
        ):
            self.run_proof(proof, *words, "3")
            said = self.run_proof(proof, *words, "4")
            self.assertIn(": 4 points, ", said[-1])
            said = self.run_proof(proof, *words, "4", "--seed", "2")
            self.assertEqual(4, len(self.done))

    def test_seeds_are_migrated_once_and_added_up(self):
        self.run_proof(faultproof, "--count", "4")
        said = self.run_proof(faultproof, "--count", "6", "--jobs", "1")
        self.assertEqual([5, 6], self.done)
        line = "faultproof: 6 migrations, 0 wrong results, seeds 1-6"
        self.assertEqual(line, said[-1])
        said = self.run_proof(faultproof, "--count", "2", "--first", "5")
        line = "faultproof: 2 migrations, 0 wrong results, seeds 5-6"
        self.assertEqual(([], line), (self.done, said[-1]))

    def test_what_is_not_all_of_it_says_so(self):
        left = "this is not all of it yet; the same command goes on"
        for proof, words in (
            (crashproof, ["project", "--workers", "1"]),
            (pauseproof, ["project", "--database", "sqlite"]),
        ):
            name = proof.__name__.split(".")[1]
            said = self.run_proof(proof, *words, "--seconds", "0")
            self.assertEqual(f"{name}: {left}", said[-2])
            self.assertIn(" points, 0 duplicates", said[-1])
            said = self.run_proof(proof, *words)
            self.assertNotIn(left, "\n".join(said))
        self.run_proof(faultproof, "--count", "2")
        said = self.run_proof(faultproof, "--count", "4", "--within", "0")
        self.assertEqual(f"faultproof: {left}", said[-2])


class TestWhatCounts(KeptTestCase):
    def test_what_was_wrong_stays_wrong_and_is_told_again(self):
        self.wrong = {2: {"lost": ["a port", "a rule"]}, 3: {"orphans": ["it"]}}
        self.crash("--jobs", "1", stop_after=4)
        self.wrong = {}
        said = self.crash("--jobs", "1")
        line = "crashproof: 7 points, 0 duplicates, 1 orphans, 2 lost"
        self.assertEqual((line, 1), (said[-1], self.code))
        self.assertIn("project 2: commit", said)
        self.wrong = {3: {}}
        self.run_proof(faultproof, "--count", "4")
        self.wrong = {}
        said = self.run_proof(faultproof, "--count", "5")
        line = "faultproof: 5 migrations, 1 wrong results, seeds 1-5"
        self.assertEqual(("seed 3: wrong", line, 1), (*said[-2:], self.code))

    def test_results_of_other_code_do_not_count_and_are_told(self):
        self.crash()
        code = kept.code("crashproof")
        self.other_code()
        said = self.crash("--jobs", "1", stop_after=2)
        self.assertEqual([1, 2], self.done)
        told = f"crashproof: what is known of other code does not count: {code}"
        self.assertEqual([told], said)
        self.assertIn(f"of code {'f' * 12}", self.crash()[0])

    def test_fresh_forgets_what_it_does_again_and_nothing_else(self):
        self.crash()
        self.run_proof(crashproof, "rollback", "--workers", "1")
        self.crash("--fresh")
        self.assertEqual(8 + 1, len(self.done))  # and the end, once for each job
        self.run_proof(crashproof, "rollback", "--workers", "1")
        self.assertEqual([], self.done)

    def test_a_replay_is_not_kept(self):
        self.crash("--at", "3")
        self.crash("--at", "3")
        self.run_proof(faultproof, "--seed", "3")
        self.assertEqual([3], self.done)
        self.assertEqual([], [*self.folder.rglob("*.jsonl")])

    def test_a_proof_that_did_nothing_is_none(self):
        said = self.crash("--within", "-1")
        self.assertEqual(1, self.code)
        self.assertIn("crashproof: 0 points, ", said[-1])


class TestKept(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.part = Kept(
            Path(self.useFixture(fixtures.TempDir()).path), "crashproof-toy"
        )

    def test_a_line_that_was_cut_off_is_done_again(self):
        self.part.add({"n": 1})
        self.part.add({"n": 2})
        file = self.part._file
        file.write_text(file.read_text()[:-4])
        self.assertEqual([{"n": 1}], self.part.rows())

    def test_what_was_done_twice_counts_once(self):
        for n in (1, 2, 1):
            self.part.add({"n": n})
        self.assertEqual([1, 2], [row["n"] for row in self.part.rows()])

    def test_the_first_size_stays(self):
        self.assertEqual([0, 9, 9], [self.part.size, *map(self.part.of_size, (9, 8))])
        self.assertEqual([], self.part.rows())

    def test_points_that_were_not_reached_are_none(self):
        points = [Point("toy", 1, "commit", lost=["x", "y"]), Point("toy", 2, "")]
        line = "crashproof: 1 points, 0 duplicates, 0 orphans, 2 lost"
        self.assertEqual(line, added_up("crashproof", points))

    def test_those_at_a_locked_file_are_counted_apart(self):
        found = [
            pauses.Result("toy", 1, "commit", locked=True),
            pauses.Result("toy", 2, "commit", unhealable=["x"], duplicates=["y"]),
        ]
        apart, line = pauses.added_up(found).split("\n")
        self.assertEqual("pauseproof: 1 of them at a locked file", apart)
        self.assertEqual(
            "pauseproof: 2 points, 1 duplicates, 0 orphans, 0 lost, 1 unhealable", line
        )
        again = pauses.Result(**found[1].row)
        self.assertEqual(found[1], again)


class TestCode(testtools.TestCase):
    def code_of(self, proof: str, files: dict[str, str]) -> str:
        root = Path(self.useFixture(fixtures.TempDir()).path)
        always = [
            "pumphouse",
            "testbed/simulator",
            "tools/crashproof",
            "tools/pauseproof",
        ]
        there = {f"{name}/__init__.py": "" for name in always}
        files = {"tools/hashing.py": "", "tests/postgresql.py": "", **there, **files}
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        self.patch(kept, "_ROOT", root)
        return str(kept.code.__wrapped__(proof))

    def test_it_changes_with_what_a_proof_runs_and_with_nothing_else(self):
        for name, proofs in (
            ("pumphouse/plan/x.py", {"crashproof", "pauseproof"}),
            ("testbed/simulator/x.py", {"crashproof", "pauseproof"}),
            ("tools/crashproof/x.py", {"crashproof", "pauseproof"}),
            ("tools/pauseproof/x.py", {"pauseproof"}),
            ("tools/hashing.py", {"crashproof", "pauseproof"}),
            ("tools/faultproof/x.py", set()),
            ("README.rst", set()),
        ):
            changed = {
                proof
                for proof in ("crashproof", "pauseproof")
                if self.code_of(proof, {name: "1"}) != self.code_of(proof, {name: "2"})
            }
            self.assertEqual(proofs, changed, name)

    def test_a_file_that_moved_is_another(self):
        before = self.code_of("crashproof", {"pumphouse/a.py": "1"})
        after = self.code_of("crashproof", {"pumphouse/b.py": "1"})
        self.assertNotEqual(before, after)


class TestUnfinished(KeptTestCase):
    def test_an_end_that_comes_too_early_ends_no_sweep(self):
        """It is not kept, either: the next try finds out again."""
        sweep = crashproof.Sweep
        self.patch(sweep, "point", lambda self, n: Point("project", n, ""))
        for _ in range(2):
            self.assertRaises(Unfinished, self.crash)


def _one_after_the_other(
    function: Callable[..., Any], jobs: Any, at_once: int
) -> Iterator[Any]:
    for job in jobs:
        yield function(job, lambda: None)
