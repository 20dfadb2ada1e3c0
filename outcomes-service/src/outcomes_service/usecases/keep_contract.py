"""Use case: a contract has been activated: from now on it can be claimed on."""

from outcomes_service.domain.contract import Cohort, Contract, Metric, Terms, people_readers_of, readers_of
from outcomes_service.storage.contracts import add_cohorts, add_contract
from services.core.terms import outcomes as agreed_on
from services.core.terms.naming import components_on, measured_over_components
from services.core.terms.parties import Party
from services.core.terms.payment import Payment
from services.events.contracts import ContractActivated, InForce
from services.kit.database.transaction import Transaction


async def keep_contract(tx: Transaction, fact: ContractActivated) -> None:
    """Makes this service's copy of the contract."""
    contract = Contract(
        id=fact.contract_id,
        terms=(terms_of(fact),),
        parties=parties_of(fact),
        time_zone=fact.time_zone,
        service_period=fact.service_period,
        outcome_period=fact.outcome_period,
        claims_close_on=fact.claims_close_on,
    )
    readers = {metric.code: readers_of(contract.parties, metric) for metric in contract.metrics()}
    await add_contract(tx, contract, people_readers_of(contract), readers)
    await add_cohorts(tx, contract.id, fact.version, [cohort_of(cohort, people=0) for cohort in fact.outcomes.cohorts])


def parties_of(fact: InForce) -> tuple[Party, ...]:
    """Who takes part, without their names."""
    return tuple(Party(organisation_id=party.organisation_id, role=party.role) for party in fact.parties)


def terms_of(fact: InForce) -> Terms:
    """What the service knows of a version of the terms."""
    return Terms(
        version=fact.version,
        effective_from=fact.effective_from,
        retroactive=fact.payment.retroactive,
        metrics={metric.code: _metric(metric, fact.payment) for metric in fact.outcomes.metrics},
        cohorts=frozenset(cohort.code for cohort in fact.outcomes.cohorts),
    )


def cohort_of(agreed: agreed_on.Cohort, people: int) -> Cohort:
    """A cohort of the terms, in which so many people were."""
    return Cohort(agreed.code, agreed.name, agreed.start, agreed.end, agreed.size, people)


def _metric(agreed: agreed_on.Metric, payment: Payment) -> Metric:
    components = tuple(components_on(payment, agreed.code))
    return Metric(
        id=0,
        code=agreed.code,
        subject=agreed.subject,
        unit=agreed.unit,
        reports=agreed.reports,
        estimator=agreed.estimator,
        reported_by=agreed.reported_by,
        verified_by=agreed.verified_by,
        disputes_decided_by=agreed.disputes_decided_by,
        dispute_days=agreed.dispute_days,
        if_not_decided=agreed.if_not_decided,
        max_payments_per_person=agreed.max_payments_per_person,
        points=tuple(point.code for point in agreed.measurement_points),
        evidence_required=agreed.evidence_required,
        components=components,
        component_required=bool(components) and agreed.code not in measured_over_components(payment),
    )
