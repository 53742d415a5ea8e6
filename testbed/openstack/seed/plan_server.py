# SPDX-License-Identifier: Apache-2.0
"""The servers and volumes of one seeded project.

Servers come in four kinds, by turns: two made ports and a floating IP; one port that
Nova makes; a port without port security; one that is shut off.
"""

import base64

from testbed.openstack.seed.model import Server, Volume
from testbed.openstack.seed.plan_network import KINDS

ROLES = ("web", "app", "database", "batch")
USER_DATA = """#cloud-config
hostname: {name}
write_files:
  - path: /etc/motd
    content: {word}
"""


def servers(dice, project, prefix, count, owners, images, private):
    """`count` servers; `private` is the flavors that only this project may use."""
    made, base = [], f"{prefix}-base"
    for n in range(count):
        kind, label = n % KINDS, f"{project}-{n + 1}"
        mine = dice.of(label)
        flavors = ("small", "tiny", "large", "tiny")
        flavor = f"{prefix}-{flavors[kind]}"
        if kind == 2 and private:
            flavor = private[0].name
        front, back = ("port", f"{label}-front"), ("port", f"{label}-back")
        nics = (
            (front, back),
            (("network", f"{project}-back"), front),
            (back, front),
            (("network", f"{project}-front"),),
        )[kind]
        made.append(
            Server(
                name=f"{label}-{ROLES[kind]}",
                owner=owners[n % len(owners)],
                image=(images[0].name, base, images[1].name, base)[kind],
                flavor=flavor,
                nics=nics,
                key_name="default",
                user_data=_user_data(mine, label),
                # Nova gives these to the ports it makes itself
                groups=(f"{prefix}-backend", "default") if kind in (1, 3) else (),
                metadata={
                    "tier": ROLES[kind],
                    "cost-centre": str(mine.number(100, 999)),
                },
                tags=(ROLES[kind], "seeded"),
                description="The shop window" if kind == 0 else None,
                config_drive=kind == 0,
                running=kind != 3,
            )
        )
    return tuple(made)


def volumes(project, count, servers, owner, image, volume_type):
    """`count` volumes, by turns from an image and blank, attached while there are
    servers for them."""
    return tuple(
        Volume(
            name=f"{project}-volume-{n + 1}",
            owner=owner,
            size=1 + n % 2,
            image=None if n % 2 else image,
            volume_type=volume_type if n % 2 else None,
            server=f"{project}-{n + 1}-{ROLES[n % KINDS]}" if n < servers else None,
            metadata={"number": str(n + 1)},
        )
        for n in range(count)
    )


def _user_data(dice, name):
    word = dice.bytes(8).hex()
    return base64.b64encode(USER_DATA.format(name=name, word=word).encode()).decode()
