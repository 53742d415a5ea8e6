# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmarks, one after the other.

    python -m benchmarks [NAME...] [--page FILE]

Each is a process of its own.  With ``--page`` all that is in build/bench, also of
others, is written as a page for the documentation.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.record import FOLDER, Measure, machine, row

ALL = {
    "start": ["benchmarks.start"],
    "compile": ["benchmarks.compile"],
    "overhead-sqlite": ["benchmarks.overhead", "sqlite"],
    "overhead-postgresql": ["benchmarks.overhead", "postgresql"],
    "failures": ["benchmarks.failures"],
    "resume": ["benchmarks.resume"],
    "latency": ["benchmarks.latency"],
    "plan": ["benchmarks.plan"],
}

PAGE = """\
..
   SPDX-License-Identifier: Apache-2.0
   Written by: python -m benchmarks --page {file}

===========
Performance
===========

Written by ``make bench``. Each line is a measurement with what it is to reach. A
*ratio* compares two measurements of the same run, so it says more than the times, which
are those of one machine: {machine}. *Load* is how many processes wanted a processor
when it was measured, those of the benchmark included: above {processors} the times are
too long, and processor times are longer as well.

A *task, durable* is a bare one: only the engine's states are saved, those of 50
milliseconds in one transaction. A crash may lose the last of them, and their steps run
again. What a *real step* writes on top is never lost once it goes on: that it began and
is done, with an event each, its intent and its binding. Steps that write at once share
a commit; each waits for it.

.. list-table::
   :header-rows: 1
   :widths: 28 11 8 8 8 9 8 30

   * - What
     - Value
     - Goal
     - Ratio
     - Goal
     - Reached
     - Load
     - Against
{rows}
"""


def page(file: Path, folder: Path = FOLDER) -> None:
    """Write all that was found as a page."""
    measures = []
    for path in sorted(folder.glob("*.json")):
        found = {"what": path.stem, "unit": "", **json.loads(path.read_text())}
        known = {k: v for k, v in found.items() if k in Measure.__dataclass_fields__}
        measures.append(Measure(**known))
    lines = []
    for each in measures:
        *cells, against = row(each)
        load = "" if each.load is None else f"{each.load:.1f}"
        lines += [
            f"   {'* -' if not at else '  -'} {cell}".rstrip()
            for at, cell in enumerate([*cells, load, against])
        ]
    processors = os.cpu_count() or 1
    text = PAGE.format(
        file=file, machine=machine(), processors=processors, rows="\n".join(lines)
    )
    file.write_text(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(ALL)}; default: all")
    parser.add_argument("--page", type=Path, help="write what was found to this file")
    given = parser.parse_args()
    unknown = set(given.names) - set(ALL)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    worst = 0
    for name in given.names or ALL:
        print(f"-- {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", *ALL[name]], check=False)
        worst = max(worst, done.returncode)
    if given.page:
        page(given.page)
    return worst


if __name__ == "__main__":
    sys.exit(main())
