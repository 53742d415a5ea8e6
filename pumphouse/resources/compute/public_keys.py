# SPDX-License-Identifier: Apache-2.0
"""What a keypair's text lets in: each of its lines, not the first alone.

Nova checks and fingerprints the first key of what it is given and keeps all of it.
Each line ends up in a server's ``authorized_keys`` (cloud-init splits the text into
lines), so two keypairs are equal if and only if the same lines let somebody in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# sshd(8), AUTHORIZED_KEYS FILE FORMAT: options, type, key, comment
_KEY = re.compile(
    r"(?P<options>(?:.*?\s)?)(?P<type>(?:sk-)?(?:ssh|ecdsa)-[\w@.-]+)\s+"
    r"(?P<key>[A-Za-z0-9+/=]+)(?:\s+(?P<comment>.*))?"
)
_CERTIFICATE = "-----BEGIN"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: who gets in (``grants``), and what it is called."""

    grants: str
    label: str


def lines(text: str) -> Iterator[Line]:
    """The lines of *text* that say anything; a certificate is one."""
    if text.lstrip().startswith(_CERTIFICATE):
        whole = "".join(text.split())
        yield Line(whole, f"certificate {_sha256(whole.encode())}")
        return
    for line in text.splitlines():
        words = line.strip()
        if words and not words.startswith("#"):
            yield _line(words)


def _line(words: str) -> Line:
    found = _KEY.fullmatch(words)
    if found is None:
        return Line(words, _sha256(words.encode()))
    options = found["options"].strip()
    label = _fingerprint(found["key"])
    if found["comment"]:
        label += f" {found['comment']}"
    if options:
        label += " (with options)"
    return Line(" ".join(filter(None, (options, found["type"], found["key"]))), label)


def grants(text: Any) -> list[str]:
    """What *text* lets in, in the form in which two texts are compared."""
    return sorted({line.grants for line in lines(str(text))})


def apart(mine: str, theirs: str) -> tuple[list[str], list[str]]:
    """What only the one and only the other lets in: fingerprints and comments."""
    both = {*grants(mine)} & {*grants(theirs)}
    only = [
        [line.label for line in lines(text) if line.grants not in both]
        for text in (mine, theirs)
    ]
    return only[0], only[1]


def _fingerprint(key: str) -> str:
    """As ``ssh-keygen -l`` shows it."""
    try:
        return _sha256(base64.b64decode(key, validate=True))
    except binascii.Error:
        return _sha256(key.encode())


def _sha256(data: bytes) -> str:
    digest = hashlib.sha256(data).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"
