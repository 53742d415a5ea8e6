# SPDX-License-Identifier: Apache-2.0
"""When two names are the same to Keystone's database, MySQL with its own collation."""

from __future__ import annotations

import unicodedata
from typing import Any


def folded(name: Any) -> Any:
    """*name* without case, accents and blanks at its end; what is no text as it is."""
    if not isinstance(name, str):
        return name
    apart = unicodedata.normalize("NFKD", name)
    bare = "".join(c for c in apart if not unicodedata.combining(c))
    return bare.casefold().rstrip(" ")
