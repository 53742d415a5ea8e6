# SPDX-License-Identifier: Apache-2.0
"""Takes secrets out of what a cloud says.

Services quote what they were sent: Nova answers a bad ``user_data`` with the
whole of it.  So a message is shown only after everything secret that went into
the request, and everything that looks like a secret, is taken out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

MASK = "***"
SECRET_KEYS = frozenset(
    {"password", "original_password", "adminpass", "admin_pass", "admin_password"}
    | {"user_data", "private_key", "secret", "blob", "token", "signature"}
    | {"contents", "auth_key", "passcode", "access", "awsaccesskeyid"}
)
_SHORTEST = 4  # shorter ones would mask innocent words
_LOOKS_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|gAAAA[0-9A-Za-z_=-]{20,}"  # Fernet tokens
    r"|\$(2[abxy]?|6|7|scrypt|bcrypt-sha256|pbkdf2-sha512)\$[^\s'\"]{8,}"  # hashes
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",  # user:password@host
    re.DOTALL,
)


def secrets_of(body: Any, *, secret: bool = False) -> Iterator[str]:
    """Every string of a JSON *body* that stands under a secret key."""
    if isinstance(body, dict):
        for key, value in body.items():
            yield from secrets_of(
                value, secret=secret or str(key).lower() in SECRET_KEYS
            )
    elif isinstance(body, list | tuple):
        for value in body:
            yield from secrets_of(value, secret=secret)
    elif secret and isinstance(body, str):
        yield body


def redact(text: str, body: Any = None) -> str:
    """*text* without the secrets of the request *body* and without look-alikes."""
    for secret in sorted(set(secrets_of(body)), key=len, reverse=True):
        for form in {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]}:
            if len(form) >= _SHORTEST:
                text = text.replace(form, MASK)
    return _LOOKS_SECRET.sub(MASK, text)
