"""Kit: the one place where time and randomness come from; everywhere else they are arguments."""

import secrets
from datetime import UTC, datetime
from uuid import UUID, uuid4


def now() -> datetime:
    """This instant, UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """An id that sorts by the time it was made (RFC 9562, version 7): good for indexes, tells the millisecond."""
    milliseconds = int(now().timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (secrets.randbits(12) << 64) | (2 << 62) | secrets.randbits(62))


def random_id() -> UUID:
    """An id that tells nothing, not even when it was made (RFC 9562, version 4): for subjects."""
    return uuid4()


def random_bytes(count: int) -> bytes:
    """Bytes that nobody can guess: salts and secrets."""
    return secrets.token_bytes(count)
