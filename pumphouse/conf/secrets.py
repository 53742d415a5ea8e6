# SPDX-License-Identifier: Apache-2.0
"""Recognises secrets, to mask them in text and to refuse them in the database.

This is the last line, not the first: whoever has a secret keeps it out of what is
logged and stored.  Here are caught the ones that slip through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "***"

# What a field is called once case, dashes and underscores are gone.
_NAMES = frozenset(
    {
        "passwd",
        "passphrase",
        "privatekey",
        "userdata",
        "secret",
        "accesskey",
        "secretkey",
        "authtoken",
        "xauthtoken",
        "xsubjecttoken",
        "xservicetoken",
        "token",
        "authorization",
        "identitydatabase",
    }
)
_ENDINGS = ("password", "passwordhash", "secret", "adminpass", "privatekey")

# What a secret looks like wherever it stands.
_SHAPES = (
    (
        "a private key",
        re.compile(
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----"
            r"(?:.*?-----END [A-Z0-9 ]*PRIVATE KEY-----|.*)",
            re.DOTALL,
        ),
    ),
    (
        "a password hash",
        re.compile(
            r"\$(?:2[abxy]?|5|6|7|scrypt|bcrypt-sha256|pbkdf2-sha(?:1|256|512)|argon2\w*)"
            r"\$[A-Za-z0-9./+$=,]{16,}"
        ),
    ),
    ("a token", re.compile(r"\bgAAAAA[A-Za-z0-9_=-]{20,}")),
    ("a URL with a password", re.compile(r"(?<=://)[^\s/:@]*:[^\s/]+(?=@)")),
)


def mask_shapes(text: str) -> str:
    """*text* without what looks like a secret by itself, whatever it is called."""
    for _what, shape in _SHAPES:
        text = shape.sub(MASK, text)
    return text


def mask(text: str) -> str:
    """*text* with every secret that can be recognised replaced by ``***``."""
    from oslo_utils import strutils  # takes longer to load than all that is here

    text = mask_shapes(text)
    return str(strutils.mask_password(text, secret=MASK))


def find(value: Any, path: str = "") -> str:
    """Where a secret is in JSON data, as ``field.field: what``; empty if nowhere.

    :param value: what ``json.loads`` may return
    """
    if isinstance(value, str):
        return _shape_of(value, path)
    if isinstance(value, Mapping):
        return _first(_in_field(str(key), item, path) for key, item in value.items())
    if isinstance(value, list | tuple):
        return _first(find(item, path) for item in value)
    return ""


def _in_field(key: str, value: Any, path: str) -> str:
    where = f"{path}.{key}" if path else key
    name = re.sub(r"[^a-z0-9]", "", key.lower())
    named_so = name in _NAMES or name.endswith(_ENDINGS)
    if named_so and isinstance(value, str) and value not in ("", MASK):
        return f"{where}: named like a secret"
    return find(value, where)


def _shape_of(text: str, path: str) -> str:
    for what, shape in _SHAPES:
        if shape.search(text):
            return f"{path}: {what}" if path else what
    return ""


def _first(found: Iterable[str]) -> str:
    return next((where for where in found if where), "")
