"""Tests: the second line: what each organisation's role sees and changes when a query forgets to ask."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from services.kit.database.database import Database
from services.kit.process import clock
from services.kit.testing import Urls, as_admin

from ..builders import (
    EVALUATOR,
    INVESTOR,
    PAYER,
    PROVIDER,
    STRANGER,
    a_claim,
    a_metric,
    about_a_cohort,
    about_a_site,
    an_enrolment,
)
from ..conftest import Ingestion
from .asking import INSERT_CLAIM, rows, with_a_decision

OF_CONTRACTS = {
    "contract": "id",
    "metric": "contract_id",
    "cohort": "contract_id",
    "participant": "contract_id",
    "enrolment": "contract_id",
    "claim": "contract_id",
}
OF_PEOPLE = ("participant", "enrolment", "claim", "claim_record")


@pytest.fixture
async def app(urls: Urls) -> AsyncIterator[Database]:
    database = Database(urls.app, application="tests")
    yield database
    await database.close()


@pytest.fixture
async def owner(urls: Urls) -> AsyncIterator[Database]:
    database = Database(urls.owner, application="tests")
    yield database
    await database.close()


@pytest.mark.parametrize("table", OF_CONTRACTS)
async def test_a_stranger_sees_nothing_even_without_a_filter(ingestion: Ingestion, app: Database, table: str) -> None:
    contract = await with_a_decision(ingestion)
    statement = f"select {OF_CONTRACTS[table]} from {table}"
    for organisation in (PAYER, PROVIDER, EVALUATOR):
        assert contract in await rows(app, organisation, statement)
    for organisation in (STRANGER, "", "%", f"{PAYER},", f"{{{PAYER}}}", "service:settlement-service"):
        assert await rows(app, organisation, statement) == []


@pytest.mark.parametrize("table", OF_PEOPLE)
async def test_an_investor_sees_no_row_of_a_person_even_without_a_filter(
    ingestion: Ingestion, app: Database, table: str
) -> None:
    await with_a_decision(ingestion)
    assert await rows(app, PAYER, f"select 1 from {table}")
    assert await rows(app, INVESTOR, f"select 1 from {table}") == []
    assert await rows(app, INVESTOR, "select 1 from contract")


@pytest.mark.parametrize("claim", [about_a_cohort(), about_a_site()])
async def test_claims_about_cohorts_and_sites_are_for_the_readers_of_the_metric_too(
    ingestion: Ingestion, app: Database, claim: dict[str, Any]
) -> None:
    contract = await ingestion.contract()
    assert (await ingestion.post(PROVIDER, f"{contract}/claims", claim)).status_code == 201
    statement = "select contract_id from claim where subject_code is not null"
    for organisation in (PAYER, PROVIDER, EVALUATOR):
        assert UUID(contract[-36:]) in await rows(app, organisation, statement)
    for organisation in (INVESTOR, STRANGER, ""):
        assert await rows(app, organisation, statement) == []


async def test_an_evaluator_sees_the_claims_on_its_metrics_alone(ingestion: Ingestion, app: Database) -> None:
    assigned, not_assigned = await with_a_decision(ingestion), await with_a_decision(ingestion, "agreed")
    for statement in (
        "select contract_id from claim",
        "select contract_id from claim_record join metric on metric.id = metric_id",
    ):
        seen = await rows(app, EVALUATOR, statement)
        assert assigned in seen
        assert not_assigned not in seen
        assert not_assigned in await rows(app, PROVIDER, statement)


async def test_a_provider_that_only_enrols_sees_people_and_no_claims(ingestion: Ingestion, app: Database) -> None:
    metric = a_metric("registered", reportedBy=PAYER, verifiedBy=EVALUATOR, disputesDecidedBy="agreement")
    cohorts = [{"code": "first", "name": "First"}]
    contract = await ingestion.contract(people=1, outcomes={"metrics": [metric], "cohorts": cohorts})
    await ingestion.upload(PAYER, f"{contract}/claims", [a_claim(metric="registered")])
    id_ = UUID(contract[-36:])
    assert id_ in await rows(app, PROVIDER, "select contract_id from participant")
    assert id_ not in await rows(app, PROVIDER, "select contract_id from claim")
    assert id_ in await rows(app, PAYER, "select contract_id from claim")


@pytest.mark.parametrize(("organisation", "reporter"), [(PAYER, PROVIDER), (PAYER, PAYER), (EVALUATOR, EVALUATOR)])
async def test_nobody_reports_for_another(
    ingestion: Ingestion, app: Database, organisation: str, reporter: str
) -> None:
    contract = await with_a_decision(ingestion)
    with pytest.raises(ProgrammingError, match="row-level security"):
        await rows(app, organisation, INSERT_CLAIM, id=clock.new_id(), contract=contract, reporter=reporter)


async def test_nobody_decides_for_another(ingestion: Ingestion, app: Database) -> None:
    contract = await with_a_decision(ingestion)
    forged = (
        "insert into claim_record (claim_id, metric_id, kind, said_by, said_at, verdict) "
        "select id, metric_id, 'verification', array[:payer], now(), 'verified' from claim "
        "where contract_id = :contract returning 1"
    )
    with pytest.raises(ProgrammingError, match="row-level security"):
        await rows(app, PROVIDER, forged, payer=PAYER, contract=contract)


@pytest.mark.parametrize("organisation", [INVESTOR, STRANGER])
async def test_others_put_nobody_into_a_contract(ingestion: Ingestion, app: Database, organisation: str) -> None:
    contract = await with_a_decision(ingestion)
    statement = "insert into participant values (:id, :contract, 'k', now()) returning 1"
    with pytest.raises(ProgrammingError, match="row-level security"):
        await rows(app, organisation, statement, id=clock.random_id(), contract=contract)
    counted = "update cohort set people = 9 where contract_id = :contract returning 1"
    assert await rows(app, organisation, counted, contract=contract) == []


async def test_a_party_may_lock_a_contract_and_change_nothing_of_it(ingestion: Ingestion, app: Database) -> None:
    contract = await with_a_decision(ingestion)
    locked = "select id from contract where id = :contract for update"
    assert await rows(app, INVESTOR, locked, contract=contract) == [contract]
    assert await rows(app, STRANGER, locked, contract=contract) == []
    with pytest.raises(ProgrammingError, match="row-level security"):
        await rows(app, PAYER, "update contract set terminated_on = null where id = :contract", contract=contract)


NEVER = [
    "delete from claim",
    "update claim set units = 2",
    "update claim set external_id = 'x'",
    "update claim set overdue_at = null",
    "update claim set escalated_to = 'x'",
    "delete from claim_record",
    "update claim_record set verdict = 'verified'",
    "truncate claim_record",
    "update participant set participant_key = 'x'",
    "delete from participant",
    "delete from enrolment",
    "update enrolment set enrolled_on = enrolled_on",
    "delete from contract",
    "insert into metric (code) values ('x')",
    "update metric set reader_ids = '{}'",
    "update cohort set size = 1",
    "update fact set type = 'x'",
    "delete from fact_unpublished",
    "delete from audit",
]


@pytest.mark.parametrize("statement", NEVER)
async def test_the_serving_role_may_not(app: Database, statement: str) -> None:
    async with app.engine.connect() as connection:
        await connection.execute(text("select set_config('app.org', :organisation, true)"), {"organisation": PAYER})
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.execute(text(statement))


@pytest.mark.parametrize("statement", ["delete from claim_record", "update claim_record set reason = null"])
async def test_whoever_tries_is_told_loudly_that_records_are_only_ever_added(owner: Database, statement: str) -> None:
    async with owner.engine.connect() as connection:
        with pytest.raises(DBAPIError, match="rows here are only ever added"):
            await connection.execute(text(statement))


@pytest.mark.parametrize("table", OF_PEOPLE)
async def test_the_background_process_has_no_business_with_people(worker: Database, table: str) -> None:
    async with worker.engine.connect() as connection:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.execute(text(f"select * from {table}"))


async def test_nobody_who_serves_is_above_the_policies(urls: Urls) -> None:
    roles = await as_admin(urls, "select * from pg_roles where rolname like 'outcomes\\_%'")
    assert {role["rolname"] for role in roles} == {"outcomes_owner", "outcomes_app", "outcomes_worker"}
    assert not any(role["rolsuper"] or role["rolbypassrls"] or role["rolcreaterole"] for role in roles)
    owned = await as_admin(
        urls, "select tableowner from pg_tables where schemaname = 'public' and tableowner <> 'outcomes_owner'"
    )
    assert owned == []
    for_all = await as_admin(
        urls,
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' "
        "and not (relrowsecurity and relforcerowsecurity)",
    )
    assert {row["relname"] for row in for_all} <= {
        "alembic_version",
        "fact_head",
        "fact_unpublished",
        "inbox",
        "inbox_head",
        "parked",
    }


async def test_a_second_live_claim_is_stopped_by_the_database_too(ingestion: Ingestion, urls: Urls) -> None:
    contract = await ingestion.contract(people=1)
    await ingestion.upload(PROVIDER, f"{contract}/claims", [a_claim()])
    forged = INSERT_CLAIM.replace("'2'", "occurrence").replace(":id", "uuidv7()").replace(":reporter", "reported_by")
    with pytest.raises(Exception, match="claim_live"):
        await as_admin(urls, forged.replace(":contract", "$1"), UUID(contract[-36:]))


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ("update claim set units = 0", "claim_check"),
        ("update claim set units = -1", "claim_units_check"),
        ("update claim set series = 'intervention/'", "claim_check"),
        ("update claim set measurement = '{}'", "claim_check"),
        ("update claim set metric_code = 'trained'", "claim_metric_id_metric_code_fkey"),
    ],
)
async def test_a_claim_is_units_or_a_measurement_by_the_database_too(
    ingestion: Ingestion, urls: Urls, wrong: str, refusal: str
) -> None:
    contract = await ingestion.contract(people=1)
    await ingestion.upload(PROVIDER, f"{contract}/claims", [a_claim()])
    with pytest.raises(Exception, match=refusal):
        await as_admin(urls, f"{wrong} where contract_id = $1", UUID(contract[-36:]))


async def test_nobody_is_in_a_cohort_twice_by_the_database_too(ingestion: Ingestion, urls: Urls) -> None:
    contract = await ingestion.contract()
    await ingestion.upload(PROVIDER, f"{contract}/participants", [an_enrolment()])
    forged = (
        "insert into enrolment (contract_id, subject_id, cohort, enrolled_on, enrolled_by, recorded_at) "
        "select contract_id, subject_id, cohort, enrolled_on + 1, enrolled_by, now() from enrolment "
        "where contract_id = $1"
    )
    with pytest.raises(Exception, match="enrolment_open"):
        await as_admin(urls, forged, UUID(contract[-36:]))
