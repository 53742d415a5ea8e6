# SPDX-License-Identifier: Apache-2.0
"""What commands work with, opened when first asked for: file, store, clouds.

Each import stands where it is first needed: whoever lists plans does not wait for
the libraries that talk to clouds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pumphouse import exceptions
from pumphouse.cli import green

if TYPE_CHECKING:
    from oslo_config import cfg

    from pumphouse.check.findings import Finding
    from pumphouse.cloud.cloud import Cloud
    from pumphouse.cloud.identity_database import IdentityDatabase
    from pumphouse.conf.migration import Migration, Side
    from pumphouse.flow.recorder import Watcher
    from pumphouse.flow.runner import Runner
    from pumphouse.models import CloudPair, Ref
    from pumphouse.plan.planner import Planner
    from pumphouse.resources.base import ResourceType
    from pumphouse.store import Store


# For who only looks whether a cloud is there:
_RETRIES = 1  # attempts after the first
_PATIENCE = 15.0  # seconds without a byte


class Workspace:
    """One invocation's objects.

    :param conf: the options of pumphouse.conf
    :param migration_file: path of the migration file
    :param database: URL of Pumphouse's own database, over that of *conf*
    :raises InputError: green threads are asked for, and eventlet is not installed
    """

    def __init__(
        self, conf: cfg.ConfigOpts, migration_file: str, *, database: str = ""
    ) -> None:
        green.prepare(conf.engine.executor)
        self.conf = conf
        self._migration_file = migration_file
        self._database = database
        self._exits = contextlib.ExitStack()
        self.may_create = True
        """Whether the database is made where there is none: not for those who read."""

    def close(self) -> None:
        """Close what was opened."""
        self._exits.close()

    @cached_property
    def types(self) -> Mapping[str, ResourceType]:
        from pumphouse.resources.registry import resource_types

        return resource_types()

    def type(self, name: str) -> ResourceType:
        """:raises InputError: there is no such resource type"""
        try:
            return self.types[name]
        except KeyError:
            from pumphouse.conf.problems import did_you_mean

            raise exceptions.InputError(
                f"there is no resource type {name!r}",
                hint=did_you_mean(name, self.types),
            ) from None

    @cached_property
    def migration(self) -> Migration:
        from pumphouse.conf.migration import load_migration_file

        return load_migration_file(self._migration_file, types=self.types)

    @cached_property
    def store(self) -> Store:
        from pumphouse.store import Store

        store = Store(
            self._database_url,
            lock_timeout=self.conf.database.lock_timeout,
            existing=not self.may_create,
        )
        self._exits.callback(store.close)
        return store

    @cached_property
    def source(self) -> Cloud:
        return self._connect("source", self.migration.source, self._in_flight)

    @cached_property
    def destination(self) -> Cloud:
        where = self.migration.destination
        return self._connect("destination", where, self._in_flight)

    @property
    def pair(self) -> CloudPair:
        from pumphouse.models import CloudPair

        return CloudPair(self.source.identity, self.destination.identity)

    @cached_property
    def source_passwords(self) -> IdentityDatabase | None:
        return self._identity_database("source", self.migration.source)

    @cached_property
    def destination_passwords(self) -> IdentityDatabase | None:
        return self._identity_database("destination", self.migration.destination)

    @property
    def passwords(self) -> tuple[IdentityDatabase, IdentityDatabase] | None:
        """Both Keystone databases, if the migration file names both."""
        source, destination = self.source_passwords, self.destination_passwords
        return (source, destination) if source and destination else None

    def planner(self, *, without_blocked: bool = False) -> Planner:
        """
        :param without_blocked: leave what is blocked out, see ``Planner``
        """
        from pumphouse.flow import history
        from pumphouse.plan import preflight
        from pumphouse.plan.planner import Planner

        store = self.store
        bindings = {b.ref: b for b in store.bindings(self.pair)}

        def told(refs: Collection[Ref]) -> Mapping[Ref, Collection[str]]:
            said = history.told(store, [bindings[ref] for ref in refs])
            return {ref: (*t.announced, *t.not_kept) for ref, t in said.items()}

        return Planner(
            source=self.source,
            destination=self.destination,
            types=self.types,
            options=self.migration.options,
            mappings=self.migration.mappings,
            bindings=bindings,
            unfinished={
                intent.ref: intent.run_id
                for intent in self.store.open_intents(
                    self.pair,
                    kinds=[
                        each.kind
                        for kind in self.types.values()
                        for each in kind.temporaries
                        if each.unfinished
                    ],
                )
            },
            begun=history.begun(store, bindings.values()),
            told=told,
            passwords=self.passwords is not None,
            identity=self.source_passwords,
            memory=self.store,
            without_blocked=without_blocked,
            preflight=preflight.check,
        )

    def runner(self, watcher: Watcher) -> Runner:
        from pumphouse.conf.settings import Settings
        from pumphouse.flow.engine import Patience
        from pumphouse.flow.runner import Runner

        return Runner(
            source=self.source,
            destination=self.destination,
            store=self.store,
            types=self.types,
            watcher=watcher,
            workers=self.migration.limits.workers or self.conf.engine.workers,
            waiting=self._waiting,
            executor=self.conf.engine.executor,
            patience=Patience(
                attempts=self.conf.engine.attempts, delay=self.conf.engine.retry_delay
            ),
            stop_timeout=self.conf.engine.stop_timeout,
            settings=Settings.of(self.conf),
            source_passwords=self.source_passwords,
            destination_passwords=self.destination_passwords,
        )

    @property
    def _waiting(self) -> int:
        given = self.migration.limits.waiting
        return self.conf.engine.waiting if given is None else given

    def check(self) -> list[Finding]:
        """All that there is to say before anything is done; see ``pumphouse.check``.

        Each thing is looked at by itself, whatever is wrong with others.
        """
        from pumphouse.check.everything import check

        return check(
            self._migration_file,
            self.types,
            lambda side, where: self._connect(side, where, {}, looking=True),
            self._database_url,
            self.conf.database.lock_timeout,
        )

    @property
    def _database_url(self) -> str:
        return self._database or self.conf.database.connection

    @property
    def _in_flight(self) -> dict[str, int]:
        limits = self.migration.limits.requests_in_flight
        return {str(k): v for k, v in limits.items()}

    def _connect(
        self,
        side: str,
        where: Side,
        in_flight: Mapping[str, int],
        *,
        looking: bool = False,
    ) -> Cloud:
        from pumphouse.cloud.cloud import connect

        retries, timeout = self.conf.cloud.retries, self.conf.cloud.request_timeout
        if looking:
            retries, timeout = min(retries, _RETRIES), min(timeout, _PATIENCE)

        cloud = connect(
            side,
            where.cloud,
            limits={"default": self.conf.cloud.requests_in_flight, **in_flight},
            retries=retries,
            region=where.region or "",
            request_timeout=timeout,
        )
        self._exits.callback(cloud.close)
        return cloud

    def _identity_database(self, side: str, where: Side) -> IdentityDatabase | None:
        if where.identity_database is None:
            return None
        from pumphouse.cloud.identity_database import IdentityDatabase

        url = where.identity_database.get_secret_value()
        try:
            # Nothing ever writes to the source's
            database = IdentityDatabase(url, side, read_only=side == "source")
        except exceptions.IdentityDatabaseError as error:
            key = f"{side}.identity_database"
            raise self.migration.error(key, error.what, error.hint) from None
        close: Callable[[], None] = database.close
        self._exits.callback(close)
        database.check()
        return database
