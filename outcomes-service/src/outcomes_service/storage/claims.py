"""Storage: claims, and what was said about them."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.exc import IntegrityError

from outcomes_service.domain.claim import LIVE, Claim, Evidence, Record
from outcomes_service.domain.deciding import Change
from outcomes_service.domain.reporting import Content
from outcomes_service.storage.tables import claim, claim_record, metric, participant
from services.core.errors import NotFound
from services.core.measurement import Measurement
from services.kit.database.sets import among, column
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes

_ADD = """
insert into claim (id, contract_id, metric_id, metric_code, subject_id, subject_code, occurrence, series, achieved_on,
                   units, measurement, evidence, external_id, overdue_at, reported_by, recorded_at, corrects, state,
                   revision)
select id, $1::uuid, metric_id, metric_code, subject_id, subject_code, occurrence, coalesce(series, ''), achieved_on,
       units, measurement::jsonb, evidence::jsonb, external_id, overdue_at, $2::text, $3::timestamptz, $4::uuid,
       'submitted', 1
from unnest($5::uuid[], $6::bigint[], string_to_array($7, E'\\n'), $8::uuid[], string_to_array($9, E'\\n', ''),
            string_to_array($10, E'\\n'), string_to_array($11, E'\\n', ''), $12::date[], $13::integer[],
            string_to_array($14, E'\\n', ''), string_to_array($15, E'\\n', ''), string_to_array($16, E'\\n'),
            $17::timestamptz[])
     as new (id, metric_id, metric_code, subject_id, subject_code, occurrence, series, achieved_on, units, measurement,
             evidence, external_id, overdue_at)
"""
_ADD_WHAT_DOES_NOT_CLASH = f"{_ADD} on conflict do nothing"
_KEPT = "select id from claim where id = any($1::uuid[])"
_EXISTING = """
select external_id, id, metric_code, subject_id, subject_code, occurrence, achieved_on, units, measurement, evidence,
       corrects
from claim where contract_id = $1::uuid and reported_by = $2::text and external_id = any($3::text[])
"""
_CHANGE = """
update claim set state = changed.state, revision = changed.revision, superseded_by = changed.superseded_by
from unnest($1::uuid[], $2::text[], $3::integer[], $4::uuid[]) as changed (id, state, revision, superseded_by)
where claim.id = changed.id
"""
_RECORD = """
insert into claim_record (claim_id, metric_id, kind, said_by, said_at, verdict, reason)
select claim_id, metric_id, kind, string_to_array(said_by, ' '), said_at, verdict, reason
from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[])
     as new (claim_id, metric_id, kind, said_by, said_at, verdict, reason)
"""


class NewClaim(NamedTuple):
    """A claim that is to be kept."""

    id: UUID
    external_id: str
    metric_id: int
    content: Content
    overdue_at: datetime | None


class ExistingClaim(NamedTuple):
    """The claim that an external id is taken by."""

    id: UUID
    content: Content
    corrects: UUID | None


async def add_claims(
    tx: Transaction, contract_id: UUID, new: Sequence[NewClaim], corrects: UUID | None = None
) -> set[UUID]:
    """Keeps new claims of the caller; returns the ids of those that were kept. Left out is what clashes, with what
    stood before or stands earlier in `new`: the same external id, or a live claim on the same occurrence."""
    ids = [added.id for added in new]
    values = (
        contract_id,
        tx.caller.organisation,
        tx.now,
        corrects,
        ids,
        [added.metric_id for added in new],
        *_content_columns([added.content for added in new]),
        column([added.external_id for added in new]),
        [added.overdue_at for added in new],
    )
    with suppress(IntegrityError):  # hardly ever: looking for clashes first would cost a third more
        async with tx.connection.begin_nested():
            await tx.connection.exec_driver_sql(_ADD, values)
        return set(ids)
    await tx.connection.exec_driver_sql(_ADD_WHAT_DOES_NOT_CLASH, values)
    return set((await tx.connection.exec_driver_sql(_KEPT, (ids,))).scalars())


def _content_columns(contents: Sequence[Content]) -> tuple[Any, ...]:
    """What claims say, in the order of `_ADD`'s columns."""
    return (
        column([content.metric for content in contents]),
        [content.subject_id for content in contents],
        column([content.subject_code or "" for content in contents]),
        column([content.occurrence for content in contents]),
        column([content.series for content in contents]),
        [content.achieved_on for content in contents],
        [content.units for content in contents],
        column([_measurement_text(content.measurement) for content in contents]),
        column([_evidence_text(content.evidence) for content in contents]),
    )


async def find_existing(
    tx: Transaction, contract_id: UUID, external_ids: Collection[str]
) -> Mapping[str, ExistingClaim]:
    """The caller's claims under these external ids, by external id."""
    values = (contract_id, tx.caller.organisation, list(external_ids))
    rows = (await tx.connection.exec_driver_sql(_EXISTING, values)).all()
    return {
        row.external_id: ExistingClaim(
            row.id,
            Content(
                row.metric_code,
                row.subject_id,
                row.subject_code,
                row.occurrence,
                row.achieved_on,
                row.units,
                _measurement(row.measurement),
                _evidence(row.evidence),
            ),
            row.corrects,
        )
        for row in rows
    }


