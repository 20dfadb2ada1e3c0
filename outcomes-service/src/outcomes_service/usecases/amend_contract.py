"""Use case: a contract has been amended: newer terms stand beside those before them."""

from dataclasses import replace

from outcomes_service.domain.contract import people_readers_of, readers_of
from outcomes_service.storage.contracts import add_cohorts, add_version, list_people_counts, lock_any_contract
from outcomes_service.usecases.keep_contract import cohort_of, parties_of, terms_of
from services.events.contracts import ContractAmended
from services.kit.database.transaction import Transaction


async def amend_contract(tx: Transaction, fact: ContractAmended) -> None:
    """Keeps the newer version. Claims that are there keep the metric of their version, and are read by who is a party
    now; whoever was in a cohort is counted there still."""
    before = await lock_any_contract(tx, fact.contract_id)
    newest = terms_of(fact)
    amended = replace(
        before,
        terms=(*before.terms, newest),
        parties=parties_of(fact),
        time_zone=fact.time_zone,
        service_period=fact.service_period,
        outcome_period=fact.outcome_period,
        claims_close_on=fact.claims_close_on,
    )
    readers = {code: readers_of(amended.parties, metric) for code, metric in newest.metrics.items()}
    of_earlier = {metric.id: readers_of(amended.parties, metric) for metric in before.metrics()}
    await add_version(tx, amended, people_readers_of(amended), readers, of_earlier)
    people = await list_people_counts(tx, amended.id)
    cohorts = [cohort_of(cohort, people.get(cohort.code, 0)) for cohort in fact.outcomes.cohorts]
    await add_cohorts(tx, amended.id, newest.version, cohorts)
