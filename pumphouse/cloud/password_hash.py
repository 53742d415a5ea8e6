# SPDX-License-Identifier: Apache-2.0
"""One password hash of Keystone, with its dates; its value is never shown."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

# What the hash starts with -> the algorithm as keystone.conf calls it.  The new
# Keystone verifies hashes itself (keystone/common/password_hashers); the old one
# left that to passlib, which knows more layouts of each.
_LAYOUTS: tuple[tuple[str, str], ...] = (
    (r"\$2[abxy]\$\d\d\$[./0-9A-Za-z]{53}", "bcrypt"),
    (r"\$bcrypt-sha256\$v=2,t=2b,r=\d\d\$", "bcrypt_sha256"),
    (r"\$scrypt\$ln=\d+,r=\d+,p=\d+\$", "scrypt"),
    (r"\$pbkdf2-sha512\$\d+\$", "pbkdf2_sha512"),
    (r"\$6\$", "sha512_crypt"),
)
_IDENT = re.compile(r"\$([0-9A-Za-z-]{1,20})\$")

SUPPORTED = frozenset({"bcrypt", "bcrypt_sha256", "scrypt", "pbkdf2_sha512"})
"""What current Keystone verifies; sha512_crypt is not among them any more."""


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """The current password row of one user.

    Keystone keeps each date twice: as a time (UTC, naive; MySQL drops fractions
    of its seconds) and in microseconds since 1970, which counts where it is set.
    """

    value: str = field(repr=False)
    created_at_int: int
    expires_at_int: int | None
    created_at: datetime
    expires_at: datetime | None
    self_service: bool = False

    @property
    def algorithm(self) -> str:
        """``bcrypt``, ``scrypt``, …; for an unknown layout its ident, ``md5``-like."""
        for layout, name in _LAYOUTS:
            if re.match(layout, self.value):
                return name
        ident = _IDENT.match(self.value)
        return f"unknown layout of {ident[1]}" if ident else "unknown"

    @property
    def supported(self) -> bool:
        """Whether current Keystone understands it."""
        return self.algorithm in SUPPORTED

    @property
    def ends(self) -> int | None:
        """When it expires, in seconds since 1970; None for never."""
        if self.expires_at_int:
            return self.expires_at_int // 1_000_000
        if self.expires_at is None:
            return None
        return int(self.expires_at.replace(tzinfo=UTC).timestamp())

    def equal(self, other: PasswordHash | None) -> bool:
        """Whether a login works out the same: same hash, same end."""
        return (
            other is not None
            and hmac.compare_digest(self.value.encode(), other.value.encode())
            and self.ends == other.ends
        )
