# SPDX-License-Identifier: Apache-2.0
"""What a service needs in its process beside its WSGI application.

Nothing of OpenStack is imported before it is needed: the two releases differ, and
the order of imports decides whether monkey patching works.
"""

import sys
import time
import urllib.error
import urllib.request

from testbed.openstack.computes import Computes, detach_from_any_host
from testbed.openstack.layout import PACKAGE

PRIVILEGED = (
    "cinder.privsep",
    "nova.privsep",
    "os_brick.privileged",
    "neutron.privileged",
)


# -- before the application is loaded
def patch(release, service, green):
    """Monkey patching as the release wants it, and the compute driver's place."""
    if service == "nova":
        if green:
            import nova.monkey_patch
        import nova.virt

        # Nova loads drivers only from below nova.virt
        nova.virt.__path__.append(str(PACKAGE / "drivers" / "nova_virt"))
    elif green:
        import eventlet

        eventlet.monkey_patch()
        if service == "neutron":
            select_in()
    elif service == "cinder":
        from cinder import monkey_patch

        monkey_patch.patch(backend="threading")


def select_in():
    """Zed's neutron loads collections as later releases do.

    Those say "selectin" where Zed says "subquery", which SQLAlchemy 1.4 builds anew
    for each request: more than a third of Neutron's time.
    """
    from sqlalchemy import orm

    # of a floating IP that has just been made, Zed reads these without a session
    kept = ("port_forwardings", "tags")

    def later(function):
        def call(what, *args, **options):
            if options.get("lazy") == "subquery" and what not in kept:
                options["lazy"] = "selectin"
            return function(what, *args, **options)

        return call

    orm.relationship = later(orm.relationship)
    orm.backref = later(orm.backref)


def zed_neutron():
    """Zed's neutron has no WSGI module."""
    from neutron import server
    from neutron.common import config

    server._init_configuration()
    return config.load_paste_app("neutron")


def zed_nova():
    """Zed's nova wants to know which of its APIs."""
    from nova.api.openstack import wsgi_app

    return wsgi_app.init_application("osapi_compute")


# -- after it is loaded
def no_privilege_daemons():
    """Privileged calls are made in this process: no sudo, no daemon.

    Done after the application is loaded: importing oslo.privsep first kills nova.
    """
    for name in PRIVILEGED:
        for thing in vars(sys.modules.get(name, object)).values():
            if hasattr(thing, "set_client_mode"):
                thing.set_client_mode(False)


def start(layout, cloud, service, control):
    """Starts a service's workers and adds their requests to the control."""
    {"nova": _nova, "cinder": _cinder, "neutron": _neutron}.get(service, _none)(
        layout, cloud, control
    )


def _none(layout, cloud, control):
    """Most services are their API only."""


def _neutron(layout, cloud, control):
    from testbed.openstack.drivers import network

    network.REFUSED.update(layout.unbindable)
    control.handlers["unbindable"] = network.handle


def _nova(layout, cloud, control):
    import os_vif
    from nova import context, service
    from nova.compute import rpcapi as compute
    from nova.conductor import rpcapi as conductor
    from nova.objects import host_mapping
    from nova.scheduler import rpcapi as scheduler
    from nova.virt import block_device

    os_vif.initialize()

    def run(binary, topic, **more):
        made = service.Service.create(binary=binary, topic=topic, **more)
        made.start()
        return made

    def run_compute(host):
        alternative = getattr(compute, "RPC_TOPIC_ALT", None)
        more = {"topic_alt": alternative} if alternative else {}
        return run("nova-compute", compute.RPC_TOPIC, host=host, **more)

    run("nova-conductor", conductor.RPC_TOPIC)
    computes = Computes(run_compute)
    detach_from_any_host(computes, block_device)
    # a host that cannot register its resources tries again only a minute later
    for needed in ("keystone", "placement"):
        _wait_for(layout.root_url(cloud, needed) + "/")
    for host in layout.hosts(cloud):
        computes.start(host)
    host_mapping.discover_hosts(context.get_admin_context())
    run("nova-scheduler", scheduler.RPC_TOPIC)
    control.handlers["computes"] = computes.handle


def _wait_for(url, limit=120):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            opener.open(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{url} does not answer")


class _DirectCalls:
    """Stands in for eventlet.tpool, which hangs for ever among native threads."""

    @staticmethod
    def Proxy(thing, *args, **kwargs):
        return thing

    @staticmethod
    def execute(function, *args, **kwargs):
        return function(*args, **kwargs)


def _cinder(layout, cloud, control):
    if layout.releases[cloud] != "zed":
        from cinder.image import image_utils

        image_utils.tpool = _DirectCalls
    import os_brick
    from cinder import objects, service, utils
    from oslo_config import cfg

    # all files are ours: `env COMMAND` where cinder says `sudo ... COMMAND`
    utils.get_root_helper = lambda: "env"
    objects.register_all()
    os_brick.setup(cfg.CONF)
    service.Service.create(binary="cinder-scheduler").start()
    for backend in cfg.CONF.enabled_backends:
        service.Service.create(
            host=f"{cfg.CONF.host}@{backend}",
            service_name=backend,
            binary="cinder-volume",
            coordination=True,
        ).start()
