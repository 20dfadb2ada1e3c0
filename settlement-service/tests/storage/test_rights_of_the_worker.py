"""Tests: what the background process alone may read and write: the HTTP process has no right to it."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from services.kit.database.database import Database

from ..builders import PAYER, a_claim
from ..conftest import Settling

OF_THE_WORKER = ("open_subject", "posted_total", "accrual", "input_chunk")
"""What follows from the others, kept so that a settlement looks at what is new alone: nobody asks the HTTP process."""
WHAT_POSTING_WRITES = (
    "insert into input select contract_id, 1000, source, 1000, 0, type, scope, salt, body, leaf from input",
    "insert into posted_item select * from posted_item",
    "update posted_item set units = 0",
    "insert into posted_total select * from posted_total",
    "update posted_total set amount_minor = 0",
    "delete from open_subject",
    "update settlement set posted_at = now()",
    "update settlement set document_on = now()",
)


async def done(app: Database, statement: str, contract_id: UUID | None = None) -> None:
    async with app.transaction(PAYER) as connection:
        await connection.execute(text(statement), {"contract_id": contract_id} if contract_id else {})


@pytest.mark.parametrize("statement", WHAT_POSTING_WRITES)
async def test_it_does_not_write_what_posting_writes(app: Database, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        await done(app, statement)


@pytest.mark.parametrize("table", OF_THE_WORKER)
async def test_it_does_not_read_what_the_worker_alone_needs(app: Database, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        await done(app, f"select 1 from {table}")


async def test_it_cannot_make_posted_what_is_approved(app: Database, settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    await settling.approve(await settling.prepare(contract.contract_id))
    with pytest.raises(DBAPIError, match="check"):
        await done(app, "update settlement set state = 'posted' where contract_id = :contract_id", contract.contract_id)
    await settling.post_approved()