async def save_changes(tx: Transaction, changes: Sequence[Change]) -> None:
    """Keeps what commands made of claims, and what was said."""
    claims = [change.claim for change in changes]
    values: tuple[Any, ...] = (
        [changed.id for changed in claims],
        [changed.state for changed in claims],
        [changed.revision for changed in claims],
        [changed.superseded_by for changed in claims],
    )
    await tx.connection.exec_driver_sql(_CHANGE, values)
    records = [(change.claim, record) for change in changes for record in change.records]
    values = (
        [changed.id for changed, _ in records],
        [changed.metric_id for changed, _ in records],
        [record.kind for _, record in records],
        [" ".join(record.said_by) for _, record in records],
        [record.said_at for _, record in records],
        [record.verdict for _, record in records],
        [record.reason for _, record in records],
    )
    await tx.connection.exec_driver_sql(_RECORD, values)


async def find_contract_of(tx: Transaction, claim_id: UUID) -> UUID:
    """The contract of a claim that the caller may read. Errors: `not-found`."""
    query = select(claim.c.contract_id).join(metric, metric.c.id == claim.c.metric_id)
    contract_id: UUID | None = (
        await tx.connection.execute(query.where(claim.c.id == claim_id, _readable(tx)))
    ).scalar_one_or_none()
    if contract_id is None:
        raise NotFound()
    return contract_id


async def get_claim(tx: Transaction, claim_id: UUID) -> Claim:
    """A claim that the caller may read. Errors: `not-found`."""
    claims = await _claims(tx, claim.c.id == claim_id)
    if not claims:
        raise NotFound()
    return claims[0]


async def find_claims(tx: Transaction, contract_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, Claim]:
    """By id, those of `ids` that are claims of the contract and that the caller may read."""
    claims = await _claims(tx, claim.c.contract_id == contract_id, among(claim.c.id, ids))
    return {read.id: read for read in claims}


async def list_claims(
    tx: Transaction, contract_id: UUID, state: str | None, code: str | None, after: UUID | None, limit: int
) -> Sequence[Claim]:
    """Up to `limit` claims of the contract that the caller may read, the oldest first, from the one after `after` on;
    only those in `state` and on the metric `code`, where these are given."""
    conditions = [claim.c.contract_id == contract_id]
    if state is not None:
        conditions.append(claim.c.state == state)
    if code is not None:
        conditions.append(claim.c.metric_code == code)
    if after is not None:
        conditions.append(claim.c.id > after)
    return await _claims(tx, *conditions, limit=limit)


async def has_live_twin(tx: Transaction, this: Claim) -> bool:
    """Whether another live claim stands on the same occurrence, and for a measurement in the same series."""
    query = select(claim.c.id).where(
        claim.c.subject_id == this.subject_id,
        claim.c.metric_code == this.metric,
        claim.c.occurrence == this.occurrence,
        claim.c.series == this.series,
        claim.c.state.in_(LIVE),
        claim.c.id != this.id,
    )
    return (await tx.connection.execute(query)).first() is not None


async def _claims(tx: Transaction, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Claim]:
    query = (
        select(claim, metric.c.subject, participant.c.participant_key)
        .join(metric, metric.c.id == claim.c.metric_id)
        .outerjoin(participant, participant.c.subject_id == claim.c.subject_id)
        .where(_readable(tx), *conditions)
        .order_by(claim.c.id)
        .limit(limit)
    )
    rows = (await tx.connection.execute(query)).all()
    records = await _records(tx, [row.id for row in rows if row.state != "submitted"])
    return [_claim(row, records.get(row.id, ())) for row in rows]


async def _records(tx: Transaction, ids: Collection[UUID]) -> Mapping[UUID, tuple[Record, ...]]:
    if not ids:
        return {}
    query = select(claim_record).where(among(claim_record.c.claim_id, ids)).order_by(claim_record.c.id)
    records: dict[UUID, tuple[Record, ...]] = {}
    for row in (await tx.connection.execute(query)).all():
        record = Record(row.kind, tuple(row.said_by), row.said_at, row.verdict, row.reason, row.deemed)
        records[row.claim_id] = (*records.get(row.claim_id, ()), record)
    return records


def _readable(tx: Transaction) -> ColumnElement[bool]:
    return metric.c.reader_ids.contains([tx.caller.organisation])


def _claim(row: Row[Any], records: tuple[Record, ...]) -> Claim:
    return Claim(
        id=row.id,
        contract_id=row.contract_id,
        metric_id=row.metric_id,
        metric=row.metric_code,
        subject_id=row.subject_id,
        participant_key=row.participant_key,
        cohort=row.subject_code if row.subject == "cohort" else None,
        site=row.subject_code if row.subject == "site" else None,
        occurrence=row.occurrence,
        achieved_on=row.achieved_on,
        units=row.units,
        measurement=_measurement(row.measurement),
        evidence=_evidence(row.evidence),
        external_id=row.external_id,
        reported_by=row.reported_by,
        recorded_at=row.recorded_at,
        state=row.state,
        revision=row.revision,
        corrects=row.corrects,
        superseded_by=row.superseded_by,
        escalated_at=row.escalated_at,
        escalated_to=row.escalated_to,
        records=records,
    )


def _measurement_text(measurement: Measurement | None) -> str:
    return shapes.text(measurement).decode() if measurement else ""


def _measurement(kept: Any) -> Measurement | None:
    if kept is None:
        return None
    return shapes.read(Measurement, json.loads(kept) if isinstance(kept, str) else kept)


def _evidence_text(evidence: tuple[Evidence, ...]) -> str:
    return json.dumps(evidence) if evidence else ""


def _evidence(kept: Any) -> tuple[Evidence, ...]:
    document = json.loads(kept) if isinstance(kept, str) else kept
    return tuple(Evidence(*item) for item in document or ())
