# SPDX-License-Identifier: Apache-2.0
"""`testbed up` and `python -m testbed down`.

`run/` belongs to a testbed that is up or was left standing. When `run/stamp.json`
is there, its state is whole and `up` goes on from it, starting what does not run;
without it, `run/` is the rest of a crash and is thrown away.
"""

import shlex
import shutil

from testbed.errors import TestbedError
from testbed.openstack import (
    commands,
    credentials,
    install,
    prepare,
    services,
    template,
)
from testbed.openstack.database import Database
from testbed.openstack.layout import SERVICES
from testbed.openstack.processes import Processes


def up(layout, progress):
    """Brings both clouds up, from wherever things stand."""
    processes = Processes(layout.run / "pids")
    _refuse_other(layout, processes)
    if _all_ready(layout, processes):
        progress.say(f"already up: {_how_to_use(layout)}")
        return
    install.check_installed(layout)
    standing = template.read(layout.run)
    if not standing:
        _clear(layout, progress, processes)
        why = prepare.stale(layout)
        if why:
            progress.say(f"preparing the template: {why}")
            prepare.prepare(layout, progress)
        services.check_ports(layout)
    begun = progress.elapsed()
    if not standing:
        _copy(layout, progress)
    try:
        _start(layout, progress, processes)
    except BaseException:
        # the logs stay in run/; the processes do not
        processes.stop()
        raise
    took = progress.elapsed() - begun
    progress.say(f"ready in {took:.1f} s: {_how_to_use(layout)}")


def down(layout, progress, keep=False):
    """Ends every process of this testbed and drops its state, unless told not to."""
    processes = Processes(layout.run / "pids")
    ended = processes.stop()
    there = layout.run.exists()
    if not keep:
        shutil.rmtree(layout.run, ignore_errors=True)
    if ended or (there and not keep):
        progress.say(f"down in {progress.elapsed():.1f} s, {ended} processes ended")
    else:
        progress.say("already down")


def _how_to_use(layout):
    path = shlex.quote(layout.shown(str(layout.clouds_yaml)))
    return f"export OS_CLIENT_CONFIG_FILE={path}"


def _refuse_other(layout, processes):
    """A testbed that stands under other settings is not what was asked for."""
    standing = template.read(layout.run)
    if not standing:
        return
    other = template.difference(standing, template.settings(layout))
    if other:
        state = "running" if processes.running() else "kept"
        raise TestbedError(
            f"the {state} testbed has other settings ({other}): "
            "`python -m testbed down` first"
        )


def _all_ready(layout, processes):
    alive = processes.running()
    return "mysql" in alive and all(
        services.name(*one) in alive and services.answers(layout, *one)
        for one in services.all_services()
    )


def _clear(layout, progress, processes):
    """Removes what a start that never finished left behind."""
    if layout.run.exists():
        progress.say("removing what a broken start left behind")
        processes.stop()
        shutil.rmtree(layout.run)


def _copy(layout, progress):
    """A new run/ from the template; it gets its name when it is whole."""
    with progress.step("state copied from the template"):
        half = layout.run.with_name("run.part")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        commands.run(
            ["cp", "-a", "--reflink=auto", f"{layout.template}/.", half],
            half / "copy.log",
            "copying the template",
        )
        half.rename(layout.run)


def _start(layout, progress, processes):
    credentials.write_facts(layout)
    if "mysql" not in processes.running():
        with progress.step("MariaDB"):
            Database(layout, processes).start()
    alive = processes.running()
    wanted = services.all_services()
    for cloud, service in wanted:
        if services.name(cloud, service) not in alive:
            services.start(layout, processes, cloud, service)
    for service in SERVICES:
        with progress.step(service):
            services.wait(layout, processes, [w for w in wanted if w[1] == service])
