# SPDX-License-Identifier: Apache-2.0
"""What of pumphouse.conf a run's steps go by, frozen: times and sizes.

The defaults are those of the options, so that a context made without a
pumphouse.conf works as one with an empty file.
"""

from __future__ import annotations

from dataclasses import dataclass

from oslo_config import cfg


@dataclass(frozen=True, slots=True)
class Settings:
    """How patiently, and in how large pieces.

    :param create_timeout: seconds until a new server must be up
    :param state_timeout: seconds until any other change of a server must be over
    :param poll_interval: seconds between two looks at most; the first come sooner
    :param chunk_size: bytes that are read, hashed and written at once
    :param take_over_wait: seconds in which a request of an earlier owner of the run
        may still be under way
    """

    create_timeout: float = 600.0
    state_timeout: float = 300.0
    poll_interval: float = 3.0
    chunk_size: int = 1024 * 1024
    take_over_wait: float = 15.0

    @classmethod
    def of(cls, conf: cfg.ConfigOpts) -> Settings:
        """Those of a loaded pumphouse.conf."""
        return cls(
            create_timeout=conf.server.create_timeout,
            state_timeout=conf.server.state_timeout,
            poll_interval=conf.server.poll_interval,
            chunk_size=conf.transfer.chunk_size,
            take_over_wait=conf.engine.take_over_wait,
        )
