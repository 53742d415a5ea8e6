# SPDX-License-Identifier: Apache-2.0
"""Secrets never come through, whatever a service does with them."""

from __future__ import annotations

import json

import testtools
from hypothesis import given
from hypothesis import strategies as st

from pumphouse.cloud.redact import MASK, SECRET_KEYS, redact

# Longer than what masking leaves alone, and of characters that get escaped
_SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=50)


class TestRedact(testtools.TestCase):
    @given(secret=_SECRETS, key=st.sampled_from(sorted(SECRET_KEYS)))
    def test_however_it_is_quoted(self, secret: str, key: str) -> None:
        """As it is, as Python shows it, as JSON shows it; however deep it stood."""
        sent = {"server": [{key.upper(): {"inner": [secret]}}]}
        for said in (secret, repr(secret), json.dumps(secret), repr(sent)):
            left = redact(f"bad: <{said}>!", sent)
            self.assertIn(MASK, left)
            for form in (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]):
                if len(form) > len(MASK) and not set(form) <= set("bad: <[]'\"{}>!*"):
                    self.assertNotIn(form, left.replace(repr(key.upper()), ""))

    def test_what_looks_like_a_secret(self) -> None:
        """Also those that this request did not carry."""
        for secret in (
            "gAAAAABmX0" + "aB3_-" * 20,
            "$2b$12$abcdefghijklmnopqrstuv",
            "$scrypt$ln=16,r=8,p=1$abcdefgh",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\ndef",
            "root:pw",
        ):
            said = f"mysql://{secret}@db" if ":" in secret else f"it was {secret}"
            self.assertNotIn(secret, redact(said))

    def test_the_rest_stays(self) -> None:
        said = "Quota exceeded for cores: Requested 4, used 8 of 10 (id 1b7112a58737)"
        self.assertEqual(
            said, redact(said, {"server": {"name": "web"}, "n": [1, None]})
        )
