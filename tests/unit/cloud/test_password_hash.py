# SPDX-License-Identifier: Apache-2.0
"""Which hashes current Keystone takes, and that none is ever shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import testtools

from pumphouse.cloud.password_hash import PasswordHash

_TAIL = "K" * 53


def hash_of(value: str) -> PasswordHash:
    """A hash without an end."""
    when = datetime(2026, 1, 2, 3, 4, 5)
    return PasswordHash(value, 1, None, when, None)


class TestPasswordHash(testtools.TestCase):
    def test_understood(self) -> None:
        for value, name in (
            (f"$2b$04${_TAIL}", "bcrypt"),
            (f"$2a$12${_TAIL}", "bcrypt"),
            (f"$2y$12${_TAIL}", "bcrypt"),
            ("$bcrypt-sha256$v=2,t=2b,r=12$abc$def", "bcrypt_sha256"),
            ("$scrypt$ln=16,r=8,p=1$abc$def", "scrypt"),
            ("$pbkdf2-sha512$25000$abc$def", "pbkdf2_sha512"),
        ):
            made = hash_of(value)
            self.assertEqual((name, True), (made.algorithm, made.supported))

    def test_not_understood(self) -> None:
        """Keystone dropped one; of others it reads fewer layouts than passlib did."""
        for value, name in (
            ("$6$rounds=10000$abc$def", "sha512_crypt"),
            ("$bcrypt-sha256$2a,12$abc$def", "unknown layout of bcrypt-sha256"),
            ("$bcrypt-sha256$v=2,t=2b,r=4$a$b", "unknown layout of bcrypt-sha256"),
            ("$7$abc$def", "unknown layout of 7"),
            (f"$2${_TAIL}", "unknown layout of 2"),
            ("$1$abc$def", "unknown layout of 1"),
            ("plain", "unknown"),
            ("", "unknown"),
        ):
            made = hash_of(value)
            self.assertEqual((name, False), (made.algorithm, made.supported))

    def test_shows_nothing(self) -> None:
        made = hash_of(f"$2b$04${_TAIL}")
        self.assertNotIn(_TAIL, repr(made) + str(made) + f"{[made]}")

    def test_equal(self) -> None:
        """Same hash and same end; when it was made makes no difference."""
        one = hash_of("a")
        self.assertTrue(one.equal(replace(one, created_at_int=2, self_service=True)))
        self.assertFalse(one.equal(None))
        self.assertFalse(one.equal(replace(one, value="b")))
        self.assertFalse(one.equal(replace(one, expires_at_int=7_000_000)))
        self.assertFalse(one.equal(replace(one, expires_at=datetime(2030, 1, 1))))

    def test_ends(self) -> None:
        """The number counts; MySQL drops the fractions of the other."""
        ends = replace(hash_of("a"), expires_at=datetime(1970, 1, 1, 0, 0, 7, 9))
        self.assertEqual(7, ends.ends)
        self.assertEqual(9, replace(ends, expires_at_int=9_999_999).ends)
        self.assertTrue(
            ends.equal(replace(ends, expires_at=datetime(1970, 1, 1, 0, 0, 7)))
        )
        self.assertIsNone(hash_of("a").ends)
