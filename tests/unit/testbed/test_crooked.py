# SPDX-License-Identifier: Apache-2.0
"""The crooked tenant without a cloud: what does not depend on one."""

import testtools

from testbed.openstack.seed import reset
from testbed.openstack.seed.crooked.base import Site, unless_there
from testbed.openstack.seed.rest import ApiError


class Refused(ApiError):
    def __init__(self, status):
        self.status = status


class Admin:
    """Keeps what is deleted."""

    def __init__(self):
        self.deleted = []

    def delete(self, service, path):
        self.deleted.append(path.rsplit("/", 1)[1])


class Cloud:
    def __init__(self):
        self.admin = Admin()


class TestCrooked(testtools.TestCase):
    def test_passwords_are_the_seeds(self):
        site = Site(Cloud(), "acme", 1)
        first, again = (site.person("crooked", "owner") for _ in range(2))
        other = Site(Cloud(), "acme", 2).person("crooked", "owner")
        self.assertEqual("acme-crooked-owner", first.name)
        self.assertEqual(first.password, again.password)
        self.assertNotEqual(first.password, other.password)
        self.assertNotIn(first.password, repr(first))

    def test_only_what_is_there_already_is_let_pass(self):
        with unless_there():
            raise Refused(409)
        with testtools.ExpectedException(Refused), unless_there():
            raise Refused(403)


class TestReset(testtools.TestCase):
    def test_the_deepest_project_goes_first(self):
        made = object.__new__(reset.Reset)
        made.admin = Admin()
        made.projects = {
            "top": {"parent_id": "default"},
            "middle": {"parent_id": "top"},
            "leaf": {"parent_id": "middle"},
        }
        made.delete_projects()
        self.assertEqual(["leaf", "middle", "top"], made.admin.deleted)
