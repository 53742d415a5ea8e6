# SPDX-License-Identifier: Apache-2.0
"""`testbed status`: what runs, how much memory it takes, whether it answers."""

from testbed.openstack import services
from testbed.openstack.processes import Processes, usage

DOWN = 3


def status(layout, progress):
    """Prints a line for each process; exit code 0 if all is up, 3 if not."""
    alive = Processes(layout.run / "pids").running()
    expected = {services.name(*one): one for one in services.all_services()}
    ready = total = 0
    for name in sorted({"mysql", *expected, *alive} if alive else ()):
        pid = alive.get(name)
        if pid is None:
            progress.say(f"{name:24} not running")
            continue
        pss, rss, cpu = usage(pid)
        total += pss
        one = expected.get(name)
        answers = one is None or services.answers(layout, *one)
        ready += answers
        progress.say(
            f"{name:24} pid {pid:<8} pss {pss >> 10:5} MiB  rss {rss >> 10:5} MiB"
            f"  cpu {cpu:7.1f} s  {'ready' if answers else 'not ready'}"
        )
    if not alive:
        progress.say("down")
        return DOWN
    wanted = len(expected) + 1
    progress.say(f"{ready} of {wanted} ready, {total >> 10} MiB in all")
    return 0 if ready == wanted else DOWN
