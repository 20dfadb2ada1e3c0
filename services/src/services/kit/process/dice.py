"""Kit: chance that can be repeated: the same seed gives the same throws on every machine."""

import hashlib
from collections.abc import Callable
from typing import TypeAlias

Dice: TypeAlias = Callable[[int], int]
"""A whole number from 0 up to, not including, what it is called with: each as likely as the other."""


def dice(seed: int, stream: int) -> Dice:
    """Dice of a seed. Streams of one seed know nothing of each other, so that one more changes none of the others.
    Throws are cut from SHA-256 over `seed/stream/1`, `seed/stream/2` and so on; what is too large is thrown again."""
    blocks = 0

    def bits(count: int) -> int:
        nonlocal blocks
        found = b""
        while len(found) * 8 < count:
            blocks += 1
            found += hashlib.sha256(f"{seed}/{stream}/{blocks}".encode()).digest()
        return int.from_bytes(found, "big") >> (len(found) * 8 - count)

    def throw(sides: int) -> int:
        count = (sides - 1).bit_length()
        number = bits(count)
        while number >= sides:
            number = bits(count)
        return number

    return throw
