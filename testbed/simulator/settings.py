# SPDX-License-Identifier: Apache-2.0
"""How a simulated cloud behaves on a good day."""

from __future__ import annotations

from dataclasses import dataclass, field

MIB = 1024 * 1024


@dataclass
class Settings:
    """All times in seconds.

    :param seed: decides ids, addresses that are given out, and faults
    :param latency: by service (``compute``), ``default`` for all others
    :param build: until a new server is ACTIVE
    :param change: until any other change of a server is over
    :param unlimited: all quotas are, until set; otherwise those of a fresh OpenStack
    :param token_life: until a token expires
    :param keep: bytes of an image's data that are kept; of more only the hash is
    :param hosts: compute hosts
    """

    seed: int = 1
    latency: dict[str, float] = field(default_factory=dict)
    build: float = 0.5
    change: float = 0.2
    unlimited: bool = False
    token_life: float = 86400.0
    keep: int = 64 * MIB
    hosts: int = 2
    admin_password: str = "simulated"  # noqa: S105

    def delay(self, service: str) -> float:
        """Seconds that an answer of *service* takes."""
        if not self.latency:
            return 0.0
        return self.latency.get(service, self.latency.get("default", 0.0))
