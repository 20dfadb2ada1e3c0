"""Tests: what doors and row level security keep from each payee of a rule whose payee an amendment changed."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.events.outcomes import OutcomeWithdrawn
from services.kit.database.database import Database

from ..api.test_inputs import recomputed
from ..builders import (
    EVALUATOR,
    INVESTOR,
    NOON,
    OTHER,
    PAYER,
    PROVIDER,
    a_cap,
    a_claim,
    a_metric,
    a_rule,
    activated,
    an_amendment,
)
from ..conftest import Settling

JULY = date(2026, 7, 1)
EARLY, LATE = "2026-03-01", "2026-08-01"
OF_PAYEE = ("posted_item", "settlement_line", "settled_item")


@dataclass(frozen=True)
class Course:
    """A contract whose payee changed in July: settled up to then, for the year, and once more after a withdrawal."""

    contract_id: UUID
    settlements: list[dict[str, Any]]
    early: frozenset[str]
    late: frozenset[str]


@pytest.fixture
async def course(settling: Settling) -> Course:
    """Three outcomes are paid to one provider and, from July on, two to another; then one of the former's falls."""

    def terms(payee: str) -> Any:
        metrics = [a_metric(reported_by=PAYER, verified_by=EVALUATOR)]
        parties = (PAYER, INVESTOR, PROVIDER, OTHER, EVALUATOR)
        caps = [a_cap("rule", 49_000, "job"), a_cap("contract", 48_000)]
        return activated([a_rule("job", payee=payee)], caps, metrics, parties=parties)

    early, late = [a_claim(n, day=EARLY) for n in range(3)], [a_claim(n, day=LATE) for n in (3, 4)]
    activation = terms(PROVIDER)
    contract_id = activation.contract_id
    await settling.tell(activation)
    await settling.verify(contract_id, *early)
    settlements = [await settling.settle(contract_id, end=JULY)]
    await settling.tell(an_amendment(terms(OTHER), contract_id, JULY))
    await settling.verify(contract_id, *late)
    settlements.append(await settling.settle(contract_id))
    await settling.tell(OutcomeWithdrawn(contract_id=contract_id, claim_id=early[0].id, withdrawn_at=NOON))
    settlements.append(await settling.settle(contract_id, "correction"))
    ids = [frozenset(str(claim.id) for claim in claims) for claims in (early, late)]
    return Course(contract_id, settlements, *ids)


async def column(database: Database, organisation: str, query: str, contract_id: UUID) -> list[Any]:
    async with database.transaction(organisation) as connection:
        return list((await connection.execute(text(query), {"contract": contract_id})).scalars())


@pytest.mark.parametrize(("organisation", "other"), [(PROVIDER, OTHER), (OTHER, PROVIDER)])
async def test_no_row_of_another_payee_is_there_for_who_asks(
    app: Database, course: Course, organisation: str, other: str
) -> None:
    for table in OF_PAYEE:
        query = f"select distinct payee from {table} where contract_id = :contract"
        assert await column(app, organisation, query, course.contract_id) == [organisation], table
        assert sorted(await column(app, PAYER, query, course.contract_id)) == sorted([organisation, other])
        assert not await column(app, INVESTOR, query, course.contract_id)
    assert not await column(app, organisation, "select 1 from item where contract_id = :contract", course.contract_id)
    posted = "select scope from input where contract_id = :contract and scope like 'rule/%'"
    assert set(await column(app, organisation, posted, course.contract_id)) == {f"rule/job/{organisation}"}


async def test_who_was_paid_reads_no_claim_of_what_another_is_paid_for(app: Database, course: Course) -> None:
    bodies = "select convert_from(body, 'UTF8') from input where contract_id = :contract and scope = 'metric/job'"
    told = " ".join(await column(app, PROVIDER, bodies, course.contract_id))
    assert all(claim in told for claim in course.early)
    assert not any(claim in told for claim in course.late)


@pytest.mark.parametrize(("organisation", "other"), [(PROVIDER, OTHER), (OTHER, PROVIDER)])
async def test_no_door_tells_one_payee_of_another(
    settling: Settling, course: Course, organisation: str, other: str
) -> None:
    contract = f"/v1/contracts/{course.contract_id}"
    settled = [
        (await settling.get(organisation, f"/v1/settlements/{settlement['id']}")).json()
        for settlement in course.settlements
    ]
    owed = {PROVIDER: ["300.00", "0.00", "-100.00"], OTHER: ["0.00", "180.00", "20.00"]}[organisation]
    before = {PROVIDER: ["0.00", "300.00", "300.00"], OTHER: ["0.00", "0.00", "180.00"]}[organisation]
    assert [settlement["total"]["amount"] for settlement in settled] == owed
    assert [settlement["previouslySettled"]["amount"] for settlement in settled] == before
    documents = [json.dumps(settled), (await settling.get(organisation, f"{contract}/position")).text]
    for settlement in settled:
        for line in settlement["lines"]:
            path = f"/v1/settlements/{settlement['id']}/lines/{line['number']}/items"
            items = (await settling.get(organisation, path)).json()["items"]
            documents.append(json.dumps(items))
            for item in items:
                own = f"{path}/{item['subjectId']}/{item['occurrence']}/explanation"
                explained = await settling.get(organisation, own)
                assert explained.status_code == 200
                documents.append(explained.text)
    assert other not in " ".join(documents)
    others = course.late if organisation == PROVIDER else course.early
    assert not any(claim in " ".join(documents) for claim in others)


@pytest.mark.parametrize("organisation", [PAYER, PROVIDER, OTHER])
async def test_each_computes_again_what_it_is_given(
    settling: Settling, course: Course, tmp_path: Path, organisation: str
) -> None:
    for settlement in course.settlements[1:] if organisation == OTHER else course.settlements:
        answer = await settling.get(organisation, f"/v1/settlements/{settlement['id']}/inputs")
        status, output = recomputed(tmp_path / "inputs.json", answer.content)
        assert status == 0, output
