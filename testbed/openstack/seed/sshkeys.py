# SPDX-License-Identifier: Apache-2.0
"""Real SSH public keys, the same for the same seed.

Nobody logs in with them: only the public halves exist. No library makes a key from
given randomness, for good reason; tests want just that.
"""

import base64
import functools
import hashlib

from testbed.openstack.seed.dice import Dice

# -- ed25519, RFC 8032
FIELD = 2**255 - 19
CURVE = -121665 * pow(121666, -1, FIELD) % FIELD
BASE_Y = 4 * pow(5, -1, FIELD) % FIELD
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % FIELD)

# -- RSA
RSA_BITS = 2048
RSA_EXPONENT = 65537
SMALL_PRIMES = [n for n in range(3, 2000, 2) if all(n % d for d in range(3, n, 2))]


def ed25519(dice, comment):
    """A line for authorized_keys."""
    head = bytearray(hashlib.sha512(dice.bytes(32)).digest()[:32])
    head[0] &= 248
    head[31] = head[31] & 127 | 64
    x, y, z, _ = _multiply(int.from_bytes(head, "little"), BASE)
    inverse = pow(z, -1, FIELD)
    x, y = x * inverse % FIELD, y * inverse % FIELD
    point = (y | (x & 1) << 255).to_bytes(32, "little")
    return _line("ssh-ed25519", comment, point)


def rsa(dice, comment):
    """A line for authorized_keys."""
    modulus = _modulus(dice.seed, dice.purpose)
    return _line("ssh-rsa", comment, _mpint(RSA_EXPONENT), _mpint(modulus))


# half a second of work, and every plan with the same seed needs the same one
@functools.cache
def _modulus(seed, purpose):
    dice, half = Dice(seed, *purpose), RSA_BITS // 2
    return _prime(dice, half) * _prime(dice, half)


def _line(kind, comment, *parts):
    blob = b"".join(len(p).to_bytes(4, "big") + p for p in (kind.encode(), *parts))
    return f"{kind} {base64.b64encode(blob).decode()} {comment}"


def _mpint(number):
    # a leading zero byte keeps it positive
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % FIELD
    b = (p[1] + p[0]) * (q[1] + q[0]) % FIELD
    c = 2 * p[3] * q[3] * CURVE % FIELD
    d = 2 * p[2] * q[2] % FIELD
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD


def _multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _prime(dice, bits):
    while True:
        # the two top bits make the product of two primes exactly twice as long
        number = dice.number(3 << bits - 2, (1 << bits) - 1) | 1
        if all(number % p for p in SMALL_PRIMES) and _probably_prime(number, dice):
            return number


def _probably_prime(number, dice, rounds=8):
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return not any(
        _composite(number, dice.number(2, number - 2), odd, twos) for _ in range(rounds)
    )


def _composite(number, witness, odd, twos):
    x = pow(witness, odd, number)
    if x in (1, number - 1):
        return False
    for _ in range(twos - 1):
        x = x * x % number
        if x == number - 1:
            return False
    return True
