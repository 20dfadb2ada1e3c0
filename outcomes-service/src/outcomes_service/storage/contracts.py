"""Storage: this service's copy of each contract, with the metrics and cohorts of its terms in force."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, insert, select, update

from outcomes_service.domain.contract import Cohort, Contract, Metric
from outcomes_service.storage.tables import cohort, contract, metric
from services.core.errors import NotFound
from services.core.period import Period
from services.core.terms.parties import Party
from services.kit.transaction import Transaction


async def add_contract(
    tx: Transaction, new: Contract, readers: Sequence[str], readers_by_metric: Mapping[str, Sequence[str]]
) -> None:
    """Keeps a contract that was activated. `readers` may have to do with participants, `readers_by_metric` (by code)
    may read claims."""
    party_ids = [party.organisation_id for party in new.parties]
    await tx.connection.execute(
        insert(contract).values(
            id=new.id,
            terms_version=new.terms_version,
            parties=[{"organisationId": party.organisation_id, "role": party.role} for party in new.parties],
            party_ids=party_ids,
            reader_ids=list(readers),
            time_zone=new.time_zone,
            service_start=new.service_period.start,
            service_end=new.service_period.end,
            outcome_start=new.outcome_period.start,
            outcome_end=new.outcome_period.end,
            claims_close_on=new.claims_close_on,
        )
    )
    rows = [_metric_row(new, one, party_ids, readers_by_metric[one.code]) for one in new.metrics.values()]
    await tx.connection.execute(insert(metric), rows)


async def add_cohorts(tx: Transaction, contract_id: UUID, terms_version: int, cohorts: Sequence[Cohort]) -> None:
    """Keeps the cohorts of a version of the terms."""
    rows = [
        {
            "contract_id": contract_id,
            "terms_version": terms_version,
            "code": one.code,
            "name": one.name,
            "start_on": one.start,
            "end_on": one.end,
            "size": one.size,
            "people": one.people,
        }
        for one in cohorts
    ]
    await tx.connection.execute(insert(cohort), rows)


async def note_termination(tx: Transaction, contract_id: UUID, terminated_on: date) -> None:
    """Keeps from when on nothing counts; for a contract that was never activated there is nothing to keep."""
    ended = update(contract).where(contract.c.id == contract_id).values(terminated_on=terminated_on)
    await tx.connection.execute(ended)


async def get_contract(tx: Transaction, contract_id: UUID, *, lock: bool = False) -> Contract:
    """A contract that the caller is a party of. With `lock` nobody else changes anything under it until this
    transaction ends, and what is read after it is not older. Errors: `not-found`."""
    own = [contract.c.id == contract_id, _own(tx)]
    if lock:
        await tx.connection.execute(select(contract.c.id).where(*own).with_for_update())
    row = (await tx.connection.execute(select(contract).where(*own))).one_or_none()
    if row is None:
        raise NotFound()
    of_terms = select(metric).where(metric.c.contract_id == contract_id, metric.c.terms_version == row.terms_version)
    metrics = [_metric(one) for one in (await tx.connection.execute(of_terms.order_by(metric.c.id))).all()]
    return _contract(row, metrics)


async def list_cohorts(tx: Transaction, of: Contract) -> Sequence[Cohort]:
    """The cohorts of the terms in force, by code."""
    query = select(cohort).where(cohort.c.contract_id == of.id, cohort.c.terms_version == of.terms_version)
    rows = (await tx.connection.execute(query.order_by(cohort.c.code))).all()
    return [Cohort(row.code, row.name, row.start_on, row.end_on, row.size, row.people) for row in rows]


async def count_people(tx: Transaction, of: Contract, more: Mapping[str, int]) -> None:
    """So many `more` people have been in each cohort (by code)."""
    for code, people in sorted(more.items()):
        this = (cohort.c.contract_id == of.id, cohort.c.terms_version == of.terms_version, cohort.c.code == code)
        await tx.connection.execute(update(cohort).where(*this).values(people=cohort.c.people + people))


def _own(tx: Transaction) -> ColumnElement[bool]:
    return contract.c.party_ids.contains([tx.caller.organisation])


def _metric_row(of: Contract, one: Metric, party_ids: Sequence[str], readers: Sequence[str]) -> dict[str, Any]:
    return {
        "contract_id": of.id,
        "terms_version": of.terms_version,
        "code": one.code,
        "reported_by": one.reported_by,
        "verified_by": one.verified_by,
        "disputes_decided_by": one.disputes_decided_by,
        "dispute_days": one.dispute_days,
        "max_payments_per_person": one.max_payments_per_person,
        "points": list(one.points),
        "evidence_required": one.evidence_required,
        "party_ids": list(party_ids),
        "reader_ids": list(readers),
    }


def _metric(row: Row[Any]) -> Metric:
    return Metric(
        id=row.id,
        code=row.code,
        reported_by=row.reported_by,
        verified_by=row.verified_by,
        disputes_decided_by=row.disputes_decided_by,
        dispute_days=row.dispute_days,
        max_payments_per_person=row.max_payments_per_person,
        points=tuple(row.points),
        evidence_required=row.evidence_required,
    )


def _contract(row: Row[Any], metrics: Sequence[Metric]) -> Contract:
    return Contract(
        id=row.id,
        terms_version=row.terms_version,
        parties=tuple(Party(organisation_id=one["organisationId"], role=one["role"]) for one in row.parties),
        time_zone=row.time_zone,
        service_period=Period(start=row.service_start, end=row.service_end),
        outcome_period=Period(start=row.outcome_start, end=row.outcome_end),
        claims_close_on=row.claims_close_on,
        metrics={one.code: one for one in metrics},
        terminated_on=row.terminated_on,
    )
