# SPDX-License-Identifier: Apache-2.0
"""Password hashes, from one Keystone's database into another's.

No API of Keystone hands out or takes a hash, so this goes past it, straight to
the tables ``local_user`` and ``password``.  The rules are Keystone's own
(keystone/identity/backends/sql_model.py): a user's current password is the row
with the largest ``created_at_int``; older rows are its history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from pumphouse.cloud import identity_url
from pumphouse.cloud.password_hash import SUPPORTED, PasswordHash
from pumphouse.cloud.redact import redact
from pumphouse.exceptions import IdentityDatabaseError

__all__ = ["SUPPORTED", "IdentityDatabase", "PasswordHash"]

_AT_ONCE = 500  # user ids in one query

_TABLES = sa.MetaData()
_USER = sa.Table(
    "local_user",
    _TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.String(64), nullable=False),
    sa.Column("domain_id", sa.String(64), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
)
_PASSWORD = sa.Table(
    "password",
    _TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("local_user_id", sa.Integer, nullable=False),
    sa.Column("password_hash", sa.String(255)),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("expires_at", sa.DateTime),
    sa.Column("created_at_int", sa.BigInteger, nullable=False),
    sa.Column("expires_at_int", sa.BigInteger),
    sa.Column("self_service", sa.Boolean, nullable=False),
)
_APPLICATION = sa.Table(
    "application_credential",
    _TABLES,
    sa.Column("internal_id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("user_id", sa.String(64), nullable=False),
)
# The newest first; Keystone leaves equal dates to chance, the later row it is here
_NEWEST_FIRST = (_PASSWORD.c.created_at_int.desc(), _PASSWORD.c.id.desc())


class IdentityDatabase:
    """One Keystone's database.  Thread-safe.  Its URL is a secret.

    :param url: an SQLAlchemy URL, MySQL/MariaDB or PostgreSQL
    :param side: ``source`` or ``destination``, for messages
    :param read_only: the database itself refuses every write
    :raises IdentityDatabaseError: the URL or its driver cannot be used
    """

    def __init__(self, url: str, side: str = "", *, read_only: bool = False) -> None:
        self._name = f"{side} identity database".strip()
        try:
            parsed = identity_url.parse(url)
            self._password = parsed.password or ""
            self._engine = identity_url.engine(parsed, read_only=read_only)
        except identity_url.Unsupported:
            raise self._error(
                "its URL names no database that Keystone runs on",
                "It looks like mysql+pymysql://USER:PASS@HOST/keystone",
            ) from None
        except (ArgumentError, ValueError):  # also a port that is no number
            raise self._error(
                "its URL cannot be read",
                "It looks like mysql+pymysql://USER:PASS@HOST/keystone",
            ) from None
        except ImportError as error:
            raise self._error(
                f"its driver {error.name} is not installed",
                "Run: pip install 'pumphouse[postgresql]'",
            ) from None

    def __repr__(self) -> str:
        return f"<{self._name}>"

    def check(self, *, writable: bool = False) -> None:
        """Whether the schema is the one this knows, and may be written to.

        :raises IdentityDatabaseError: unreachable, or says what is missing
        """
        with self._errors():
            inspector = sa.inspect(self._engine)
            for table in (_USER, _PASSWORD):
                if not inspector.has_table(table.name):
                    raise self._error(
                        f"it has no table {table.name}", "Is it Keystone's database?"
                    )
                there = {column["name"] for column in inspector.get_columns(table.name)}
                if missing := sorted({column.name for column in table.c} - there):
                    raise self._error(
                        f"its table {table.name} has no {', '.join(missing)}",
                        "Keystone's schema must be that of Queens or later",
                    )
            if writable:
                with self._engine.connect() as connection:
                    nothing = sa.update(_PASSWORD).where(sa.false())
                    connection.execute(nothing.values(self_service=False))
                    connection.rollback()

    def hashes(self, user_ids: Iterable[str]) -> dict[str, PasswordHash]:
        """The current hash of each user that has one, by user id.

        Users that are not local (LDAP, federated) or have no password are absent.
        """
        wanted = sorted(set(user_ids))
        found: dict[str, PasswordHash] = {}
        with self._errors(), self._engine.connect() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                found |= _current(connection, wanted[start : start + _AT_ONCE])
        return found

    def application_credentials(self, user_ids: Iterable[str]) -> dict[str, list[str]]:
        """The names of the application credentials of each user that has any.

        The API tells them for one user at a time only.
        """
        wanted = sorted(set(user_ids))
        found: dict[str, list[str]] = {}
        columns = _APPLICATION.c
        with self._errors(), self._engine.connect() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                some = columns.user_id.in_(wanted[start : start + _AT_ONCE])
                query = sa.select(columns.user_id, columns.name).where(some)
                for user_id, name in connection.execute(query.order_by(columns.name)):
                    found.setdefault(user_id, []).append(name)
        return found

    def local_users(self, count: int) -> list[str]:
        """The ids of some users that it keeps, *count* at most."""
        query = sa.select(_USER.c.user_id).order_by(_USER.c.id.desc()).limit(count)
        with self._errors(), self._engine.connect() as connection:
            return [str(user_id) for user_id in connection.scalars(query)]

    def keeps(self, user_id: str) -> bool:
        """Whether this user is in it; users of a directory or a federation are not."""
        query = sa.select(_USER.c.id).where(_USER.c.user_id == user_id)
        with self._errors(), self._engine.connect() as connection:
            return connection.scalar(query) is not None

    def put(self, user_id: str, password_hash: PasswordHash) -> bool:
        """Makes *password_hash* the user's current one; says whether it was not.

        Replaces the current row or adds the first; dates go along, so that an
        expiry is kept.  Writing the same twice changes nothing.

        :raises IdentityDatabaseError: the user is not in this database
        """
        with self._errors(), self._engine.begin() as connection:
            local_id = connection.scalar(
                sa.select(_USER.c.id)
                .where(_USER.c.user_id == user_id)
                .with_for_update()
            )
            if local_id is None:
                raise self._error(
                    f"it does not keep user {user_id}",
                    "Users of LDAP or a federation have their passwords elsewhere",
                )
            return _put(connection, local_id, password_hash)

    def equal(self, user_id: str, password_hash: PasswordHash | None) -> bool:
        """Whether *password_hash* is the user's current one (None: has none)."""
        there = self.hashes([user_id]).get(user_id)
        return there is None if password_hash is None else password_hash.equal(there)

    def close(self) -> None:
        self._engine.dispose()

    def _error(self, what: str, hint: str = "") -> IdentityDatabaseError:
        return IdentityDatabaseError(what, resource=self._name, hint=hint)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """What SQLAlchemy raises holds statements; only the driver's words go on."""
        try:
            yield
        except (SQLAlchemyError, TypeError, ValueError, OSError) as error:
            # Drivers raise the latter for options in the URL that they do not know
            said = _words(error).replace(self._password or "\0", "***")
            raise self._error(
                f"it cannot be used: {said}" if said else "it cannot be used",
                "Check its URL in the migration file and the rights of its user",
            ) from None


