# SPDX-License-Identifier: Apache-2.0
"""A small made-up type, so that each inherited rule is seen on its own."""

from __future__ import annotations

from pumphouse.models import Ref
from pumphouse.resources import base
from pumphouse.resources.fields import (
    compared,
    copied,
    dropped,
    optional,
    reference,
    references,
)
from pumphouse.resources.listing import PROJECT
from tests.unit.resources.fakes import FakeCloud, FakeContext

OWNER = Ref("project", "p1")
PART = Ref("part", "x1")


class Thing(base.ResourceType):
    """A made-up type with a field of each fate."""

    name = "thing"
    service = "network"
    path = "/things"
    singular = "thing"
    plural = "things"
    project_field = "project_id"
    fields = (
        dropped("id", "the destination gives its own"),
        copied("name"),
        reference("project_id", "project", "its owner"),
        references("parts", "part", "what it is made of", default=[]),
        reference("home", "project", "at home", must=False, brings=False, default=None),
        optional("mac", "keep_mac_addresses"),
        compared("size", default=0),
        copied("key", secret=True, send=False, default=None),
    )
    filters = {PROJECT: "project_id"}
    repeated = True


THING = Thing()
SOURCE = {
    "id": "t1",
    "name": "web",
    "project_id": "p1",
    "parts": ["x1"],
    "mac": "fa:16:3e:00:00:01",
    "size": 3,
    "key": "hush",
}
THERE = {**SOURCE, "id": "t9", "project_id": "P1", "parts": ["X1"]}


def same(ref):
    return ref.id


def context(destination=None, **more):
    more.setdefault("bound", {OWNER: "P1", PART: "X1"})
    return FakeContext(destination=destination or FakeCloud(), **more)
