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
        drawn = b""
        while len(drawn) * 8 < count:
            blocks += 1
            drawn += hashlib.sha256(f"{seed}/{stream}/{blocks}".encode()).digest()
        return int.from_bytes(drawn, "big") >> (len(drawn) * 8 - count)

    def throw(sides: int) -> int:
        count = (sides - 1).bit_length()
        number = bits(count)
        while number >= sides:
            number = bits(count)
        return number

    return throw
