"""Kit: waiting that something else can end, and how long to wait after each failure."""

import asyncio


async def pause(ended: asyncio.Event, seconds: float) -> bool:
    """Waits for `ended`, at most `seconds`; says whether it came."""
    try:
        async with asyncio.timeout(seconds):
            return await ended.wait()
    except TimeoutError:
        return False


def backoff(failures: int, longest_seconds: float) -> float:
    """Seconds to wait after so many failures in a row: 0.2 after the first, then twice as long each time."""
    return min(longest_seconds, 0.1 * 2.0 ** min(failures, 10))
