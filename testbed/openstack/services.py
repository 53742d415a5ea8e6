# SPDX-License-Identifier: Apache-2.0
"""Starts the service processes of the clouds and waits until they answer."""

import socket
import time
import urllib.error
import urllib.request

from testbed.errors import TestbedError
from testbed.openstack import commands, releases
from testbed.openstack.layout import CLOUDS, SERVICES

# no proxy: the services are on this machine
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def all_services():
    """Every (cloud, service), those that others wait for first."""
    return [(cloud, service) for service in SERVICES for cloud in CLOUDS]


def name(cloud, service):
    """The name under which a service's process is recorded."""
    return f"{cloud}-{service}"


def environment(layout, **more):
    """What every process with OpenStack's libraries in it is started with."""
    return commands.clean_environment(
        **layout.to_environment(),
        PYTHONPATH=str(layout.run / "python"),
        HOME=str(layout.run),
        OMP_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
        MALLOC_ARENA_MAX="2",
        **more,
    )


def start(layout, processes, cloud, service):
    """Starts one service; it says READY in its log when it is."""
    processes.start(
        name(cloud, service),
        [
            releases.python(layout, layout.releases[cloud]),
            "-m",
            "testbed.openstack.serve",
            cloud,
            service,
        ],
        layout.log(cloud, service),
        environment(layout),
    )


def answers(layout, cloud, service, timeout=5):
    """Whether a service answers requests."""
    try:
        OPENER.open(layout.root_url(cloud, service) + "/", timeout=timeout).close()
    except urllib.error.HTTPError as e:
        return e.code < 500
    except OSError:
        return False
    return True


def wait(layout, processes, wanted, limit=240):
    """Returns when all wanted services answer; fails as soon as one has died."""
    left, end = set(wanted), time.monotonic() + limit
    while left:
        alive = processes.running()
        for cloud, service in sorted(left):
            if name(cloud, service) not in alive:
                raise TestbedError(
                    f"{service} of {cloud} ended by itself", layout.log(cloud, service)
                )
            if answers(layout, cloud, service):
                left.discard((cloud, service))
        if left and time.monotonic() > end:
            cloud, service = min(left)
            raise TestbedError(
                f"{service} of {cloud} is not ready after {limit} s",
                layout.log(cloud, service),
            )
        time.sleep(0.1)


def check_ports(layout):
    """Fails if something else listens where the clouds will."""
    for cloud, service in all_services():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", layout.port(cloud, service)))
            except OSError as e:
                raise TestbedError(
                    f"port {layout.port(cloud, service)} is in use by another program:"
                    " choose other ports with TESTBED_PORT"
                ) from e
