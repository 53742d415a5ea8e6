# SPDX-License-Identifier: Apache-2.0
"""Decides what a seed makes, from its arguments alone.

Names, addresses, MACs, sizes, keys, passwords and bytes all come from the seed, so
that two runs, or two clouds, get the same.
"""

from testbed.openstack.seed import plan_network, plan_server, sshkeys
from testbed.openstack.seed.dice import Dice
from testbed.openstack.seed.model import (
    MIB,
    Flavor,
    Image,
    Keypair,
    Plan,
    Project,
    User,
)

WORDS = (
    "analytics", "archive", "billing", "build", "crm", "games", "iot", "mail",
    "media", "search", "shop", "wiki",
)  # fmt: skip
PEOPLE = (
    "ada", "bela", "carlos", "dana", "emil", "fatima", "goran", "hana", "ivo", "jana",
    "kofi", "lena", "mila", "noor", "otto", "priya", "quinn", "rosa", "sami", "tara",
)  # fmt: skip


def make(seed=1, prefix="acme", projects=1, servers=3, volumes=0, image_size=4):
    """The plan; `servers` and `volumes` are for each project, `image_size` in MiB."""
    dice = Dice(seed, prefix)
    names = _project_names(dice, prefix, projects)
    addresses = plan_network.public_addresses(dice, 3 * projects)
    role = f"{prefix}-operator"
    volume_type = f"{prefix}-fast" if volumes else None
    flavors = _flavors(prefix, names)
    made = [
        _project(
            dice.of(name),
            name,
            prefix=prefix,
            number=n,
            last=projects >= 3 and n == projects - 1,
            servers=servers,
            volumes=volumes,
            volume_type=volume_type,
            image_size=image_size,
            flavors=flavors,
            addresses=addresses[3 * n : 3 * n + 3],
            role=role,
        )
        for n, name in enumerate(names)
    ]
    shared = Project(f"{prefix}-shared", "What all teams look at; owns nothing")
    return Plan(
        prefix=prefix,
        seed=seed,
        role=role,
        volume_type=volume_type,
        flavors=flavors,
        images=(_public_image(prefix, image_size),),
        projects=(shared, *made),
    )


def image_data(plan, image):
    """The bytes of an image."""
    return Dice(plan.seed, plan.prefix, "image", image.name).bytes(image.size)


def _project_names(dice, prefix, count):
    words = dice.of("words").shuffled(WORDS)
    rounds = ["" if n < len(words) else str(n // len(words) + 1) for n in range(count)]
    return [f"{prefix}-{words[n % len(words)]}{rounds[n]}" for n in range(count)]


def _flavors(prefix, projects):
    return (
        Flavor(f"{prefix}-tiny", 1, 64, 1),
        Flavor(
            f"{prefix}-small",
            1,
            128,
            1,
            description="For most things",
            extra_specs={"hw_rng:allowed": "True", "quota:disk_total_iops_sec": "500"},
        ),
        Flavor(f"{prefix}-large", 2, 256, 2, ephemeral=1, swap=64),
        Flavor(
            f"{prefix}-private",
            2,
            192,
            1,
            description="Bought by some projects only",
            extra_specs={"hw:cpu_policy": "shared"},
            access=tuple(projects[:2]),
        ),
    )


def _public_image(prefix, size):
    return Image(
        f"{prefix}-base",
        None,
        None,
        size * MIB,
        visibility="public",
        tags=("base", "lts"),
        properties={
            "os_distro": "debian",
            "os_version": "12",
            "hw_disk_bus": "virtio",
            "architecture": "x86_64",
        },
    )


def _project(dice, name, *, number, last, servers, volumes, image_size, role, **more):
    prefix, flavors, addresses = more["prefix"], more["flavors"], more["addresses"]
    users = _users(dice, name, prefix, role, rsa=number == 0)
    images = _images(name, users[0].name, image_size * MIB)
    net = plan_network.make(dice.of("network"), name, prefix, servers, addresses)
    owners = [u.name for u in users if u.enabled][:2]
    private = [f for f in flavors if f.access is not None and name in f.access]
    return Project(
        name=name,
        description=f"The team for {name.removeprefix(prefix + '-')}",
        enabled=not last,
        quotas=_quotas(dice.of("quotas"), servers, volumes),
        users=users,
        groups=net.groups,
        networks=net.networks,
        router=net.router,
        ports=net.ports,
        floating_ips=net.floating_ips,
        images=images,
        servers=plan_server.servers(
            dice.of("servers"), name, prefix, servers, owners, images, private
        ),
        volumes=plan_server.volumes(
            name, volumes, servers, owners[0], images[-1].name, more["volume_type"]
        ),
    )


def _users(dice, project, prefix, role, rsa):
    """Five people: two who work, one who looks, two who have left."""
    first, second, reader, left, gone = dice.of("people").shuffled(PEOPLE)[:5]
    roles = {
        first: ((project, "member"), (project, role), (f"{prefix}-shared", "reader")),
        second: ((project, "member"),),
        reader: ((project, "reader"),),
        left: ((project, "member"),),
        gone: (),
    }
    users = []
    for person, has in roles.items():
        name, mine = f"{project}-{person}", dice.of("user", person)
        keys = []
        if person in (first, second, reader):
            line = sshkeys.ed25519(mine.of("default"), f"{person}@work")
            keys.append(Keypair("default", line))
        if person == first and rsa:
            keys.append(Keypair("laptop", sshkeys.rsa(mine.of("laptop"), "laptop")))
        users.append(
            User(
                name=name,
                password=mine.of("password").password(),
                email=f"{person}@{project}.example.org",
                enabled=person not in (left, gone),
                roles=has,
                keypairs=tuple(keys),
            )
        )
    return tuple(users)


def _images(project, owner, size):
    return (
        Image(
            f"{project}-app",
            project,
            owner,
            size,
            min_disk=1,
            min_ram=64,
            tags=("app",),
            properties={"os_type": "linux", "team_release": "2024-08"},
        ),
        Image(
            f"{project}-golden",
            project,
            owner,
            size,
            protected=True,
            properties={"hw_vif_model": "virtio"},
        ),
    )


def _quotas(dice, servers, volumes):
    return {
        "compute": {
            "instances": servers + dice.number(5, 15),
            "cores": 2 * servers + dice.number(10, 30),
            "ram": 256 * servers + 1024 * dice.number(8, 64),
            "server_groups": dice.number(5, 20),
        },
        "network": {
            "network": dice.number(10, 50),
            "subnet": dice.number(20, 60),
            "port": 4 * servers + dice.number(50, 90),
            "floatingip": dice.number(5, 20),
            "security_group": dice.number(12, 30),
        },
        "volume": {
            "volumes": volumes + dice.number(5, 15),
            "gigabytes": 2 * volumes + dice.number(50, 500),
            "snapshots": dice.number(5, 20),
        },
    }
