# SPDX-License-Identifier: Apache-2.0
"""The contract of a transfer: a way of moving bytes from one cloud to another.

Three parts meet in it.  An :class:`Origin` gives bytes, a :class:`Target` takes
them, and a :class:`Transfer` moves them from the one to the other, hashing and
counting under way.  A transfer knows no HTTP, and the two ends know no queue.

What every implementation guarantees, and what the tests hold it to:

* memory is bounded, whatever the size; nothing is put into a temporary file;
* what is handed on is exactly what was read, in order, each byte once;
* a short, long or altered stream is an error *before* the target is told that
  it has everything, so that partial data never counts as whole;
* the target is told to give up by an exception out of the chunks it is fed;
* ``checkpoint`` is called at least once a second and for each chunk, and what it
  raises ends the transfer;
* the same transfer may be done again from the start, by another process.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Expected:
    """What the origin's cloud says of the bytes.

    :param size: how many; None if it does not say
    :param digests: hash algorithm (as ``hashlib`` names it) -> hex digest
    """

    size: int | None = None
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moved:
    """What went through: bytes, and their digest by each algorithm."""

    size: int
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told, and asked, while bytes move.  Both are called often.

    :param checkpoint: raises when the transfer is to stop
    :param progress: is told how many bytes were handed on so far
    """

    checkpoint: Callable[[], None] = lambda: None
    progress: Callable[[int], None] = lambda done: None


class Origin(Protocol):
    """Gives bytes.  Used by one thread at a time."""

    def open(
        self, offset: int, chunk_size: int
    ) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes from *offset* on, in chunks of at most *chunk_size*.

        A stream that ends early either raises a retryable ``CloudError`` or just
        ends; the transfer counts.  Leaving the context frees the connection.

        :raises CloudError: there are none, or none from *offset* on
        """


class Target(Protocol):
    """Takes bytes.

    Guarantees that data is whole for everybody else only after the chunks have
    ended without an exception.
    """

    def write(self, chunks: Iterable[bytes]) -> None:
        """Take all *chunks*.  Iterates over them once.

        :raises CloudError: the cloud did not take them
        """


class Transfer(abc.ABC):
    """A way of moving bytes; plug-ins of the group ``pumphouse.transfers``."""

    name: ClassVar[str]

    @abc.abstractmethod
    def move(
        self, origin: Origin, target: Target, expected: Expected, watch: Watch
    ) -> Moved:
        """Move everything from *origin* to *target*, once.

        :raises DataLost: the origin stopped, however often it was asked again
        :raises DataMismatch: what was read is not what was *expected*
        :raises CloudError: an end failed; trying again may help if ``retryable``
        :raises Suspended: ``watch.checkpoint`` said so
        """
