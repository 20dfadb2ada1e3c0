"""Tests: what the registry says becomes this service's copy of it."""

from uuid import UUID

from services.events.contracts import ContractTerminated
from services.kit import clock
from services.kit.testing import as_admin

from ..builders import EVALUATOR, INVESTOR, PAYER, PROVIDER, activated
from ..conftest import Ingestion


async def test_a_contract_is_copied_with_who_may_read_what(ingestion: Ingestion) -> None:
    fact = activated()
    await ingestion.take(fact)
    (contract,) = await as_admin(ingestion.urls, "select * from contract where id = $1", fact.contract_id)
    assert contract["party_ids"] == [PAYER, INVESTOR, PROVIDER, EVALUATOR]
    assert set(contract["reader_ids"]) == {PAYER, PROVIDER, EVALUATOR}
    assert contract["terminated_on"] is None
    metrics = await as_admin(ingestion.urls, "select * from metric where contract_id = $1", fact.contract_id)
    readers = {metric["code"]: set(metric["reader_ids"]) for metric in metrics}
    assert readers == {
        "employed": {PAYER, PROVIDER, EVALUATOR},
        "trained": {PAYER, PROVIDER, EVALUATOR},
        "healthy": {PAYER, PROVIDER, EVALUATOR},
        "proven": {PAYER, PROVIDER, EVALUATOR},
        "agreed": {PAYER, PROVIDER},
        "registered": {PAYER, PROVIDER, EVALUATOR},
        "assessed": {PAYER, EVALUATOR},
    }
    assert {metric["code"]: metric["points"] for metric in metrics}["healthy"] == ["6m", "12m"]
    cohorts = await as_admin(ingestion.urls, "select * from cohort where contract_id = $1", fact.contract_id)
    assert {cohort["code"]: cohort["people"] for cohort in cohorts} == {"first": 0, "second": 0}


async def test_a_termination_is_kept(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    await ingestion.terminate(contract, "2025-01-01")
    (row,) = await as_admin(ingestion.urls, "select terminated_on from contract where id = $1", UUID(contract[-36:]))
    assert str(row["terminated_on"]) == "2025-01-01"


async def test_the_end_of_what_never_began_is_nothing_to_keep(ingestion: Ingestion) -> None:
    await ingestion.take(ContractTerminated(contract_id=clock.new_id(), terminated_on=clock.now().date()))
