# SPDX-License-Identifier: Apache-2.0
"""Whom a server is created as on the destination: its owner, or Pumphouse's own user.

Either takes a token of its project.  That is asked for while the source still runs,
so that a refusal costs no downtime, and kept until the server is created.
"""

from __future__ import annotations

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Ref, Resource
from pumphouse.resources.context import Context


def authorise(ctx: Context, resource: Resource) -> Cloud:
    """Make sure that somebody may create it.

    :returns: the destination as whoever is going to
    :raises WrongState: nobody may, as its project is disabled there
    :raises Forbidden: nobody may, for another reason
    """
    project = ctx.destination_id(Ref("project", resource.project_id))
    try:
        owner = as_owner(ctx, resource, project)
        return ctx.as_operator_in(project) if owner is None else owner
    except exceptions.Forbidden as refused:
        disabled = _disabled(ctx.destination, project)
        if not disabled:
            raise
        raise exceptions.WrongState(
            f"nobody can create it on the destination, where {disabled} is disabled",
            resource=str(resource),
            hint="Enable that there, then resume",
        ) from refused


def as_owner(ctx: Context, resource: Resource, project: str) -> Cloud | None:
    """The destination as its owner; None if that is Pumphouse's user, or may not."""
    owner = of(ctx, resource)
    if not owner or owner == ctx.destination.user_id:
        return None
    return ctx.acting_as(owner, project)


def of(ctx: Context, resource: Resource) -> str | None:
    """Its owner's id on the destination, if the owner is there."""
    return ctx.translate(Ref("user", str(resource.record.get("user_id"))))


def _disabled(cloud: Cloud, project_id: str) -> str:
    """Which of a project and its domain is disabled; empty if neither is."""
    project = cloud.find("identity", f"/projects/{project_id}", "project") or {}
    if project.get("enabled") is False:
        return f"project {project['name']}"
    domain_id = project.get("domain_id")
    domain = domain_id and cloud.find("identity", f"/domains/{domain_id}", "domain")
    return f"domain {domain['name']}" if domain and not domain["enabled"] else ""
