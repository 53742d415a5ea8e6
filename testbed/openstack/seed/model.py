# SPDX-License-Identifier: Apache-2.0
"""What a seed consists of: frozen values, nothing that knows a cloud.

Things name each other by name; the ids are the clouds' business.
"""

from dataclasses import dataclass, field

MIB = 1 << 20


@dataclass(frozen=True)
class Keypair:
    """A public key that a user gave a name."""

    name: str
    public_key: str


@dataclass(frozen=True)
class User:
    """Somebody with a password of their own."""

    name: str
    password: str
    email: str
    enabled: bool = True
    # (project, role)
    roles: tuple = ()
    keypairs: tuple = ()


@dataclass(frozen=True)
class Flavor:
    """A size of server."""

    name: str
    vcpus: int
    ram: int
    disk: int
    ephemeral: int = 0
    swap: int = 0
    description: str | None = None
    extra_specs: dict = field(default_factory=dict)
    # None: public; else the projects that may use it
    access: tuple | None = None


@dataclass(frozen=True)
class Image:
    """An image whose bytes come from the seed; `project` None is the admin's."""

    name: str
    project: str | None
    owner: str | None
    size: int
    visibility: str = "private"
    protected: bool = False
    min_disk: int = 0
    min_ram: int = 0
    tags: tuple = ()
    properties: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A security group rule, as the API's fields; `remote_group` is a name."""

    direction: str
    ethertype: str = "IPv4"
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group: str | None = None
    description: str = ""


@dataclass(frozen=True)
class SecurityGroup:
    """A group with its rules; `open_egress` False deletes the two default rules."""

    name: str
    rules: tuple
    description: str = ""
    open_egress: bool = True


@dataclass(frozen=True)
class Subnet:
    """A subnet, as the API's fields."""

    name: str
    fields: dict


@dataclass(frozen=True)
class Network:
    """A network and its subnets."""

    name: str
    subnets: tuple
    description: str = ""
    tags: tuple = ()


@dataclass(frozen=True)
class Router:
    """A router with its gateway on the public network."""

    name: str
    address: str
    subnets: tuple
    routes: tuple


@dataclass(frozen=True)
class Port:
    """A port made before its server; `groups` None means port security is off."""

    name: str
    network: str
    subnet: str
    address: str
    mac: str
    groups: tuple | None
    pairs: tuple = ()


@dataclass(frozen=True)
class FloatingIP:
    """A public address, free if it has no port."""

    address: str
    description: str
    port: str | None = None


@dataclass(frozen=True)
class Volume:
    """A volume, blank or from an image, attached to a server or not."""

    name: str
    owner: str
    size: int
    image: str | None = None
    volume_type: str | None = None
    server: str | None = None
    metadata: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Server:
    """A server; `nics` in order, each ("port", name) or ("network", name)."""

    name: str
    owner: str
    image: str
    flavor: str
    nics: tuple
    key_name: str
    user_data: str
    groups: tuple = ()
    metadata: dict = field(default_factory=dict)
    tags: tuple = ()
    description: str | None = None
    config_drive: bool = False
    running: bool = True


@dataclass(frozen=True)
class Project:
    """A tenant with all it owns."""

    name: str
    description: str
    enabled: bool = True
    # service -> quota fields
    quotas: dict = field(default_factory=dict)
    users: tuple = ()
    groups: tuple = ()
    networks: tuple = ()
    router: Router | None = None
    ports: tuple = ()
    floating_ips: tuple = ()
    images: tuple = ()
    volumes: tuple = ()
    servers: tuple = ()


@dataclass(frozen=True)
class Plan:
    """Everything that one seed makes."""

    prefix: str
    seed: int
    role: str
    volume_type: str | None
    flavors: tuple
    images: tuple
    projects: tuple

    def users(self):
        """user -> the project they work in."""
        return {u: p for p in self.projects for u in p.users}
