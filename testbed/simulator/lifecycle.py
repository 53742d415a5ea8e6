# SPDX-License-Identifier: Apache-2.0
"""``testbed up --simulated``: the two clouds as processes in the background.

They live where the real ones would: ``run/`` below TESTBED_HOME has clouds.yaml,
testbed.json, logs and the records of processes, so ``testbed down`` ends them too.
"""

from __future__ import annotations

import dataclasses
import http.client
import json
import os
import secrets
import shutil
import socket
import sys
import time
from typing import Any

from testbed.errors import TestbedError
from testbed.openstack import credentials, template
from testbed.openstack.layout import CHECKOUT, CLOUDS, SERVICES, Layout
from testbed.openstack.processes import Processes
from testbed.openstack.progress import Progress
from testbed.simulator.pair import write_clouds
from testbed.simulator.server import HOST
from testbed.simulator.settings import Settings

_WAIT = 20.0  # seconds until a cloud must answer


def up(
    layout: Layout, progress: Progress, settings: Settings, seed: dict[str, Any]
) -> None:
    """Bring both clouds up.

    :param seed: what ``seed.fill`` is to make in the source; {} for nothing
    :raises TestbedError: other clouds are up there, or these do not start
    """
    processes = Processes(layout.run / "pids")
    standing = template.read(layout.run)
    if processes.running():
        if template.difference(standing, _stamp(layout)):
            raise TestbedError(
                "other clouds are up there: `python -m testbed down` first"
            )
        progress.say(f"already up: {_how_to_use(layout)}")
        return
    for cloud in CLOUDS:
        _must_be_free(_port(layout, cloud))
    shutil.rmtree(layout.run, ignore_errors=True)
    layout.run.mkdir(mode=0o700)
    settings = dataclasses.replace(settings, admin_password=secrets.token_hex(16))
    urls = {cloud: f"http://{HOST}:{_port(layout, cloud)}" for cloud in CLOUDS}
    try:
        for cloud in CLOUDS:
            _start(layout, processes, cloud, settings)
        for cloud in CLOUDS:
            _wait(layout, processes, cloud)
        write_clouds(layout.clouds_yaml, urls, settings.admin_password)
        credentials.write_private(layout.facts, json.dumps(_facts(layout), indent=2))
        if seed:
            with progress.step("tenants"):
                ask(_port(layout, "source"), "POST", "/seed", seed)
                ask(_port(layout, "destination"), "POST", "/seed", {"projects": 0})
    except BaseException:
        processes.stop()
        raise
    (layout.run / "stamp.json").write_text(json.dumps(_stamp(layout)))
    progress.say(f"ready in {progress.elapsed():.1f} s: {_how_to_use(layout)}")


def simulated(layout: Layout) -> bool:
    """Whether what is up there is simulated."""
    return "simulated" in str(template.read(layout.run).get("source"))


def status(layout: Layout, progress: Progress) -> int:
    """Says of each cloud how it is; 0 if both are up, 3 if not."""
    alive = Processes(layout.run / "pids").running()
    for cloud in CLOUDS:
        if cloud not in alive:
            progress.say(f"{cloud:12} not running")
            continue
        found = ask(_port(layout, cloud), "GET", "/")
        records = sum(found["records"].values())
        progress.say(
            f"{cloud:12} simulated {found['release']}, pid {alive[cloud]}, "
            f"{records} records"
        )
    return 0 if set(CLOUDS) <= set(alive) else 3


def ask(port: int, method: str, path: str, body: Any = None) -> Any:
    """What a cloud's own API says; see ``control``.

    :raises TestbedError: it refuses
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=300)
    text = json.dumps(body) if body is not None else None
    connection.request(method, f"/_simulator{path}", text)
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    if answer.status != 200:
        raise TestbedError(f"the simulator refuses {path}: {found['message']}")
    return found


def _port(layout: Layout, cloud: str) -> int:
    return int(layout.port(cloud, "keystone"))


def _must_be_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise TestbedError(
                f"port {port} is in use: set TESTBED_PORT to another first port"
            ) from None


def _start(
    layout: Layout, processes: Processes, cloud: str, settings: Settings
) -> None:
    file = layout.run / f"{cloud}-settings.json"
    credentials.write_private(file, json.dumps(dataclasses.asdict(settings)))
    processes.start(
        cloud,
        [
            *(sys.executable, "-m", "testbed.simulator"),
            *("--name", cloud, "--release", layout.releases[cloud]),
            *("--port", str(_port(layout, cloud)), "--settings", file),
        ],
        layout.log(cloud, "simulator"),
        {**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )


def _wait(layout: Layout, processes: Processes, cloud: str) -> None:
    end = time.monotonic() + _WAIT
    while True:
        try:
            ask(_port(layout, cloud), "GET", "/")
        except OSError:
            log = layout.log(cloud, "simulator")
            if cloud not in processes.running() or time.monotonic() > end:
                raise TestbedError(f"the {cloud} does not start; see {log}") from None
            time.sleep(0.05)
        else:
            return


def _facts(layout: Layout) -> dict[str, Any]:
    return {
        cloud: {
            "release": layout.releases[cloud],
            "simulated": True,
            "ports": dict.fromkeys(SERVICES, _port(layout, cloud)),
        }
        for cloud in CLOUDS
    }


def _stamp(layout: Layout) -> dict[str, Any]:
    found = template.settings(layout)
    return {**found, **{cloud: f"simulated {found[cloud]}" for cloud in CLOUDS}}


def _how_to_use(layout: Layout) -> str:
    return f"export OS_CLIENT_CONFIG_FILE={layout.shown(str(layout.clouds_yaml))}"
