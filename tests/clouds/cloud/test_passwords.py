# SPDX-License-Identifier: Apache-2.0
"""Users log in on the new cloud with the passwords of the old one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from pumphouse.cloud.identity_database import (
    SUPPORTED,
    IdentityDatabase,
    PasswordHash,
)
from tests.clouds.cloud.base import SIDES, CloudsTestCase, database_url

PASSWORD = "Old-Passw0rd!"
# Of PASSWORD, by the library that Keystone hashed with until 2024, few rounds
HASHES = {
    "bcrypt": "$2b$04$uSoukqg6C3ELMxg/0UhNOeqt1MbZfd0xfb4Wo.QMwzKgDsR3Zr2g2",
    "bcrypt, 2y": "$2y$04$67G/.5fs/2zimCX1XgufRu34BItLn8XM5UrbwO9QrhXy5vN3AG3QK",
    "bcrypt, 2a": "$2a$04$u95KE7CB04qcfSHNh5exXOHgmLzk36RV0esDJ8YFW4GYoia7tBeRu",
    "bcrypt_sha256": "$bcrypt-sha256$v=2,t=2b,r=10$2UVLhelJVFBXHBW51M8ade$"
    "nXBlAx5eLkzbFdLQuStdOClHSf3HjBG",
    "bcrypt_sha256, few rounds": "$bcrypt-sha256$v=2,t=2b,r=4$DuXzConb9zyFOHp.Y42hHO$"
    "Kw.GdvHPaPa5hLvOfw90FdWbQTUmCT.",
    "bcrypt_sha256, 1": "$bcrypt-sha256$2b,4$vw243F.iMDF7IOnZn9MGQe$"
    "KWNo/ocaZZMKAomSYe69o1C/y94UQP2",
    "scrypt": "$scrypt$ln=10,r=8,p=1$kFKqFcLYO2fMWSuF0BrDGA$"
    "1P4XDco4o29Ndm70QW1DvYPOS+pp9gOskHWuqfZzJac",
    "scrypt, 7": "$7$86..../....rPXeu7fWuneu1XpvDSFkrA$"
    "PkVVUUDaigUoAzCuacsYwttAfUFpewXgt.lqUyszds5",
    "pbkdf2_sha512": "$pbkdf2-sha512$1000$Wss5Z.yd0/r/v5dSihHinA$"
    "MoK98T/sSAhx.dqKEafjQigKvV3VmFwEFdukeSqhV/"
    "MkUptV.melLn0kJastKANBs35iqoiIIUZX3151QF/OUg",
    "sha512_crypt": "$6$rounds=1000$mzM0T/GfXVD7vyKG$"
    "Ty9S4t0bvzpTS5qjUcyjgXeCBNNy2z/joYYatDhJoKp66."
    "zP5RruCOt2NBwTYBfbyB9kJD5qcVyNVwnqfBIDP0",
}


class TestPasswords(CloudsTestCase):
    def setUp(self) -> None:
        super().setUp()
        urls = [database_url(side) for side in SIDES]
        if not all(urls):
            self.skipTest("TESTBED_ABOUT names no Keystone databases")
        self.old, self.new = (
            IdentityDatabase(url, side) for url, side in zip(urls, SIDES, strict=True)
        )
        self.addCleanup(self.old.close)
        self.addCleanup(self.new.close)
        self.source, self.destination = (self.connect(side) for side in SIDES)

    def login(self, user_id: str, password: str = PASSWORD) -> requests.Response:
        """A login on the destination."""
        user = {"id": user_id, "password": password}
        password_method = {"methods": ["password"], "password": {"user": user}}
        return requests.post(
            f"{self.destination.identity.partition('|')[0]}/auth/tokens",
            json={"auth": {"identity": password_method}},
            timeout=30,
        )

    def copied(self, **fields: Any) -> tuple[str, PasswordHash]:
        """A user on both sides, its password copied; the new id, the old hash."""
        old = self.user(self.source, password=PASSWORD, **fields)["id"]
        new = self.user(self.destination, **fields)["id"]
        self.assertEqual(401, self.login(new).status_code)
        found = self.old.hashes([old])[old]
        self.assertTrue(found.supported)
        self.assertTrue(self.new.put(new, found))
        self.assertFalse(self.new.put(new, found))
        self.assertTrue(self.new.equal(new, found))
        return new, found

    def test_application_credentials_are_in_the_database_as_well(self) -> None:
        """Of both releases, by user."""
        for cloud, database in ((self.source, self.old), (self.destination, self.new)):
            user = cloud.user_id
            path = f"/users/{user}/application_credentials"
            body = {"application_credential": {"name": self.id()}}
            made = cloud.post("identity", path, body, "application_credential")
            self.addCleanup(cloud.delete, "identity", f"{path}/{made['id']}")
            found = database.application_credentials([user, "nobody"])
            self.assertEqual({user}, set(found))
            self.assertIn(self.id(), found[user])

    def test_schemas(self) -> None:
        """Both releases have the schema that this knows, and let it be written."""
        self.old.check(writable=True)
        self.new.check(writable=True)

    def test_login(self) -> None:
        """The old password is good, no other is, and it can be changed."""
        user, _ = self.copied()
        self.assertEqual(201, self.login(user).status_code)
        self.assertEqual(401, self.login(user, "other").status_code)
        self.destination.patch(
            "identity", f"/users/{user}", {"user": {"password": "New-Passw0rd!"}}
        )
        self.assertEqual(401, self.login(user).status_code)
        self.assertEqual(201, self.login(user, "New-Passw0rd!").status_code)

    def test_replaced(self) -> None:
        """Also over a password that the user has there already."""
        user, found = self.copied()
        for password in ("First-Passw0rd", "Second-Passw0rd"):
            self.destination.patch(
                "identity", f"/users/{user}", {"user": {"password": password}}
            )
        self.assertTrue(self.new.put(user, found))
        self.assertEqual(201, self.login(user).status_code)
        self.assertEqual(401, self.login(user, "Second-Passw0rd").status_code)

    def test_disabled(self) -> None:
        """A disabled user stays so, and keeps the password for later."""
        user, _ = self.copied(enabled=False)
        self.assertEqual(401, self.login(user).status_code)
        self.destination.patch(
            "identity", f"/users/{user}", {"user": {"enabled": True}}
        )
        self.assertEqual(201, self.login(user).status_code)

    def test_no_password(self) -> None:
        user = self.user(self.source)["id"]
        self.assertEqual({}, self.old.hashes([user]))

    def test_expiry(self) -> None:
        """What has expired there has expired here."""
        user, found = self.copied()
        for days, status in ((1, 201), (-1, 401)):
            when = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=days)
            number = int(when.replace(tzinfo=UTC).timestamp() * 1_000_000)
            ends = replace(found, expires_at=when, expires_at_int=number)
            self.assertTrue(self.new.put(user, ends))
            self.assertEqual(status, self.login(user).status_code)

    def test_algorithms(self) -> None:
        """What is called supported lets users in, all else does not."""
        user, found = self.copied()
        for name, value in HASHES.items():
            one = replace(found, value=value)
            self.new.put(user, one)
            accepted = self.login(user).status_code == 201
            self.assertEqual(accepted, one.supported, name)
            self.assertEqual(accepted, one.algorithm in SUPPORTED, name)
