"""Tests: who may end the wait of a claim, by the database: the background process, and that alone."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from services.kit.database.database import Database
from services.kit.process import clock
from services.kit.testing import Urls

from ..builders import PAYER, PROVIDER, a_claim
from ..conftest import Ingestion
from .asking import INSERT_CLAIM, rows, with_a_decision


@pytest.fixture
async def app(urls: Urls) -> AsyncIterator[Database]:
    database = Database(urls.app, application="tests")
    yield database
    await database.close()


async def test_no_party_says_that_nobody_decided_in_time(ingestion: Ingestion, app: Database) -> None:
    contract = await with_a_decision(ingestion)
    forged = (
        "insert into claim_record (claim_id, metric_id, kind, said_by, said_at, verdict, deemed) "
        "select id, metric_id, 'verification', array[:payer], now(), 'verified', true from claim "
        "where contract_id = :contract returning 1"
    )
    with pytest.raises(ProgrammingError, match="row-level security"):
        await rows(app, PAYER, forged, payer=PAYER, contract=contract)
    escalated = INSERT_CLAIM.replace("revision)", "revision, escalated_at, escalated_to)").replace(
        "'submitted', 1", "'submitted', 1, now(), 'x'"
    )
    with pytest.raises(ProgrammingError, match="row-level security"):
        await rows(app, PROVIDER, escalated, id=clock.new_id(), contract=contract, reporter=PROVIDER)


BY_WORKER = [
    "update claim set units = 2",
    "update claim set overdue_at = null",
    "delete from claim",
    "select external_id from claim",
    "select subject_id from claim",
    "select evidence from claim",
]


@pytest.mark.parametrize("statement", BY_WORKER)
async def test_the_background_process_ends_waits_and_does_nothing_else_with_claims(
    worker: Database, statement: str
) -> None:
    async with worker.engine.connect() as connection:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.execute(text(statement))


async def test_the_background_process_sees_claims_that_may_be_overdue_and_ends_their_wait_alone(
    ingestion: Ingestion, worker: Database
) -> None:
    contract = await ingestion.contract(people=1)
    claims = [a_claim(externalId=metric, metric=metric) for metric in ("employed", "accepted", "escalated")]
    await ingestion.upload(PROVIDER, f"{contract}/claims", claims)
    this = {"contract": UUID(contract[-36:])}
    assert await rows(worker, "", "select state from claim where contract_id = :contract", **this) == ["submitted"] * 2
    with pytest.raises(ProgrammingError, match="row-level security"):
        await rows(worker, "", "update claim set state = 'rejected' where contract_id = :contract returning 1", **this)
    expected = (
        "insert into claim_record (claim_id, metric_id, kind, said_by, said_at, verdict) "
        "select id, metric_id, 'verification', array['x'], now(), 'verified' from claim "
        "where contract_id = :contract returning 1"
    )
    with pytest.raises(ProgrammingError, match="row-level security"):
        await rows(worker, "", expected, **this)
