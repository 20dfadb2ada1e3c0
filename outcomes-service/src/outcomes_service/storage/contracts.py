"""Storage: this service's copy of each contract, with the metrics and cohorts of each version of its terms."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, insert, select, update

from outcomes_service.domain.contract import Cohort, Contract, Metric, Terms
from outcomes_service.storage.tables import cohort, contract, metric
from services.core.errors import NotFound
from services.core.period import Period
from services.core.terms.outcomes import IfNotDecided
from services.core.terms.parties import Party
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes


async def add_contract(
    tx: Transaction, new: Contract, readers: Sequence[str], readers_by_metric: Mapping[str, Sequence[str]]
) -> None:
    """Keeps a contract that was activated. `readers` may have to do with participants, `readers_by_metric` (by code)
    may read claims."""
    await tx.connection.execute(insert(contract).values(id=new.id, **_contract_row(new, readers)))
    await _add_metrics(tx, new, readers_by_metric)


async def add_version(
    tx: Transaction,
    amended: Contract,
    readers: Sequence[str],
    readers_by_metric: Mapping[str, Sequence[str]],
    readers_by_earlier: Mapping[int, Sequence[str]],
) -> None:
    """Keeps the newest version of a contract's terms beside the others. As `add_contract`; `readers_by_earlier` (by id)
    may from now on read claims on the metrics of the others."""
    row = _contract_row(amended, readers)
    await tx.connection.execute(update(contract).where(contract.c.id == amended.id).values(**row))
    for metric_id, reader_ids in readers_by_earlier.items():
        changed = update(metric).where(metric.c.id == metric_id)
        await tx.connection.execute(changed.values(party_ids=row["party_ids"], reader_ids=list(reader_ids)))
    await _add_metrics(tx, amended, readers_by_metric)


async def add_cohorts(tx: Transaction, contract_id: UUID, terms_version: int, cohorts: Sequence[Cohort]) -> None:
    """Keeps the cohorts of a version of the terms."""
    rows = [
        {
            "contract_id": contract_id,
            "terms_version": terms_version,
            "code": added.code,
            "name": added.name,
            "start_on": added.start,
            "end_on": added.end,
            "size": added.size,
            "people": added.people,
        }
        for added in cohorts
    ]
    if rows:
        await tx.connection.execute(insert(cohort), rows)


async def note_termination(tx: Transaction, contract_id: UUID, terminated_on: date) -> None:
    """Keeps from when on nothing counts; for a contract that was never activated there is nothing to keep."""
    ended = update(contract).where(contract.c.id == contract_id).values(terminated_on=terminated_on)
    await tx.connection.execute(ended)


async def get_contract(tx: Transaction, contract_id: UUID, *, lock: bool = False) -> Contract:
    """A contract that the caller is a party of. With `lock` nobody else changes anything under it until this
    transaction ends, and what is read after it is not older. Errors: `not-found`."""
    return await _get(tx, contract_id, lock, _own(tx))


async def lock_any_contract(tx: Transaction, contract_id: UUID) -> Contract:
    """As `get_contract` with `lock`, for the background process, which is a party of none. Errors: `not-found`."""
    return await _get(tx, contract_id, True)


async def _get(tx: Transaction, contract_id: UUID, lock: bool, *conditions: ColumnElement[bool]) -> Contract:
    this = [contract.c.id == contract_id, *conditions]
    if lock:
        await tx.connection.execute(select(contract.c.id).where(*this).with_for_update())
    row = (await tx.connection.execute(select(contract).where(*this))).one_or_none()
    if row is None:
        raise NotFound()
    of_terms = select(metric).where(metric.c.contract_id == contract_id).order_by(metric.c.id)
    return _contract(row, (await tx.connection.execute(of_terms)).all())


async def list_cohorts(tx: Transaction, of: Contract) -> Sequence[Cohort]:
    """The cohorts of the newest terms, by code."""
    query = select(cohort).where(cohort.c.contract_id == of.id, cohort.c.terms_version == of.terms[-1].version)
    rows = (await tx.connection.execute(query.order_by(cohort.c.code))).all()
    return [Cohort(row.code, row.name, row.start_on, row.end_on, row.size, row.people) for row in rows]


async def list_people_counts(tx: Transaction, contract_id: UUID) -> Mapping[str, int]:
    """How many people were ever in each cohort (by code), as the newest terms that have the cohort say."""
    query = select(cohort.c.code, cohort.c.people).where(cohort.c.contract_id == contract_id)
    return {row.code: row.people for row in await tx.connection.execute(query.order_by(cohort.c.terms_version))}


async def count_people(tx: Transaction, of: Contract, more: Mapping[str, int]) -> None:
    """So many `more` people have been in each cohort (by code) of the newest terms."""
    for code, people in sorted(more.items()):
        this = (cohort.c.contract_id == of.id, cohort.c.terms_version == of.terms[-1].version, cohort.c.code == code)
        await tx.connection.execute(update(cohort).where(*this).values(people=cohort.c.people + people))


def _own(tx: Transaction) -> ColumnElement[bool]:
    return contract.c.party_ids.contains([tx.caller.organisation])


async def _add_metrics(tx: Transaction, of: Contract, readers: Mapping[str, Sequence[str]]) -> None:
    newest, party_ids = of.terms[-1], [party.organisation_id for party in of.parties]
    rows = [
        {
            **_metric_row(added),
            "contract_id": of.id,
            "terms_version": newest.version,
            "party_ids": party_ids,
            "reader_ids": list(readers[added.code]),
        }
        for added in newest.metrics.values()
    ]
    await tx.connection.execute(insert(metric), rows)


def _contract_row(of: Contract, readers: Sequence[str]) -> dict[str, Any]:
    return {
        "terms_version": of.terms[-1].version,
        "terms": [
            {
                "version": terms.version,
                "effectiveFrom": terms.effective_from.isoformat(),
                "retroactive": terms.retroactive,
                "cohorts": sorted(terms.cohorts),
            }
            for terms in of.terms
        ],
        "parties": [{"organisationId": party.organisation_id, "role": party.role} for party in of.parties],
        "party_ids": [party.organisation_id for party in of.parties],
        "reader_ids": list(readers),
        "time_zone": of.time_zone,
        "service_start": of.service_period.start,
        "service_end": of.service_period.end,
        "outcome_start": of.outcome_period.start,
        "outcome_end": of.outcome_period.end,
        "claims_close_on": of.claims_close_on,
    }


def _metric_row(agreed: Metric) -> dict[str, Any]:
    return {
        "code": agreed.code,
        "subject": agreed.subject,
        "unit": agreed.unit,
        "reports": agreed.reports,
        "estimator": agreed.estimator,
        "reported_by": agreed.reported_by,
        "verified_by": agreed.verified_by,
        "disputes_decided_by": agreed.disputes_decided_by,
        "dispute_days": agreed.dispute_days,
        "if_not_decided": shapes.document(agreed.if_not_decided) if agreed.if_not_decided else None,
        "max_payments_per_person": agreed.max_payments_per_person,
        "points": list(agreed.points),
        "evidence_required": agreed.evidence_required,
        "components": list(agreed.components),
        "component_required": agreed.component_required,
    }


def _metric(row: Row[Any]) -> Metric:
    return Metric(
        id=row.id,
        code=row.code,
        subject=row.subject,
        unit=row.unit,
        reports=row.reports,
        estimator=row.estimator,
        reported_by=row.reported_by,
        verified_by=row.verified_by,
        disputes_decided_by=row.disputes_decided_by,
        dispute_days=row.dispute_days,
        if_not_decided=shapes.read(IfNotDecided, row.if_not_decided) if row.if_not_decided else None,
        max_payments_per_person=row.max_payments_per_person,
        points=tuple(row.points),
        evidence_required=row.evidence_required,
        components=tuple(row.components),
        component_required=row.component_required,
    )


def _terms(kept: Mapping[str, Any], metrics: Sequence[Row[Any]]) -> Terms:
    return Terms(
        version=kept["version"],
        effective_from=date.fromisoformat(kept["effectiveFrom"]),
        retroactive=kept["retroactive"],
        metrics={row.code: _metric(row) for row in metrics if row.terms_version == kept["version"]},
        cohorts=frozenset(kept["cohorts"]),
    )


def _contract(row: Row[Any], metrics: Sequence[Row[Any]]) -> Contract:
    return Contract(
        id=row.id,
        terms=tuple(_terms(kept, metrics) for kept in row.terms),
        parties=tuple(Party(organisation_id=party["organisationId"], role=party["role"]) for party in row.parties),
        time_zone=row.time_zone,
        service_period=Period(start=row.service_start, end=row.service_end),
        outcome_period=Period(start=row.outcome_start, end=row.outcome_end),
        claims_close_on=row.claims_close_on,
        terminated_on=row.terminated_on,
    )
