"""Kit: one connection of its own, outside any pool: for what lasts as long as a session (locks, LISTEN)."""

from typing import Any, TypeAlias

import asyncpg

Connection: TypeAlias = Any
"""An asyncpg connection; the library ships no types."""

CONNECTION_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""All that a statement on such a connection can raise; after any of them it is thrown away."""


async def connect(
    url: str, application: str, statement_timeout_seconds: int = 30, *, forgetful: bool = False
) -> Connection:
    """Connects to the database of an SQLAlchemy URL (`postgresql+asyncpg://...`). A `forgetful` connection does not
    wait for the disk when it commits: after a crash of the server its last few commits may be gone, all together
    from one on; only for what is then simply done again. Errors: CONNECTION_ERRORS."""
    return await asyncpg.connect(
        url.replace("postgresql+asyncpg://", "postgresql://", 1),
        timeout=5,
        command_timeout=statement_timeout_seconds + 5,
        server_settings={
            "application_name": application,
            "timezone": "UTC",
            "jit": "off",
            "lock_timeout": "2s",
            "statement_timeout": f"{statement_timeout_seconds}s",
            "idle_in_transaction_session_timeout": "10s",
            "client_connection_check_interval": "500ms",
            "synchronous_commit": "off" if forgetful else "on",
        },
    )


async def disconnect(connection: Connection | None) -> None:
    """Closes a connection in order; cuts it when the server does not answer within 2 seconds. Never raises."""
    if connection is None or connection.is_closed():
        return
    try:
        await connection.close(timeout=2)
    except CONNECTION_ERRORS:
        connection.terminate()
