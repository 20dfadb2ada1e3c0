"""Tests: what the registry says becomes this service's copy of it."""

import json
from uuid import UUID

from services.events.contracts import ContractTerminated
from services.kit.process import clock
from services.kit.testing import as_admin

from ..builders import (
    EVALUATOR,
    INVESTOR,
    PAYER,
    PROVIDER,
    a_claim,
    a_metric,
    about_a_site,
    activated,
    outcomes,
)
from ..conftest import Ingestion, refused


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
        "accepted": {PAYER, PROVIDER, EVALUATOR},
        "escalated": {PAYER, PROVIDER, EVALUATOR},
        "assessed": {PAYER, EVALUATOR},
        "scored": {PAYER, PROVIDER, EVALUATOR},
        "reoffending": {PAYER, PROVIDER, EVALUATOR},
        "delivered": {PAYER, PROVIDER, EVALUATOR},
        "served": {PAYER, PROVIDER, EVALUATOR},
        "cost": {PAYER, PROVIDER, EVALUATOR},
        "spent": {PAYER, PROVIDER, EVALUATOR},
        "saved": {PAYER, PROVIDER, EVALUATOR},
    }
    by_code = {metric["code"]: metric for metric in metrics}
    assert by_code["healthy"]["points"] == ["6m", "12m"]
    assert json.loads(by_code["escalated"]["if_not_decided"]) == {"afterDays": 30, "then": "escalate"}
    assert by_code["employed"]["if_not_decided"] is None
    names = ("subject", "unit", "reports", "estimator")
    assert [by_code["employed"][name] for name in names] == ["participant", "outcome", "units", None]
    assert [by_code["reoffending"][name] for name in names] == ["cohort", "share", "measurement", "matched-did"]
    cohorts = await as_admin(ingestion.urls, "select * from cohort where contract_id = $1", fact.contract_id)
    assert {cohort["code"]: cohort["people"] for cohort in cohorts} == {"first": 0, "second": 0}


async def test_terms_may_have_no_cohort(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(outcomes=outcomes(a_metric("served", subject="site"), cohorts=[]))
    assert (await ingestion.get(INVESTOR, f"{contract}/cohorts")).json() == {"items": []}
    assert (await ingestion.post(PROVIDER, f"{contract}/claims", about_a_site())).status_code == 201


async def test_who_works_on_cohorts_and_sites_alone_reads_no_participant(ingestion: Ingestion) -> None:
    """A contract in which the evaluator decides on a cohort's figure, and on nothing that is about a person."""
    on_people = a_metric("employed", disputesDecidedBy="agreement")
    contract = await ingestion.contract(people=1, outcomes=outcomes(on_people, a_metric("delivered", subject="cohort")))
    refused(await ingestion.get(EVALUATOR, f"{contract}/participants"), 403, "role-not-allowed")
    claim = about_a_site(metric="delivered", site=None, cohort="first")
    await ingestion.upload(PROVIDER, f"{contract}/claims", [claim, a_claim(externalId="b")])
    read = (await ingestion.get(EVALUATOR, f"{contract}/claims")).json()["items"]
    assert [enrolment["cohort"] for enrolment in read] == ["first"]
    for reader in (PAYER, PROVIDER):
        assert (await ingestion.get(reader, f"{contract}/participants")).status_code == 200
    answer = await ingestion.post(EVALUATOR, f"{contract}/claims", a_claim(externalId="c"))
    refused(answer, 403, "reporter-not-allowed")


async def test_a_termination_is_kept(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    await ingestion.terminate(contract, "2025-01-01")
    (row,) = await as_admin(ingestion.urls, "select terminated_on from contract where id = $1", UUID(contract[-36:]))
    assert str(row["terminated_on"]) == "2025-01-01"


async def test_the_end_of_what_never_began_is_nothing_to_keep(ingestion: Ingestion) -> None:
    await ingestion.take(ContractTerminated(contract_id=clock.new_id(), terminated_on=clock.now().date()))
