# SPDX-License-Identifier: Apache-2.0
"""Runs one OpenStack service of one cloud in this process.

  python -m testbed.openstack.serve CLOUD SERVICE

The service's API and, for nova and cinder, all its workers are in one process; RPC
goes over the in-memory transport, so no message broker is needed. Runs under the
interpreter and the libraries of the cloud's release.
"""

import gc
import importlib
import os
import signal
import sys
import time

from testbed.openstack import releases, web, workers
from testbed.openstack.control import Control
from testbed.openstack.layout import Layout


def prepare_environment(layout, cloud, service):
    """What the service reads before its configuration."""
    etc = layout.etc(cloud, service)
    os.environ[f"OS_{service.upper()}_CONFIG_DIR"] = str(etc)
    os.environ["OS_NEUTRON_CONFIG_FILES"] = "neutron.conf"
    os.environ.update(releases.ENVIRONMENT[layout.releases[cloud]])
    sys.argv = [f"testbed-{service}"]
    if service == "cinder":
        sys.argv += ["--config-file", str(etc / "cinder.conf")]


def load(release, service):
    """The service's own WSGI application."""
    place, _, factory = releases.APPLICATIONS[release][service].partition(":")
    module = importlib.import_module(place)
    return getattr(module, factory)() if factory else module.application


def main(cloud, service):
    """Serves until it is told to end."""
    # a fifth of the time to load would go into collecting what stays for ever
    gc.disable()
    begun = time.monotonic()
    layout = Layout.from_environment()
    release = layout.releases[cloud]
    green = service in releases.GREEN[release]
    prepare_environment(layout, cloud, service)
    workers.patch(release, service, green)
    application = load(release, service)
    loaded = time.monotonic()
    workers.no_privilege_daemons()
    control = Control()
    workers.start(layout, cloud, service, control)
    serve = web.listen(control.wrap(application), layout.port(cloud, service), green)
    print(
        f"READY {cloud}/{service} load {loaded - begun:.1f} s"
        f" workers {time.monotonic() - loaded:.1f} s",
        flush=True,
    )
    gc.freeze()
    gc.enable()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    serve()


if __name__ == "__main__":
    main(*sys.argv[1:3])
