# SPDX-License-Identifier: Apache-2.0
"""What every resource type keeps to on real clouds, of the releases at hand.

Nothing is made here: these rules say more the more is there, and nothing where
there is nothing.  They look at both clouds alike.
"""

from __future__ import annotations

import functools
from collections import Counter

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Need, Ref, Resource
from pumphouse.resources import registry
from pumphouse.resources.base import ResourceType
from pumphouse.resources.listing import ID, PROJECT, where
from tests.clouds.resources.clouds import SIDES, cloud

ENOUGH = 40  # resources a type, where each costs a request


def itself(ref: Ref) -> str:
    return ref.id


@functools.cache
def everywhere(side: str, name: str) -> tuple[Resource, ...]:
    kind = registry.resource_types()[name]
    return tuple(kind.list(cloud(side)))


@functools.cache
def in_projects(side: str, name: str) -> tuple[Resource, ...]:
    kind = registry.resource_types()[name]
    if not kind.owned():
        return ()
    projects = [project.ref.id for project in everywhere(side, "project")]
    return tuple(kind.list(cloud(side), where(PROJECT, projects)))


def _values(resources: tuple[Resource, ...], field: str) -> list[str]:
    """What there is in *field*, in a stable order."""
    found = (
        each.project_id if field == PROJECT else each.record.get(field)
        for each in resources
    )
    return sorted({str(value) for value in found if value})


class Rules:
    """The rules; mixed into a ``CloudsTestCase`` that sets ``kind``."""

    kind: ResourceType

    def seen(self, side):
        """All that either way of listing shows, once each."""
        listed = (*everywhere(side, self.kind.name), *in_projects(side, self.kind.name))
        return {resource.ref: resource for resource in listed}

    def test_there_is_something_to_look_at(self):
        for side in SIDES:
            self.assertNotEqual({}, self.seen(side), side)

    def test_no_field_is_undeclared(self):
        """What an API grows is seen here, and lost nowhere."""
        for side in SIDES:
            for resource in self.seen(side).values():
                unknown = self.kind.undeclared(resource.record)
                self.assertEqual(set(), unknown, f"{side} {resource}")

    def test_nothing_is_listed_twice(self):
        for side in SIDES:
            for listed in (everywhere, in_projects):
                times = Counter(r.ref for r in listed(side, self.kind.name))
                self.assertEqual([], [r for r, n in times.items() if n > 1], side)

    def test_references_are_well_formed(self):
        types = registry.resource_types()
        for side in SIDES:
            for resource in self.seen(side).values():
                self.assertEqual(self.kind.name, resource.ref.type)
                self.assertEqual(resource.ref, Ref.parse(str(resource.ref)))
                for need in self.kind.needs(resource):
                    self.assertIsInstance(need, Need)
                    self.assertIn(need.ref.type, types)
                    self.assertTrue(need.ref.id and need.why, need)
                    self.assertNotEqual(resource.ref, need.ref)

    def test_each_is_equal_to_itself(self):
        for side in SIDES:
            for each in self.seen(side).values():
                self.assertIsNotNone(self.kind.key(each, itself), each)
                different = self.kind.compare(each, each, itself, Options())
                self.assertEqual((), different, f"{side} {each}")

    def test_fetching_gives_what_listing_gives(self):
        for side in SIDES:
            some = dict(list(self.seen(side).items())[:ENOUGH])
            ids = [ref.id for ref in some]
            fetched = {r.ref: r for r in self.kind.list(cloud(side), where(ID, ids))}
            # What other tests made and removed meanwhile is nobody's fault.
            for ref in set(some) & set(fetched):
                self.assertEqual(
                    set(some[ref].record), set(fetched[ref].record), f"{side} {ref}"
                )
                different = self.kind.compare(
                    some[ref], fetched[ref], itself, Options()
                )
                self.assertEqual((), different, f"{side} {ref}")
            gone = set(some) - set(fetched)
            again = {r.ref for r in self.kind.list(cloud(side))} if gone else ()
            self.assertEqual(set(), gone & set(again), side)

    def test_each_filter_gives_what_the_whole_list_has(self):
        for side in SIDES:
            all_there = everywhere(side, self.kind.name)
            for field in {*self.kind.filters, self.kind.within} - {"", ID}:
                asked = where(field, _values(all_there, field)[:3])
                meant = {r.ref for r in all_there if self.kind.meant(r, asked)}
                found = {r.ref for r in self.kind.list(cloud(side), asked)}
                # What other tests made and removed meanwhile is nobody's fault.
                differing = meant ^ found
                again = differing and {*self.kind.list(cloud(side), asked)} ^ {
                    r for r in self.kind.list(cloud(side)) if self.kind.meant(r, asked)
                }
                self.assertFalse(again, f"{side} {field} {differing}")

    def test_what_is_not_there_is_left_out(self):
        for side in SIDES:
            known = next(iter(self.seen(side)), None)
            if known is None:
                continue
            missing = known.id[:-4] + "0000"
            try:
                found = list(self.kind.list(cloud(side), where(ID, [missing])))
            except exceptions.CloudError as error:
                self.fail(f"{side}: {error}")
            self.assertNotIn(Ref(self.kind.name, missing), [r.ref for r in found])

    def test_in_no_project_there_is_nothing(self):
        for side in SIDES:
            before = cloud(side).log.total
            self.assertEqual([], list(self.kind.list(cloud(side), where(PROJECT, []))))
            self.assertEqual(before, cloud(side).log.total)
