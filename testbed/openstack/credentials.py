# SPDX-License-Identifier: Apache-2.0
"""The testbed's passwords, and the files that hand them out.

They are made at random for each prepared template and kept in files that only
their owner can read; none is ever an argument of a process.
"""

import json
import os
import secrets

from testbed.openstack.layout import CLOUDS, SERVICES


def write_private(path, text):
    """Writes a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)


def generate(layout):
    """New passwords for a new template."""
    found = {
        c: {n: secrets.token_hex(16) for n in ("admin", "service")} for c in CLOUDS
    }
    write_private(layout.run / "secrets.json", json.dumps(found))


def load(layout):
    """cloud -> {"admin": password, "service": password}."""
    return json.loads((layout.run / "secrets.json").read_text())


def write_clouds(layout):
    """clouds.yaml, with the two clouds' admin credentials and nothing else."""
    passwords = load(layout)
    lines = ["clouds:"]
    for cloud in CLOUDS:
        lines += [
            f"  {cloud}:",
            "    auth:",
            f"      auth_url: {layout.url(cloud, 'keystone')}",
            "      username: admin",
            f"      password: {passwords[cloud]['admin']}",
            "      project_name: admin",
            "      user_domain_name: Default",
            "      project_domain_name: Default",
            "    region_name: RegionOne",
            '    identity_api_version: "3"',
        ]
    write_private(layout.clouds_yaml, "\n".join(lines) + "\n")


def write_facts(layout):
    """testbed.json: what a migration or a test needs beside the credentials."""
    facts = {
        cloud: {
            "release": layout.releases[cloud],
            "ports": {s: layout.port(cloud, s) for s in SERVICES},
            "compute_hosts": layout.hosts(cloud),
            "keystone_database": layout.database_url(cloud, "keystone"),
        }
        for cloud in CLOUDS
    }
    write_private(layout.facts, json.dumps(facts, indent=2) + "\n")
