# SPDX-License-Identifier: Apache-2.0
"""Takes secrets out of what a cloud says.

Services quote what they were sent: Nova answers a bad ``user_data`` with the
whole of it.  So a message is shown only after everything secret that went into
the request is taken out, and everything that looks like a secret (``conf.secrets``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pumphouse.conf import secrets
from pumphouse.conf.secrets import MASK

SECRET_KEYS = frozenset(
    {"password", "original_password", "adminpass", "admin_pass", "admin_password"}
    | {"user_data", "private_key", "secret", "blob", "token", "signature"}
    | {"contents", "auth_key", "passcode", "access", "awsaccesskeyid"}
)
_SHORTEST = 4  # shorter ones would mask innocent words


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
    return secrets.mask_shapes(text)
