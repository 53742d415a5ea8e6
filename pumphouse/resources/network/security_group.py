# SPDX-License-Identifier: Apache-2.0
"""Security groups, and the rules that Neutron puts into new ones by itself."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Difference, Finding, Origin, Record, Ref, Resource
from pumphouse.resources.context import Context
from pumphouse.resources.fields import Fate, Field, Translate, copied, dropped
from pumphouse.resources.network import group_rules
from pumphouse.resources.network.exposure import Exposure
from pumphouse.resources.network.neutron import STANDARD, NeutronType
from pumphouse.resources.network.security_group_rule import SecurityGroupRule, rule_key
from pumphouse.resources.outlook import Outlook

DEFAULT = "default"
RULES = "security_group_rules"
ITSELF = "(itself)"  # stands for the group that a rule is in
RULE_TYPE = SecurityGroupRule.name


class SecurityGroup(NeutronType):
    """A security group.  Its rules are resources of their own.

    Neutron puts rules into every new group.  Those that the source's group has as
    well stand for its rules from the start; the others are removed, so that nothing
    is let through that was not before.

    The group ``default`` cannot be created: Neutron makes it when it is asked for.
    """

    name = "security-group"
    path = "/security-groups"
    singular = "security_group"
    plural = "security_groups"
    counted = "security_group"
    set_later = ("tags", RULES)
    fields = (
        *STANDARD,
        copied("name"),
        copied("stateful", default=True),
        Field(
            RULES,
            Fate.COMPARED,
            why="rules that only the destination's group has are a difference",
            send=False,
        ),
        dropped("shared", "it depends on who asks; RBAC policies are not migrated yet"),
    )
    extensions = {"stateful": "stateful-security-group"}

    # -- compare ----------------------------------------------------------
    def carried(self, record: Record, options: Options) -> Record:
        return {k: v for k, v in record.items() if k != RULES}

    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        """Of the rules only those count that just the destination has.

        Those it lacks are resources of their own.
        """
        found = super().compare(source, destination, translate, options)
        if RULES not in source.record:
            return found
        extra = _extra(source, destination, translate)
        return (*found, Difference(RULES, [], extra)) if extra else found

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        """What its reach becomes; what groups there already let through besides."""
        yield from Exposure(outlook).findings(self.name)
        extra = functools.partial(_extra, decided=True)
        yield from group_rules.foresee(self, outlook, extra)

    # -- steps ------------------------------------------------------------
    def create(self, ctx: Context, resource: Resource) -> str:
        if resource.name != DEFAULT:
            return super().create(ctx, resource)
        group = self._default(ctx, resource)
        body = self.body(ctx, resource)
        changed = {
            k: v
            for k, v in body.items()
            if k in group and (group[k] or "") != (v or "")
        }
        if changed:
            ctx.destination.put(
                self.service, f"{self.path}/{group['id']}", {self.singular: changed}
            )
        self.finish_made(ctx, resource, group)
        return str(group["id"])

    def finish(self, ctx: Context, resource: Resource, made: Record) -> None:
        super().finish(ctx, resource, made)
        wanted = {
            _key(rule, resource.ref.id, ctx.translate): Ref(RULE_TYPE, rule["id"])
            for rule in resource.record.get(RULES) or ()
        }
        for rule in made.get(RULES) or ():
            ref = wanted.get(_key(rule, made["id"], _itself))
            if ref is None:
                ctx.destination.delete(
                    self.service, f"{SecurityGroupRule.path}/{rule['id']}"
                )
            elif ctx.binding(ref) is None:
                ctx.bind(ref, rule["id"])

    # -- undo -------------------------------------------------------------
    def sweep(self, ctx: Context, resource: Resource) -> Mapping[str, Any]:
        """Its rules are bound before it is itself, and go with it."""
        if ctx.unsettled("create", resource.ref) is not None:
            for rule in resource.record.get(RULES) or ():
                bound = ctx.binding(Ref(RULE_TYPE, rule["id"]))
                if bound is not None and bound.origin is Origin.CREATED:
                    ctx.unbind(bound.ref)
        return super().sweep(ctx, resource)

    # -- helpers ----------------------------------------------------------
    def _default(self, ctx: Context, resource: Resource) -> dict[str, Any]:
        project = ctx.destination_id(Ref("project", resource.project_id))
        found = ctx.destination.list(
            self.service,
            self.path,
            self.plural,
            params={"project_id": project, "name": DEFAULT},
        )
        if found:
            return found[0]
        raise exceptions.ResourceError(
            "the destination does not make the default group of the project",
            resource=str(resource),
            hint="Look at the policy create_default_security_group there",
        )


def _itself(ref: Ref) -> str:
    return ref.id


def _key(rule: Record, group_id: str, translate: Translate) -> tuple[Hashable, ...]:
    """What makes rules the same across the clouds, the group they are in aside."""
    remote = rule.get("remote_group_id")
    if not remote:
        return rule_key(rule, None)
    if remote == group_id:
        return rule_key(rule, ITSELF)
    return rule_key(rule, translate(Ref("security-group", remote)) or "")


def _extra(
    source: Resource,
    destination: Resource,
    translate: Translate,
    *,
    decided: bool = False,
) -> list[str]:
    """The rules of the destination's group that the source's has not, in words.

    :param decided: whether it is known by now what stands for which group
    """
    wanted = {_key(r, source.ref.id, translate) for r in source.record.get(RULES) or ()}
    extra = []
    for record in destination.record.get(RULES) or ():
        key = _key(record, destination.ref.id, _itself)
        # A remote group that nothing stands for yet may turn out to be this one.
        unknown = (*key[:-1], "") if key[-1] and not decided else key
        if key not in wanted and unknown not in wanted:
            extra.append(SecurityGroupRule().resource(record).name)
    return sorted(extra)
