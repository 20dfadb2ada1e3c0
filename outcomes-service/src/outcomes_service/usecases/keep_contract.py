"""Use case: a contract has been activated: from now on it can be claimed on."""

from outcomes_service.domain.contract import Cohort, Contract, Metric, people_readers_of, readers_of
from outcomes_service.storage.contracts import add_cohorts, add_contract
from services.core.terms import model
from services.core.terms.parties import Party
from services.events.contracts import ContractActivated
from services.kit.transaction import Transaction


async def keep_contract(tx: Transaction, said: ContractActivated) -> None:
    """Makes this service's copy of the contract."""
    parties = tuple(Party(organisation_id=one.organisation_id, role=one.role) for one in said.parties)
    contract = Contract(
        id=said.contract_id,
        terms_version=said.version,
        parties=parties,
        time_zone=said.time_zone,
        service_period=said.service_period,
        outcome_period=said.outcome_period,
        claims_close_on=said.claims_close_on,
        metrics={one.code: _metric(one) for one in said.outcomes.metrics},
    )
    readers = {code: readers_of(parties, metric) for code, metric in contract.metrics.items()}
    await add_contract(tx, contract, people_readers_of(contract), readers)
    await add_cohorts(tx, contract.id, contract.terms_version, [_cohort(one) for one in said.outcomes.cohorts])


def _metric(agreed: model.Metric) -> Metric:
    return Metric(
        id=0,
        code=agreed.code,
        reported_by=agreed.reported_by,
        verified_by=agreed.verified_by,
        disputes_decided_by=agreed.disputes_decided_by,
        dispute_days=agreed.dispute_days,
        max_payments_per_person=agreed.max_payments_per_person,
        points=tuple(point.code for point in agreed.measurement_points),
        evidence_required=agreed.evidence_required,
    )


def _cohort(agreed: model.Cohort) -> Cohort:
    return Cohort(agreed.code, agreed.name, agreed.start, agreed.end, agreed.size, people=0)
