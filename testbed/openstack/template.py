# SPDX-License-Identifier: Apache-2.0
"""Knows whether the prepared template still fits the layout and the code.

Paths, ports and configuration are baked into a template. Its stamp records all that
went in; a template with another stamp is made again.
"""

import hashlib
import json

from testbed.openstack.layout import PACKAGE

# The code whose output is in the template
BAKED = (
    "config",
    "bootstrap.py",
    "database.py",
    "layout.py",
    "prepare.py",
    "releases.py",
)


def code_digest(package=PACKAGE):
    """A digest over everything that decides what a template holds."""
    digest = hashlib.sha256()
    for name in BAKED:
        path = package / name
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    for file in sorted(package.glob("*.lock")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def settings(layout):
    """The part of the stamp that the environment decides."""
    return {
        "home": str(layout.home),
        "cache": str(layout.cache),
        "port": layout.base_port,
        "source": layout.releases["source"],
        "destination": layout.releases["destination"],
    }


def stamp(layout):
    """All that a template depends on."""
    return {**settings(layout), "code": code_digest()}


def read(directory):
    """The stamp of a template or of a running testbed; empty if it has none."""
    try:
        return json.loads((directory / "stamp.json").read_text())
    except (OSError, ValueError):
        return {}


def write(directory, layout):
    """Marks a template as complete."""
    (directory / "stamp.json").write_text(json.dumps(stamp(layout), indent=2))


def difference(old, new):
    """What changed between two stamps, for a person; empty if nothing did."""
    if not old:
        return "it is not complete"
    names = [k for k in new if old.get(k) != new[k]]
    return ", ".join(
        "the code" if k == "code" else f"{k} was {old.get(k)}, is {new[k]}"
        for k in names
    )
