# SPDX-License-Identifier: Apache-2.0
"""What projects are called, for what the operator is told of others' things."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Ref
from pumphouse.resources.network.policies import EVERYBODY
from pumphouse.resources.outlook import Outlook

_NAMED = 3  # so many are named, the others counted


@dataclass
class Projects:
    """Names of projects on both clouds; those of the plan take no request."""

    outlook: Outlook
    _asked: dict[tuple[str, str], str] = field(default_factory=dict)

    def here(self, project_id: str) -> str:
        """Of the source: ``project web``."""
        known = self.outlook.resources.get(Ref("project", project_id))
        return f"project {known.label}" if known else self._on("source", project_id)

    def there(self, project_id: str) -> str:
        """Of the destination: ``project web``."""
        return self._on("destination", project_id)

    def all_here(self, project_ids: Iterable[str]) -> str:
        """``project a, project b and 7 more``; everybody is everybody."""
        return _told(project_ids, self.here)

    def all_there(self, project_ids: Iterable[str]) -> str:
        """As :meth:`all_here`, of the destination."""
        return _told(project_ids, self.there)

    def _on(self, side: str, project_id: str) -> str:
        if (side, project_id) not in self._asked:
            cloud = getattr(self.outlook, side)
            self._asked[side, project_id] = f"project {_name(cloud, project_id)}"
        return self._asked[side, project_id]


def _told(project_ids: Iterable[str], named: Callable[[str], str]) -> str:
    ids = sorted(set(project_ids))
    if EVERYBODY in ids:
        return "everybody"
    said = [named(each) for each in ids[:_NAMED]]
    if len(ids) > _NAMED:
        return f"{', '.join(said)} and {len(ids) - _NAMED} more"
    return " and ".join(filter(None, (", ".join(said[:-1]), said[-1]))) if said else ""


def _name(cloud: Cloud, project_id: str) -> str:
    """Its name; its id where it is gone, as its things may be left behind."""
    if not project_id:
        return "(none)"
    found = cloud.find("identity", f"/projects/{project_id}", "project")
    return str((found or {}).get("name") or project_id)
