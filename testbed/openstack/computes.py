# SPDX-License-Identifier: Apache-2.0
"""The compute hosts of one cloud, all in one process, each of which can be stopped."""


class Computes:
    """Hosts by name; `start_service` makes a host's nova-compute service."""

    def __init__(self, start_service):
        self.start_service = start_service
        self.services = {}
        self.known = set()

    def start(self, host):
        """The host joins the cloud, or comes back."""
        if host not in self.services:
            self.services[host] = self.start_service(host)
            self.known.add(host)

    def stop(self, host):
        """The host falls silent: no heartbeat, no RPC."""
        service = self.services.pop(host, None)
        if service is None:
            return
        for name in ("rpcserver", "rpcserver_alt"):
            if vars(service).get(name) is not None:
                vars(service)[name].stop()
        service.tg.stop()

    def handle(self, method, parts, _body):
        """Requests to /_testbed/computes."""
        if method == "POST":
            if len(parts) != 2 or parts[0] not in self.known:
                raise LookupError("/".join(parts))
            {"start": self.start, "stop": self.stop}[parts[1]](parts[0])
        elif method != "GET":
            raise ValueError(f"{method} is not for computes")
        return {host: host in self.services for host in sorted(self.known)}


def detach_from_any_host(computes, block_device):
    """Lets a volume be detached from a guest of any host in this process.

    nova.virt.block_device compares a guest's host with CONF.host; with many hosts in
    one process that is wrong, and every detachment would silently skip the driver.
    """

    class Here(str):
        __hash__ = str.__hash__

        def __eq__(self, host):
            return host in computes.services

    class Conf:
        def __getattr__(self, name):
            return Here() if name == "host" else getattr(conf, name)

    conf, block_device.CONF = block_device.CONF, Conf()
