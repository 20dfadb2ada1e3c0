"""Kit: the one place where time and randomness come from; everywhere else they are arguments."""

import secrets
from datetime import UTC, datetime
from uuid import UUID, uuid4

_COUNTED = (1 << 24) - 1
"""The bits of an id that are counted, where many are made at once."""


def now() -> datetime:
    """This instant, UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """An id that sorts by the time it was made (RFC 9562, version 7): good for indexes, tells the millisecond."""
    milliseconds = int(now().timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (secrets.randbits(12) << 64) | (2 << 62) | secrets.randbits(62))


def new_ids(count: int) -> list[UUID]:
    """So many ids as `new_id` gives, in order: counted on from a random one (RFC 9562, 6.2), because randomness for
    each costs more than all else about a row."""
    first = new_id().int & ~_COUNTED
    return [UUID(int=first | place) for place in range(count)]


def random_id() -> UUID:
    """An id that tells nothing, not even when it was made (RFC 9562, version 4): for subjects."""
    return uuid4()


def random_bytes(count: int) -> bytes:
    """Bytes that nobody can guess: salts and secrets."""
    return secrets.token_bytes(count)
