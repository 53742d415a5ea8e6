# SPDX-License-Identifier: Apache-2.0
"""Where everything lives and which port everything listens on.

A `Layout` is made from the environment once, by the command and by every service
process; nothing else in the testbed reads TESTBED_* variables.
"""

import contextlib
import hashlib
import os
import pathlib
import re
from dataclasses import dataclass, field

from testbed.errors import TestbedError

CLOUDS = ("source", "destination")
SERVICES = ("keystone", "glance", "placement", "neutron", "cinder", "nova")
RELEASES = ("zed", "2026.2")
DEFAULTS = {"source": "zed", "destination": "2026.2"}
DATABASES = (
    "keystone",
    "glance",
    "placement",
    "neutron",
    "cinder",
    "nova_api",
    "nova_cell0",
    "nova",
)
PACKAGE = pathlib.Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent.parent

# the unix socket below TESTBED_HOME; sun_path holds 108 bytes with its final NUL
SOCKET = "run/mysql/mysqld.sock"
SOCKET_LIMIT = 107
ALIASES = pathlib.Path("/tmp")
PORTS_USED = 200


@dataclass(frozen=True)
class Layout:
    """One testbed: its directories, its ports, the releases of its clouds.

    `home` and `cache` are paths that every program accepts. If what was asked for is
    not such a path, they are links to it, and `aliases` says which.
    """

    home: pathlib.Path
    cache: pathlib.Path
    base_port: int = 20000
    computes: int = 2
    releases: dict = field(default_factory=lambda: dict(DEFAULTS))
    unbindable: tuple = ()
    # (link, what it leads to)
    aliases: tuple = ()

    @classmethod
    def from_environment(cls, env=None):
        """The layout that TESTBED_* variables ask for."""
        env = os.environ if env is None else env
        wanted = _absolute(env.get("TESTBED_HOME") or default_home())
        home = plain(wanted)
        wanted_cache = _absolute(env.get("TESTBED_CACHE") or home / "cache")
        cache = plain(wanted_cache)
        pairs = ((home, wanted), (cache, wanted_cache))
        return cls(
            home=home,
            cache=cache,
            aliases=tuple((link, real) for link, real in pairs if link != real),
            base_port=_number(env, "TESTBED_PORT", 20000, 1024, 65535 - PORTS_USED),
            computes=_number(env, "TESTBED_COMPUTES", 2, 1, 20),
            releases={cloud: _release(env, cloud) for cloud in CLOUDS},
            unbindable=tuple(
                filter(None, env.get("TESTBED_UNBINDABLE_HOSTS", "").split(","))
            ),
        )

    def to_environment(self):
        """The variables from which a service process makes this layout again."""
        return {
            "TESTBED_HOME": str(self.home),
            "TESTBED_CACHE": str(self.cache),
            "TESTBED_PORT": str(self.base_port),
            "TESTBED_COMPUTES": str(self.computes),
            "TESTBED_SOURCE": self.releases["source"],
            "TESTBED_DESTINATION": self.releases["destination"],
            "TESTBED_UNBINDABLE_HOSTS": ",".join(self.unbindable),
        }

    # -- directories and files
    @property
    def run(self):
        """Everything of a testbed that is up; `down` removes it."""
        return self.home / "run"

    @property
    def template(self):
        """What `prepare` made and `up` copies."""
        return self.home / "template"

    @property
    def venv(self):
        """The virtual environment of the release from PyPI."""
        return self.cache / "venv"

    @property
    def zed_share(self):
        """Files of Debian packages that must not be installed as a whole."""
        return self.cache / "zed-share"

    @property
    def clouds_yaml(self):
        """The admin credentials of both clouds, for openstacksdk."""
        return self.run / "clouds.yaml"

    @property
    def facts(self):
        """What else a test needs to know of the clouds, as JSON."""
        return self.run / "testbed.json"

    def cloud(self, cloud):
        """The directory of one cloud: configuration, logs, disks."""
        return self.run / cloud

    def etc(self, cloud, service):
        """The configuration directory of one service."""
        return self.cloud(cloud) / "etc" / service

    def log(self, cloud, service):
        """What a service process prints."""
        return self.cloud(cloud) / "log" / f"{service}.out"

    # -- links to places with awkward names
    @contextlib.contextmanager
    def reachable(self):
        """Sees to the links; they stay as long as there is something in run/."""
        for link, real in self.aliases:
            private_directory(link.parent)
            real.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                link.symlink_to(real)
        try:
            yield
        finally:
            if not self.run.exists():
                for link, _ in self.aliases:
                    with contextlib.suppress(FileNotFoundError):
                        link.unlink()
                        link.parent.rmdir()

    def shown(self, text):
        """A message with the paths as they were asked for."""
        for link, real in self.aliases:
            text = text.replace(str(link), str(real))
        return text

    # -- the database
    @property
    def mysql(self):
        """The directory of the one database server."""
        return self.run / "mysql"

    @property
    def socket(self):
        """The database's unix socket."""
        return self.home / SOCKET

    def database_url(self, cloud, database):
        """The SQLAlchemy URL of one database of one cloud."""
        return (
            f"mysql+pymysql://root@localhost/{cloud}_{database}"
            f"?unix_socket={self.socket}&charset=utf8"
        )

    # -- ports
    def port(self, cloud, service):
        """The TCP port of a service; all are on 127.0.0.1."""
        offset = 100 * CLOUDS.index(cloud) + SERVICES.index(service) + 1
        return self.base_port + offset

    def root_url(self, cloud, service):
        """A service without the version in its path."""
        return f"http://127.0.0.1:{self.port(cloud, service)}"

    def url(self, cloud, service):
        """A service as the catalogue names it."""
        version = {"keystone": "/v3", "nova": "/v2.1", "cinder": "/v3"}
        return self.root_url(cloud, service) + version.get(service, "")

    def hosts(self, cloud):
        """The names of a cloud's compute hosts."""
        return [f"{cloud}-cmp-{n}" for n in range(1, self.computes + 1)]


def default_home():
    """build/testbed in the checkout, or below the current directory without one."""
    root = CHECKOUT if (CHECKOUT / "setup.cfg").exists() else pathlib.Path.cwd()
    return root / "build" / "testbed"


def plain(path):
    """`path`, or a short link to it if some program would stumble over it.

    A unix socket's path is limited to 107 bytes, and paths stand inside URLs and in
    configuration files, where spaces, `$` and `%` mean something else.
    """
    harmless = re.fullmatch(r"[A-Za-z0-9/._-]+", str(path))
    if harmless and len(os.fsencode(path / SOCKET)) <= SOCKET_LIMIT:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return ALIASES / f"testbed-{os.getuid()}-{digest}" / "home"


def private_directory(path):
    """Makes a directory that is ours alone, or refuses one that is not."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_symlink() or path.lstat().st_uid != os.getuid():
        raise TestbedError(f"{path} belongs to someone else: remove it first")
    path.chmod(0o700)


def _absolute(path):
    return pathlib.Path(os.path.abspath(pathlib.Path(path).expanduser()))


def _number(env, name, default, low, high):
    text = env.get(name) or str(default)
    if not text.isdecimal() or not low <= int(text) <= high:
        raise TestbedError(f"{name} must be a number from {low} to {high}, not {text}")
    return int(text)


def _release(env, cloud):
    name = f"TESTBED_{cloud.upper()}"
    release = env.get(name) or DEFAULTS[cloud]
    if release not in RELEASES:
        raise TestbedError(f"{name} must be {' or '.join(RELEASES)}, not {release}")
    return release
