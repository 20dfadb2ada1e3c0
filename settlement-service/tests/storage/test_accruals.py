"""Tests: what is due is summed and read without a look at everybody for each, whatever is known of numbers of rows."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.events.outcomes import OutcomeWithdrawn
from services.kit.database.database import Database
from services.kit.database.transaction import Transaction
from services.kit.process import clock
from services.kit.process.caller import service_caller
from settlement_service.domain.settling.accruals import AccruedSubject
from settlement_service.storage import accrual_sums, settled_items, settlements

from ..builders import (
    EVALUATOR,
    INVESTOR,
    NOON,
    OTHER,
    PAYER,
    PROVIDER,
    STRANGER,
    a_claim,
    a_metric,
    a_rule,
)
from ..conftest import Settling

SERVICE = service_caller("settlement-service").organisation
ENDS, DAY = date(2026, 4, 1), timedelta(days=1)


@pytest.fixture
async def asked(settling: Settling) -> dict[str, Any]:
    """A settlement, and one of its lines."""
    contract = await settling.contract(a_claim(1))
    shown = await settling.prepare(contract.contract_id)
    async with settling.worker.transaction(SERVICE) as connection:
        tx = Transaction(connection, service_caller("settlement-service"), clock.now(), clock.random_id())
        settlement = await settlements.get_settlement(tx, shown["id"])
    query, asked = settled_items.next_items(settlement, settlement.lines[0].key, None, 100)
    return {"query": query, **asked}


@pytest.mark.parametrize("query", [accrual_sums._PARTS, accrual_sums._SHARES_OF_PARTS])
async def test_what_is_due_in_part_is_known_by_its_items_alone(
    settling: Settling, asked: dict[str, Any], query: str
) -> None:
    plan = await _plan(settling, query, asked)
    assert not [line for line in plan if "accrual" in line]


@pytest.mark.parametrize("in_part", [True, False])
@pytest.mark.parametrize("whole_from", [None, ENDS - DAY, ENDS, ENDS + DAY])
async def test_sql_and_the_domain_say_the_same_of_how_a_subject_enters(
    settling: Settling, whole_from: date | None, in_part: bool
) -> None:
    subject = AccruedSubject(clock.random_id(), whole_from, in_part)
    query = ", ".join(f"coalesce({condition}, false) as {way}" for way, condition in accrual_sums.WAYS.items())
    accrual = "(select cast(:whole_from as date) as whole_from, cast(:in_part as boolean) as in_part) accrual"
    async with settling.worker.transaction(SERVICE) as connection:
        values = {"whole_from": whole_from, "in_part": in_part, "ends": ENDS}
        row = (await connection.execute(text(f"select {query} from {accrual}"), values)).one()
    assert [way for way, is_so in row._mapping.items() if is_so] == [subject.way(ENDS)]


async def test_whose_items_are_its_own_is_looked_up_for_each_item(settling: Settling, asked: dict[str, Any]) -> None:
    """With `not in`, a list of all of them is gone through for each item, once they are too many for a hash table."""
    plan = await _plan(settling, asked.pop("query"), asked)
    assert [line for line in plan if "Anti Join" in line]
    assert not [line for line in plan if "SubPlan" in line]


async def test_of_whom_another_is_paid_nobody_sees_that_they_are_settled_individually(settling: Settling) -> None:
    job = a_claim(1)
    contract = await settling.contract(
        job,
        a_claim(2, "home"),
        rules=[a_rule("job"), a_rule("home", payee=OTHER)],
        metrics=[a_metric("job"), a_metric("home", reported_by=OTHER)],
        parties=(PAYER, INVESTOR, PROVIDER, EVALUATOR, OTHER),
    )
    await settling.settle(contract.contract_id)
    await settling.tell(OutcomeWithdrawn(contract_id=contract.contract_id, claim_id=job.id, withdrawn_at=NOON))
    await settling.prepare(contract.contract_id, "correction")
    app, seen = Database(settling.urls.app, application="tests"), {}
    for organisation in (PAYER, PROVIDER, OTHER, INVESTOR, STRANGER):
        async with app.transaction(organisation) as connection:
            rows = text("select count(*) from settled_individually where contract_id = :contract")
            seen[organisation] = (await connection.execute(rows, {"contract": contract.contract_id})).scalar_one()
    await app.close()
    assert seen == {PAYER: 1, PROVIDER: 1, OTHER: 0, INVESTOR: 0, STRANGER: 0}


async def _plan(settling: Settling, query: str, asked: dict[str, Any]) -> list[str]:
    names = {name: value for name, value in asked.items() if f":{name}" in query}
    async with settling.worker.transaction(SERVICE) as connection:
        rows = (await connection.execute(text(f"explain {query}"), names)).scalars()
        return list(rows)