def _words(error: Exception) -> str:
    """The driver's message, one line; "" where there is none fit to show."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return ""
    words = [word for word in error.orig.args if isinstance(word, str)]
    first = " ".join(words).strip().partition("\n")[0]  # then follow hints and context
    return redact(first).strip(". ")[:300]


def _current(connection: sa.Connection, user_ids: list[str]) -> dict[str, PasswordHash]:
    query = (
        sa.select(_USER.c.user_id, _PASSWORD)
        .join_from(_USER, _PASSWORD, _PASSWORD.c.local_user_id == _USER.c.id)
        .where(_USER.c.user_id.in_(user_ids))
        .order_by(*_NEWEST_FIRST)
    )
    newest: dict[str, sa.Row[Any]] = {}
    for row in connection.execute(query):
        newest.setdefault(row.user_id, row)
    return {user: _hash(row) for user, row in newest.items() if row.password_hash}


def _put(connection: sa.Connection, local_id: int, wanted: PasswordHash) -> bool:
    rows = connection.execute(
        sa.select(_PASSWORD)
        .where(_PASSWORD.c.local_user_id == local_id)
        .order_by(*_NEWEST_FIRST)
    ).all()
    if rows and rows[0].password_hash and wanted.equal(_hash(rows[0])):
        return False
    created = wanted.created_at_int
    if len(rows) > 1:  # it must stay the newest, or its history would rule
        created = max(created, rows[1].created_at_int + 1)
    values = {
        "password_hash": wanted.value,
        "created_at": wanted.created_at,
        "expires_at": wanted.expires_at,
        "created_at_int": created,
        "expires_at_int": wanted.expires_at_int,
        "self_service": wanted.self_service,
    }
    if rows:
        change = sa.update(_PASSWORD).where(_PASSWORD.c.id == rows[0].id)
        connection.execute(change.values(values))
    else:
        connection.execute(
            sa.insert(_PASSWORD).values(local_user_id=local_id, **values)
        )
    return True


def _hash(row: sa.Row[Any]) -> PasswordHash:
    return PasswordHash(
        value=row.password_hash,
        created_at_int=row.created_at_int,
        expires_at_int=row.expires_at_int,
        created_at=row.created_at,
        expires_at=row.expires_at,
        self_service=bool(row.self_service),
    )
