# SPDX-License-Identifier: Apache-2.0
"""Quotas: what a project may have, and what is left of that.

A type says from which quotas its resources take, and how much.  Whoever adds that up
for a plan need not know any type, or any service's names for its quotas.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any

from pumphouse.cloud.cloud import Cloud

UNLIMITED = -1


class Quota(abc.ABC):
    """The quotas of one service."""

    @abc.abstractmethod
    def left(self, cloud: Cloud, project_id: str) -> Mapping[str, int]:
        """What each quota leaves of one project; ``UNLIMITED`` if it sets no bound.

        One request.  Empty if the cloud does not say.

        :param project_id: "" for a project that is yet to be made: what the cloud gives
            every project
        """


def free(value: Any) -> int:
    """What is left of one quota as services say it: a limit, or how much is used."""
    if not isinstance(value, Mapping):
        return int(value)
    if value["limit"] == UNLIMITED:
        return UNLIMITED
    used = int(value.get("used", value.get("in_use", 0)))
    reserved = int(value.get("reserved") or 0)
    return max(0, int(value["limit"]) - used - reserved)
