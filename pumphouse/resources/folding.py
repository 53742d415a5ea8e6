# SPDX-License-Identifier: Apache-2.0
"""Names that a database may take for one another, though they are not equal.

The collations that MySQL and MariaDB use by default count neither case nor accents,
and most of them no blanks at the end either: ``Ops``, ``ops`` and ``öps `` cannot be
beside each other there.  PostgreSQL and SQLite tell all of them apart.  So what is
found here is a suspicion, and the cloud is asked whether it is one.
"""

from __future__ import annotations

import unicodedata


def folded(name: str) -> str:
    """*name* without what such a collation does not count."""
    return plain(name).casefold().rstrip(" ")


def plain(name: str) -> str:
    """*name* without accents."""
    apart = unicodedata.normalize("NFKD", name)
    return "".join(c for c in apart if not unicodedata.combining(c))


def disguised(name: str, one: str, other: str) -> str:
    """*name*, changed in the ways in which *one* and *other* differ.

    A cloud that finds *name* by that takes *one* and *other* for one as well.

    :param name: of something that the cloud has, in ASCII
    :param one: folds to the same as *other*
    """
    if plain(one).rstrip(" ") != plain(other).rstrip(" "):
        name = name.swapcase()
    if one.casefold().rstrip(" ") != other.casefold().rstrip(" "):
        at = next((i for i, c in enumerate(name) if c.lower() in "aeiou"), -1)
        if at >= 0:
            accented = unicodedata.normalize("NFC", f"{name[at]}\u0301")
            name = name[:at] + accented + name[at + 1 :]
    if len(one) - len(one.rstrip(" ")) != len(other) - len(other.rstrip(" ")):
        name += " "
    return name
