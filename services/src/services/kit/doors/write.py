"""Kit: the one way to write: key, change, facts, audit row and the answer in one transaction; then the answer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.core.errors import Refusal
from services.kit.database import audit
from services.kit.database.database import Database
from services.kit.database.transaction import Transaction
from services.kit.doors import idempotency
from services.kit.doors.http import Reply

DONE = "done"


async def write(request: Request, operation: str, work: Callable[[Transaction], Awaitable[Reply]]) -> Response:
    """Carries out one command: `work` in one transaction, committed before the answer is made.

    Errors: those of `idempotency` and of `work`. A refusal changes nothing and leaves its audit row.
    """
    key = idempotency.key_of(request)
    mark = idempotency.fingerprint(request, await request.body())

    async def attempt(connection: AsyncConnection) -> Reply:
        tx = _transaction(request, connection)
        earlier = await idempotency.earlier_answer(tx, key, mark)
        if earlier is not None:
            return earlier
        reply = await work(tx)
        await audit.note(tx, operation, request.url.path, DONE)
        await idempotency.remember(tx, key, reply)
        return reply

    reply = await carry_out(request, operation, attempt)
    return reply.response()


async def replace(request: Request, operation: str, work: Callable[[Transaction], Awaitable[Reply]]) -> Response:
    """Carries out a PUT: as `write`, without a key, because the version in `If-Match` lets it happen once only."""

    async def attempt(connection: AsyncConnection) -> Reply:
        tx = _transaction(request, connection)
        reply = await work(tx)
        await audit.note(tx, operation, request.url.path, DONE)
        return reply

    return (await carry_out(request, operation, attempt)).response()


async def carry_out(request: Request, operation: str, attempt: Callable[[AsyncConnection], Awaitable[Reply]]) -> Reply:
    """Runs `attempt` as the caller, notes a refusal in the audit, and wakes the relay when something was done."""
    database: Database = request.app.state.database
    organisation = request.state.caller.organisation
    try:
        reply = await database.run(attempt, organisation)
    except Refusal as refusal:
        code = refusal.code

        async def noted(connection: AsyncConnection) -> None:
            await audit.note(_transaction(request, connection), operation, request.url.path, code)

        await database.run(noted, organisation)
        raise
    request.app.state.wake()
    return reply


@asynccontextmanager
async def reading(request: Request) -> AsyncIterator[Transaction]:
    """A transaction for a query, as the caller."""
    database: Database = request.app.state.database
    async with database.transaction(request.state.caller.organisation) as connection:
        yield _transaction(request, connection)


def _transaction(request: Request, connection: AsyncConnection) -> Transaction:
    return Transaction(
        connection=connection,
        caller=request.state.caller,
        now=request.app.state.now(),
        correlation_id=request.state.correlation_id,
    )
