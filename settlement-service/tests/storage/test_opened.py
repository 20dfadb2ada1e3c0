"""Tests: closing subjects takes as long as they are many, whatever PostgreSQL believes of the tables."""

from datetime import date

from sqlalchemy import text

from services.kit.database.transaction import Transaction
from services.kit.process import clock
from services.kit.process.caller import service_caller
from settlement_service.domain.facts.figures import CUT_KINDS
from settlement_service.domain.settling.closing import Closing
from settlement_service.storage import contracts, opened

from ..conftest import Settling

SERVICE = service_caller("settlement-service")
MANY = 10_000


async def test_who_is_closed_is_found_again_by_its_place_and_not_among_all(settling: Settling) -> None:
    contract_id = clock.new_id()
    add = "insert into open_subject select :contract, gen_random_uuid(), 1 from generate_series(1, :many)"
    asked = {"contract": contract_id, "inputs": 1, "ends": date(2027, 1, 1), "most": opened.AT_ONCE, "after": None}
    async with settling.worker.transaction(SERVICE.organisation) as connection:
        await contracts.lock_or_add(Transaction(connection, SERVICE, clock.now(), clock.random_id()), contract_id)
        await connection.execute(text(add), {"contract": contract_id, "many": MANY})
        rows = (
            await connection.execute(text("explain " + opened.close_query(Closing(CUT_KINDS, date(2027, 1, 1)))), asked)
        ).scalars()
        plan = [row.strip(" ->").partition("  (cost")[0] for row in rows]
        await connection.rollback()
    deleting = plan[plan.index("Delete on open_subject") :]
    assert "Tid Scan on open_subject" in deleting
    assert not any("Loop" in line or "Join" in line for line in deleting)
