# SPDX-License-Identifier: Apache-2.0
"""Random values that depend on the seed and on what they are for, not on any order."""

import hashlib
import random
import string


class Dice:
    """Values for one thing, named by `purpose`; the same again at every run."""

    def __init__(self, seed, *purpose):
        self.seed = seed
        self.purpose = purpose
        text = "\0".join(str(part) for part in (seed, *purpose))
        self.random = random.Random(hashlib.sha256(text.encode()).digest())

    def of(self, *purpose):
        """Dice for a part of this thing."""
        return Dice(self.seed, *self.purpose, *purpose)

    def number(self, low, high):
        """A whole number, both ends included."""
        return self.random.randint(low, high)

    def pick(self, things):
        """One of them."""
        return self.random.choice(things)

    def shuffled(self, things):
        """All of them in another order."""
        return self.random.sample(things, len(things))

    def password(self):
        """A password of 20 letters and digits."""
        letters = string.ascii_letters + string.digits
        return "".join(self.random.choices(letters, k=20))

    def mac(self):
        """A MAC address with OpenStack's prefix."""
        tail = self.random.randbytes(3)
        return "fa:16:3e:" + ":".join(f"{byte:02x}" for byte in tail)

    def bytes(self, count):
        """Data that does not compress."""
        return self.random.randbytes(count)
