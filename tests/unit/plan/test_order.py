# SPDX-License-Identifier: Apache-2.0
"""The order of a plan is that of its graph, in every process."""

from __future__ import annotations

import os
import subprocess
import sys

import testtools

ORDERED = """
from pumphouse.models import Need, Ref
from pumphouse.plan import graph
names = ["router", "image", "user", "role", "network", "flavor", "keypair", "domain"]
refs = [Ref(name, str(n)) for name in names for n in range(3)]
needs = [(Ref("server", "s"), Need(ref, "so")) for ref in refs]
needs += [(ref, Need(Ref("domain", "0"), "in")) for ref in refs]
print(*graph.order(graph.build([Ref("server", "s"), *refs], needs)))
"""


class TestOrder(testtools.TestCase):
    def test_it_does_not_depend_on_the_process(self):
        """Sets of text are in another order in each."""
        seen = {
            subprocess.check_output(
                [sys.executable, "-c", ORDERED],
                env={**os.environ, "PYTHONHASHSEED": str(seed)},
            )
            for seed in range(1, 5)
        }
        self.assertEqual(1, len(seen))
