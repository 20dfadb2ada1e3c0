"""Kit: the one way to write: key, change, facts, audit row and the answer in one transaction; then the answer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.core.errors import Refusal
from services.kit.database import audit
from services.kit.database.database import Database
from services.kit.database.transaction import Transaction
from services.kit.doors import idempotency
from services.kit.doors.http import Reply

T = TypeVar("T")

DONE = "done"


async def write(request: Request, operation: str, work: Callable[[Transaction], Awaitable[Reply]]) -> Response:
    """Carries out one command: `work` in one transaction, committed before the answer is made.

    Errors: those of `idempotency` and of `work`. A refusal changes nothing and leaves its audit row.
    """
    key = idempotency.key_of(request)
    mark = idempotency.fingerprint(request, await request.body())

    async def attempt(tx: Transaction) -> Reply:
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

    async def attempt(tx: Transaction) -> Reply:
        reply = await work(tx)
        await audit.note(tx, operation, request.url.path, DONE)
        return reply

    return (await carry_out(request, operation, attempt)).response()


async def carry_out(request: Request, operation: str, attempt: Callable[[Transaction], Awaitable[Reply]]) -> Reply:
    """Runs `attempt` as the caller, notes a refusal in the audit, and wakes the relay when something was done."""
    try:
        reply = await run_as_caller(request, attempt)
    except Refusal as refusal:
        code = refusal.code

        async def noted(tx: Transaction) -> None:
            await audit.note(tx, operation, request.url.path, code)

        await run_as_caller(request, noted)
        raise
    request.app.state.wake()
    return reply


async def run_as_caller(request: Request, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """`work` in one transaction of the caller; begun anew as `Database.run` says. Errors: those of `work` and of it."""
    database: Database = request.app.state.database
    return await database.run(
        lambda connection: work(_transaction(request, connection)), request.state.caller.organisation
    )


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
