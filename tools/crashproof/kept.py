# SPDX-License-Identifier: Apache-2.0
"""What a proof has found so far, so that it may be stopped between and gone on with.

Lines of JSON, one for each piece of work, in one file for each part of a proof.  They
count for the code that they were found with, and for no other: the files of each code
are in a folder of its own, named by a digest of all that a proof runs.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import math
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any

__all__ = ["Kept", "add_arguments", "all_of", "begin", "code", "tell_unfinished"]

_FOLDER = Path("build") / "proof"
_ROOT = Path(__file__).parent.parent.parent
# All of them run these, and each the folder of its name.
_RUNS = (
    *("pumphouse", "testbed/simulator", "tools/crashproof"),
    *("tools/hashing.py", "tests/postgresql.py"),
)

Row = dict[str, Any]


@functools.cache
def code(proof: str) -> str:
    """Twelve characters that differ when anything that this proof runs does."""
    digest = hashlib.sha256()
    for each in dict.fromkeys([*_RUNS, f"tools/{proof}"]):
        place = _ROOT / each
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            text = file.read_bytes()
            name = f"{file.relative_to(_ROOT)} {len(text)}\n"
            digest.update(name.encode() + text)
    return digest.hexdigest()[:12]


class Kept:
    """What is kept of one part, for the present code.

    :param folder: of what is kept of all parts and codes
    :param name: the part's, ``PROOF-WORDS``; the same only for what may be added up
    :param key: the field that tells one piece of work from another
    """

    def __init__(self, folder: Path, name: str, key: str = "n") -> None:
        self._file = folder / code(name.partition("-")[0]) / f"{name}.jsonl"
        self._key = key

    def rows(self) -> list[Row]:
        """One for each piece of work, in the order in which they were done."""
        return [*{r[self._key]: r for r in self._all() if "size" not in r}.values()]

    def add(self, row: Row) -> None:
        """One more.  Several processes may add to the same part."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a") as file:
            file.write(json.dumps(row) + "\n")  # at once, when it is closed

    @property
    def size(self) -> int:
        """Of how many pieces a sample is taken; 0: not known yet."""
        return next((int(row["size"]) for row in self._all() if "size" in row), 0)

    def of_size(self, size: int) -> int:
        """The size that is known, be it from now on: it may vary a little."""
        if not self.size:
            self.add({"size": size})
        return self.size

    def forget(self) -> None:
        """Begin anew."""
        self._file.unlink(missing_ok=True)

    def _all(self) -> list[Row]:
        if not self._file.exists():
            return []
        # The last line may have been cut off together with its process.
        lines = self._file.read_text().split("\n")[:-1]
        return [json.loads(line) for line in lines]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What a proof is told about what it keeps."""
    parser.add_argument(
        "--within",
        type=float,
        default=math.inf,
        metavar="SECONDS",
        help="begin nothing more then; the same command goes on",
    )
    parser.add_argument("--fresh", action="store_true", help="forget what is kept")
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="of what is kept")


def begin(proof: str, args: argparse.Namespace, parts: Collection[Kept]) -> None:
    """Forget what is to be forgotten, and say of which code the rest is.

    :param proof: its name, which the names of all of its parts begin with
    """
    for part in parts if args.fresh else ():
        part.forget()
    known = len(all_of(parts))
    if known:
        print(f"{proof}: {known} are known already, of code {code(proof)}{_commit()}")
    files = args.folder.glob(f"*/{proof}-*.jsonl")
    if others := sorted({file.parent.name for file in files} - {code(proof)}):
        print(
            f"{proof}: what is known of other code does not count: {', '.join(others)}"
        )
    print(end="", flush=True)


def all_of(parts: Collection[Kept]) -> list[Row]:
    """All that is kept of these."""
    return [row for part in parts for row in part.rows()]


def tell_unfinished(proof: str) -> None:
    """Say that more is to be done."""
    print(f"{proof}: this is not all of it yet; the same command goes on", flush=True)


def _commit() -> str:
    """Where a repository is: its commit, and whether files differ from it."""
    git = ["git", "-C", str(_ROOT)]
    try:
        run = functools.partial(
            subprocess.run, capture_output=True, text=True, check=True
        )
        commit = run([*git, "rev-parse", "--short", "HEAD"]).stdout.strip()
        changed = run([*git, "status", "--porcelain", "--", "pumphouse"]).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f" (commit {commit}{', changed' if changed.strip() else ''})"
