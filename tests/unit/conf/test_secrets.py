# SPDX-License-Identifier: Apache-2.0
"""Secrets are recognised by their field's name or by how they look."""

from __future__ import annotations

import time
from typing import Any

import testtools

from pumphouse.conf import secrets

KEY = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAA\n"
    "-----END OPENSSH PRIVATE KEY-----"
)
HASHES = (
    "$2b$12$abcdefghijklmnopqrstuuWv8xyz0123456789ABCDEFGHIJKLMNO",
    "$6$rounds=656000$saltsaltsalt$0123456789abcdefghijklmnopqrstuvwxyz",
    "$scrypt$ln=14,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
    "$pbkdf2-sha512$25000$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
    "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI",
)
TOKEN = "gAAAAABn" + "Ab-_0" * 20


class Mask(testtools.TestCase):
    def test_masks(self) -> None:
        """What looks like a secret is gone, whatever stands around it."""
        for secret, text in (
            ("b3BlbnNzaC1r", f"key {KEY} end"),
            ("b3BlbnNzaC1r", KEY[:60]),  # cut off
            *((each, f"hash={each}, next") for each in HASHES),
            (TOKEN, f"got {TOKEN}"),
            ("hunter2", "mysql+pymysql://keystone:hunter2@db/keystone"),
            ("hunter2", "{'adminPass': 'hunter2'}"),
            ("hunter2", '{"auth": {"password": "hunter2"}}'),
            ("hunter2", "password=hunter2"),
        ):
            self.assertNotIn(secret, secrets.mask(text), text)

    def test_leaves_the_rest(self) -> None:
        """Innocent text is not changed."""
        for text in (
            "GET http://10.0.0.1:8774/v2.1/servers?limit=1000 took 1.5 s",
            "server:0f31f5b2-3d0c-4d3e-9d3f-7d4c1c2a9a10: no valid host",
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ user@host",
            "cost $5 or $6 each",
        ):
            self.assertEqual(text, secrets.mask(text))

    def test_long_text_is_quick(self) -> None:
        """The patterns do not take quadratic time on long hostile text."""
        for piece in ("://a:", "-----BEGIN RSA PRIVATE KEY-----", "$2b$", "gAAAAA"):
            started = time.process_time()
            secrets.mask(piece * 20_000)
            self.assertLess(time.process_time() - started, 5, piece)


class Find(testtools.TestCase):
    def test_finds(self) -> None:
        """The place is named, not the secret."""
        for value, place in (
            ({"user": {"adminPass": "x"}}, "user.adminPass: named like a secret"),
            ({"a": [{"user_data": "I2Nsb3Vk"}]}, "a.user_data: named like a secret"),
            ({"X-Auth-Token": "abc"}, "X-Auth-Token: named like a secret"),
            ({"k": [1, KEY]}, "k: a private key"),
            ({"k": HASHES[0]}, "k: a password hash"),
            ({"k": f"said {TOKEN}"}, "k: a token"),
            ({"url": "mysql://a:b@c/d"}, "url: a URL with a password"),
        ):
            self.assertEqual(place, secrets.find(value))

    def test_passes(self) -> None:
        """Counts, flags, masks and public things may be stored."""
        values: dict[str, Any] = {
            "passwords_copied": 3,
            "password": None,
            "copy_passwords": True,
            "token": "***",
            "public_key": "ssh-rsa AAAAB3NzaC1yc2E user@host",
            "os_hash_value": "9f86d081884c7d659a2feaa0c55ad015",
            "auth_url": "https://cloud.example.org:5000/v3",
            "secret_count": 2,
        }
        self.assertEqual("", secrets.find(values))
