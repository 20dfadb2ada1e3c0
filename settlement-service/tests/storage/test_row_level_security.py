"""Tests: the second line: what PostgreSQL itself keeps from whom, and what nobody may change."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from services.events.outcomes import ParticipantEnrolled
from services.kit.database.database import Database
from services.kit.testing import Urls, as_admin

from ..builders import (
    EVALUATOR,
    INVESTOR,
    OTHER,
    PAYER,
    PROVIDER,
    STRANGER,
    a_claim,
    a_metric,
    a_rule,
    person,
)
from ..conftest import Settling
from .test_rights_of_the_worker import OF_THE_WORKER

OF_PARTIES = (
    "contract",
    "readership",
    "input",
    "claim",
    "enrolment",
    "item",
    "posted_item",
    "settlement",
    "settlement_line",
    "accrued_item",
    "statement",
    "approval",
    "entry",
    "posting",
    "payment",
)
ITEMS = ("settlement_item", "settled_item", "settled_individually")
"""What a settlement has of its own, all, and whose are its own; it may have none of its own."""
OF_PERSONS = ("input", "claim", "enrolment", "item", "posted_item", "accrued_item", *ITEMS)
ONLY_GROW = (
    "input",
    "enrolment",
    "settlement_line",
    "settlement_item",
    "statement",
    "approval",
    "entry",
    "posting",
    "payment",
)


@pytest.fixture
async def contract_id(settling: Settling) -> UUID:
    """A contract of two providers with a posted and partly paid settlement: every table has rows of it."""
    contract = await settling.contract(
        *(a_claim(n, metric) for n in range(3) for metric in ("job", "home")),
        rules=[a_rule("job", payee=INVESTOR), a_rule("home", payee=OTHER)],
        metrics=[a_metric("job"), a_metric("home", reported_by=OTHER)],
        parties=(PAYER, INVESTOR, PROVIDER, EVALUATOR, OTHER),
    )
    enrolled = ParticipantEnrolled(
        contract_id=contract.contract_id, subject_id=person(1), cohort="first", enrolled_on=date(2026, 1, 1)
    )
    await settling.tell(enrolled)
    shown = await settling.settle(contract.contract_id)
    body = {
        "reference": "ERP-1",
        "paidOn": settling.clock.today().isoformat(),
        "amount": {"amount": "100.00", "currency": "DKK"},
        "outcome": "paid",
        "payee": INVESTOR,
    }
    paid = await settling.post(PAYER, f"/v1/settlements/{shown['id']}/payments", body, shown["revision"])
    assert paid.status_code == 200, paid.text
    return contract.contract_id


def of(table: str) -> str:
    return "id" if table == "contract" else "contract_id"


async def counted(database: Database, organisation: str, table: str, contract_id: UUID, also: str = "true") -> int:
    query = text(f"select count(*) from {table} where {of(table)} = :contract_id and {also}")
    async with database.transaction(organisation) as connection:
        return int((await connection.execute(query, {"contract_id": contract_id})).scalar_one())


async def test_every_table_that_belongs_to_parties_is_looked_at_here(urls: Urls) -> None:
    rows = await as_admin(
        urls,
        "select relname, relrowsecurity and relforcerowsecurity as guarded from pg_class"
        " where relkind = 'r' and relnamespace = 'public'::regnamespace",
    )
    kit = {"fact", "fact_unpublished", "fact_head", "idempotency", "audit", "inbox", "inbox_head", "parked"}
    tables = {*OF_PARTIES, *OF_THE_WORKER, *ITEMS} - {"settled_item"}
    assert {row["relname"] for row in rows} - kit - {"alembic_version"} == tables
    assert all(row["guarded"] for row in rows if row["relname"] in tables)


async def test_the_payer_sees_rows_of_every_table(app: Database, contract_id: UUID) -> None:
    for table in OF_PARTIES:
        assert await counted(app, PAYER, table, contract_id), table


async def test_strangers_and_who_has_not_said_who_it_is_see_nothing(app: Database, contract_id: UUID) -> None:
    for organisation in (STRANGER, "", "%", "service:outcomes-service"):
        for table in (*OF_PARTIES, *ITEMS):
            assert not await counted(app, organisation, table, contract_id), (organisation, table)


async def test_an_investor_sees_no_row_that_concerns_a_single_person(app: Database, contract_id: UUID) -> None:
    for table in OF_PERSONS:
        assert not await counted(app, INVESTOR, table, contract_id), table
    assert await counted(app, INVESTOR, "statement", contract_id) == 1
    assert not await counted(app, INVESTOR, "settlement_line", contract_id)


async def test_who_decides_disputes_sees_no_row_that_concerns_a_single_person(app: Database, contract_id: UUID) -> None:
    for table in OF_PERSONS:
        assert not await counted(app, EVALUATOR, table, contract_id), table


async def test_a_provider_sees_rows_of_what_it_reports_and_none_of_another(app: Database, contract_id: UUID) -> None:
    for organisation, own, other in ((PROVIDER, "job", "home"), (OTHER, "home", "job")):
        for table in ("item", "posted_item", "settled_item", "accrued_item", "settlement_line"):
            assert await counted(app, organisation, table, contract_id, f"rule = '{own}'"), table
            assert not await counted(app, organisation, table, contract_id, f"rule = '{other}'"), table
        assert await counted(app, organisation, "claim", contract_id) == 3
        assert not await counted(app, organisation, "claim", contract_id, f"metric = '{other}'")
        assert not await counted(app, organisation, "input", contract_id, f"scope like '%/{other}'")
        assert not await counted(app, organisation, "input", contract_id, "scope = 'people'")


async def test_a_payer_that_left_sees_no_settlement_that_it_was_not_told_of(
    settling: Settling, app: Database, urls: Urls
) -> None:
    contract = await settling.contract(a_claim(1), rules=[a_rule()])
    told = await settling.settle(contract.contract_id)
    left = "update contract set left_ids = $2 where id = $1"
    await as_admin(urls, left, contract.contract_id, [PAYER])
    assert await counted(app, PAYER, "settlement", contract.contract_id, f"id = '{told['id']}'") == 1
    await as_admin(urls, left, contract.contract_id, [])
    body = {"kind": "correction", "period": {"start": "2026-01-01", "end": "2027-01-01"}}
    answer = await settling.post(PAYER, f"/v1/contracts/{contract.contract_id}/settlements", body)
    assert answer.json()["state"] == "open"
    assert await counted(app, PAYER, "settlement", contract.contract_id) == 2
    await as_admin(urls, left, contract.contract_id, [PAYER])
    assert await counted(app, PAYER, "settlement", contract.contract_id) == 1
    assert await counted(app, PROVIDER, "settlement", contract.contract_id) == 2


async def test_a_payee_sees_its_own_side_of_the_ledger(app: Database, contract_id: UUID) -> None:
    assert await counted(app, INVESTOR, "posting", contract_id) == 3
    assert not await counted(app, INVESTOR, "posting", contract_id, f"organisation_id <> '{INVESTOR}'")
    assert await counted(app, INVESTOR, "payment", contract_id) == 1
    assert not await counted(app, OTHER, "payment", contract_id)


@pytest.mark.parametrize("organisation", [INVESTOR, PROVIDER, EVALUATOR, STRANGER])
async def test_only_payers_write(app: Database, contract_id: UUID, organisation: str) -> None:
    changes = (
        "update contract set settlements = 9 where id = :contract_id",
        "update settlement set state = 'cancelled' where contract_id = :contract_id",
    )
    for change in changes:
        async with app.transaction(organisation) as connection:
            assert (await connection.execute(text(change), {"contract_id": contract_id})).rowcount == 0
    approve = "insert into approval select :settlement, :contract_id, :organisation, 'issuer', 'anna', 'content', now()"
    values = {"settlement": person(1), "contract_id": contract_id, "organisation": organisation}
    with pytest.raises(ProgrammingError, match="row-level security"):
        await done(app, organisation, approve, values)


async def test_the_http_process_adds_no_entry_of_an_approval(app: Database, contract_id: UUID) -> None:
    add = (
        "insert into entry select gen_random_uuid(), contract_id, settlement_id, 'approval', currency, document_on,"
        " accounting_on, value_on, recorded_at from entry where contract_id = :contract_id limit 1"
    )
    with pytest.raises(ProgrammingError, match="row-level security"):
        await done(app, PAYER, add, {"contract_id": contract_id})


async def done(database: Database, organisation: str, statement: str, values: dict[str, Any]) -> None:
    async with database.transaction(organisation) as connection:
        await connection.execute(text(statement), values)


@pytest.mark.parametrize("table", ONLY_GROW)
@pytest.mark.parametrize("change", ["update {} set contract_id = contract_id", "delete from {}", "truncate {} cascade"])
async def test_what_only_grows_refuses_to_change_even_for_the_owner(
    urls: Urls, contract_id: UUID, table: str, change: str
) -> None:
    owner = Database(urls.owner, application="tests")
    try:
        with pytest.raises(DBAPIError, match="only ever added"):
            async with owner.transaction() as connection:
                await connection.execute(text(change.format(table)))
    finally:
        await owner.close()


@pytest.mark.parametrize("table", ONLY_GROW)
async def test_who_serves_has_no_right_to_try(urls: Urls, table: str) -> None:
    rows = await as_admin(
        urls,
        "select grantee, privilege_type from information_schema.role_table_grants"
        " where table_name = $1 and grantee in ('settlement_app', 'settlement_worker')",
        table,
    )
    assert {row["privilege_type"] for row in rows} <= {"SELECT", "INSERT"}


async def test_nobody_who_serves_is_more_than_it_needs(urls: Urls) -> None:
    rows = await as_admin(urls, "select * from pg_roles where rolname in ('settlement_app', 'settlement_worker')")
    assert len(rows) == 2
    assert not any(row["rolsuper"] or row["rolbypassrls"] or row["rolcreatedb"] for row in rows)


async def test_an_entry_that_does_not_sum_to_zero_is_not_committed(app: Database, contract_id: UUID) -> None:
    add = (
        "insert into posting select entry_id, 100 + number, contract_id, settlement_id, account, organisation_id, 1"
        " from posting where contract_id = :contract_id limit 1"
    )
    with pytest.raises(DBAPIError, match="sum to zero"):
        await done(app, PAYER, add, {"contract_id": contract_id})


async def test_an_input_whose_leaf_is_not_its_own_is_not_kept(worker: Database, contract_id: UUID) -> None:
    add = (
        "insert into input select contract_id, 1000, source, 1000, 0, type, scope, salt, body || 'x', leaf"
        " from input where contract_id = :contract_id limit 1"
    )
    with pytest.raises(DBAPIError, match="check"):
        await done(worker, "", add, {"contract_id": contract_id})
