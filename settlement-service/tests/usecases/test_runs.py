"""Tests: facts leave the same behind however they are cut into runs, and a run costs few statements."""

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text

from services.events.contracts import ContractSuspended, ContractTerminated
from services.events.outcomes import ParticipantEnrolled, ParticipantLeft
from services.kit.database.database import Database
from services.kit.testing import Urls
from settlement_service.app import ABOUT
from settlement_service.usecases.accrue import accrue_some

from ..builders import a_claim, a_metric, a_rule, activated, claimed, person, verified
from ..conftest import Settling
from .test_what_is_new_of_any import Course, _terms

TABLES = ("contract", "readership", "claim", "enrolment", "item", "open_subject", "accrued_item", "accrual", "input")
NOT_THE_SAME = {"salt", "leaf"}
WAYS = ("one by one", "by dice", "together")


@pytest.fixture(scope="session")
async def databases(new_database: Any) -> AsyncIterator[dict[str, Database]]:
    """A database for each way of cutting."""
    urls: dict[str, Urls] = {way: await new_database("settlement", ABOUT.folder) for way in WAYS}
    databases = {way: Database(of.worker, application="tests") for way, of in urls.items()}
    yield databases
    for database in databases.values():
        await database.close()


@pytest.mark.parametrize("seed", range(12))
async def test_any_cutting_into_runs_leaves_the_same_behind(
    settling: Settling, databases: dict[str, Database], seed: int
) -> None:
    dice = random.Random(seed)
    terms = _terms(dice)
    course = Course(dice, terms, [])
    facts = [*_before_the_terms(dice, terms.contract_id), terms]
    for _ in range(6):
        facts += [*course.events(), *_people(dice, terms.contract_id)]
    facts += [ContractSuspended(contract_id=terms.contract_id), *course.events()]
    if seed % 3 == 0:
        facts.append(ContractTerminated(contract_id=terms.contract_id, terminated_on=date(2026, 10, 1)))
    envelopes = [settling.envelope(fact) for fact in facts]
    left = {}
    for way, database in databases.items():
        service = Settling(settling.doors, settling.urls, database, settling.clock)
        for part in _cut(way, envelopes, random.Random(seed + 1)):
            await service.take(part)
        while True:
            async with service.as_worker() as tx:
                if not await accrue_some(tx, terms.contract_id):
                    break
        left[way] = await _rows(service, terms.contract_id)
    for table in TABLES:
        assert left["one by one"][table] == left["by dice"][table] == left["together"][table], table
    assert left["together"]["input"]
    assert left["together"]["item"]


def _before_the_terms(dice: random.Random, contract_id: UUID) -> Iterator[Any]:
    """Facts on claims may come before the contract's own."""
    for n in range(dice.randint(0, 4)):
        claim = a_claim(n, "job", f"early-{n}")
        yield claimed(contract_id, claim)
        yield verified(contract_id, claim)


def _people(dice: random.Random, contract_id: UUID) -> Iterator[Any]:
    for n in range(dice.randint(0, 3)):
        yield ParticipantEnrolled(
            contract_id=contract_id, subject_id=person(n), cohort="a", enrolled_on=date(2026, 1, dice.randint(1, 28))
        )
        if dice.random() < 0.3:
            yield ParticipantLeft(contract_id=contract_id, subject_id=person(n), cohort="a", left_on=date(2026, 9, 1))


def _cut(way: str, envelopes: Sequence[Any], dice: random.Random) -> Iterator[Sequence[Any]]:
    rest = list(envelopes)
    while rest:
        size = {"one by one": 1, "by dice": dice.randint(1, 20), "together": len(rest)}[way]
        yield rest[:size]
        rest = rest[size:]


async def _rows(service: Settling, contract_id: UUID) -> dict[str, list[str]]:
    """All rows of the contract, but for what is drawn by dice."""
    rows = {}
    async with service.as_worker() as tx:
        for table in TABLES:
            key = "id" if table == "contract" else "contract_id"
            query = text(f"select * from {table} where {key} = :contract")
            in_table = (await tx.connection.execute(query, {"contract": contract_id})).mappings()
            rows[table] = sorted(
                str({name: value for name, value in row.items() if name not in NOT_THE_SAME}) for row in in_table
            )
    return rows


async def test_a_run_of_500_facts_takes_at_most_twelve_statements(settling: Settling) -> None:
    """Nineteen round trips a fact were ninety-seven parts in a hundred of what a fact cost."""
    contract = activated([a_rule("job", 10_000)], metrics=[a_metric("job")])
    await settling.tell(contract)
    claims = [a_claim(n % 125, occurrence=str(n)) for n in range(250)]
    facts = [fact(contract.contract_id, claim) for claim in claims for fact in (claimed, verified)]
    envelopes = [settling.envelope(fact) for fact in facts]
    statements: list[str] = []
    engine = settling.worker.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note := lambda *of: statements.append(of[2]))
    try:
        await settling.take(envelopes)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(facts) == 500
    assert len(statements) <= 12, statements
    async with settling.as_worker() as tx:
        count = text("select count(*) from item where contract_id = :contract and reason is null")
        assert (await tx.connection.execute(count, {"contract": contract.contract_id})).scalar_one() > 0
