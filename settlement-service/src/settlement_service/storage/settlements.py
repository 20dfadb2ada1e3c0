"""Storage: settlements: the state of each, and what was fixed when it was frozen, calculated and posted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, tuple_, update

from services.core.errors import NotFound
from services.core.period import Period
from services.events.settlements import Position
from services.kit.database.tables import inbox_head, parked
from services.kit.database.transaction import Transaction
from settlement_service.domain.agreement.calendar import last_day_before, names_of
from settlement_service.domain.facts.figures import CUTS
from settlement_service.domain.ledger.lifecycle import POSTED, UNPOSTED, LineHash, Person, Settlement, State, Waiting
from settlement_service.domain.statement.statement import Kind
from settlement_service.storage.contracts import of_shown
from settlement_service.storage.tables import settlement, settlement_line

PREPARED = ("contract_id", "number", "kind", "state", "revision", "prepared_at")
PROGRESS = ("state", "revision", "terms_version", "inputs", "inputs_sha256", "items_sha256", "content_sha256")
DATES = ("posted_at", "document_on", "accounting_on", "value_on")


async def add_settlement(tx: Transaction, new: Settlement) -> None:
    """Keeps a settlement that was prepared."""
    row = {
        "id": new.id,
        **{name: getattr(new, name) for name in PREPARED},
        "period_start": new.period.start,
        "period_end": new.period.end,
        "prepared_issuer": new.prepared_by.issuer,
        "prepared_subject": new.prepared_by.subject,
        "prepared_organisation": new.prepared_by.organisation,
        "prepared_actor": new.prepared_by.actor,
    }
    await tx.connection.execute(insert(settlement).values(row))


async def find_settlement(tx: Transaction, settlement_id: UUID, *, lock: bool = False) -> Settlement | None:
    """A settlement of a contract that the caller is a party of."""
    query = select(settlement).where(
        settlement.c.id == settlement_id, *of_shown(tx, settlement.c.contract_id, settlement.c.id)
    )
    row = (await tx.connection.execute(query.with_for_update() if lock else query)).one_or_none()
    return _settlement(row) if row else None


async def get_settlement(tx: Transaction, settlement_id: UUID, *, lock: bool = False) -> Settlement:
    """As `find_settlement`. Who means to change it locks the contract first, then this: in one order, no two commands
    wait for each other. Errors: `not-found`."""
    settlement_read = await find_settlement(tx, settlement_id, lock=lock)
    if settlement_read is None:
        raise NotFound()
    return settlement_read


async def find_unposted(tx: Transaction, contract_id: UUID) -> Settlement | None:
    """The one settlement of a contract that is under way."""
    query = select(settlement).where(settlement.c.contract_id == contract_id, settlement.c.state.in_(UNPOSTED))
    row = (await tx.connection.execute(query)).one_or_none()
    return _settlement(row) if row else None


async def find_of_period(tx: Transaction, contract_id: UUID, period: Period) -> Settlement | None:
    """The live scheduled run over exactly this period."""
    query = select(settlement).where(
        settlement.c.contract_id == contract_id,
        settlement.c.kind == "scheduled",
        settlement.c.state != "cancelled",
        settlement.c.period_start == period.start,
        settlement.c.period_end == period.end,
    )
    row = (await tx.connection.execute(query)).one_or_none()
    return _settlement(row) if row else None


async def list_settlements(
    tx: Transaction,
    contract_id: UUID | None,
    states: Sequence[State] | None,
    after: tuple[UUID, int] | None,
    limit: int,
) -> list[Settlement]:
    """Up to `limit` settlements of a contract, or of all that the caller is a party of: contract by contract, by
    number, from the one after `after` (contract, number) on."""
    query = select(settlement).where(*of_shown(tx, settlement.c.contract_id, settlement.c.id))
    query = query.order_by(settlement.c.contract_id, settlement.c.number).limit(limit)
    if contract_id is not None:
        query = query.where(settlement.c.contract_id == contract_id)
    if states is not None:
        query = query.where(settlement.c.state.in_(states))
    if after is not None:
        query = query.where(tuple_(settlement.c.contract_id, settlement.c.number) > after)
    return [_settlement(row) for row in (await tx.connection.execute(query)).all()]


async def last_posted(tx: Transaction, contract_id: UUID) -> Settlement | None:
    """The posted settlement with the highest number that the caller sees."""
    seen = of_shown(tx, settlement.c.contract_id, settlement.c.id)
    query = select(settlement).where(settlement.c.contract_id == contract_id, settlement.c.state.in_(POSTED), *seen)
    row = (await tx.connection.execute(query.order_by(settlement.c.number.desc()).limit(1))).one_or_none()
    return _settlement(row) if row else None


async def posted_by_period(tx: Transaction, contract_id: UUID) -> Counter[str]:
    """What posted settlements gave under the caps, in minor units, by the name of each period of the calendar that the
    last day of the settlement lies in: one up to the end of March counts in `2026-03`, `2026-Q1` and `2026`."""
    line = settlement_line.c
    given = line.amount_minor + sum(line[cut.figure] for cut in CUTS if cut.keeps_room)
    query = select(settlement.c.period_end, func.sum(given).label("minor")).join_from(
        settlement, settlement_line, line.settlement_id == settlement.c.id
    )
    query = query.where(settlement.c.contract_id == contract_id, settlement.c.state.in_(POSTED))
    settled: Counter[str] = Counter()
    for row in (await tx.connection.execute(query.group_by(settlement.c.period_end))).all():
        for name in names_of(last_day_before(row.period_end)):
            settled[name] += int(row.minor)
    return settled


async def open_settlements(tx: Transaction) -> list[Settlement]:
    """The settlements that wait to be frozen, the oldest first."""
    query = select(settlement).where(settlement.c.state == "open").order_by(settlement.c.prepared_at)
    return [_settlement(row) for row in (await tx.connection.execute(query)).all()]


async def approved_settlements(tx: Transaction) -> list[UUID]:
    """The settlements that everybody has approved and that are not posted, the oldest first."""
    query = select(settlement.c.id).where(settlement.c.state == "approved").order_by(settlement.c.prepared_at)
    return list((await tx.connection.execute(query)).scalars())


async def save_waiting(tx: Transaction, changed: Settlement) -> None:
    """Keeps what a settlement waits for, unless it was changed since it was read. It is not locked: whoever changed it
    raised its revision, and this update then meets no row."""
    heads = None if changed.heads is None else [asdict(head) for head in changed.heads]
    kept = {"revision": changed.revision, "heads": heads, "waiting": [asdict(each) for each in changed.waiting]}
    as_read = (settlement.c.state == changed.state) & (settlement.c.revision == changed.revision - 1)
    await tx.connection.execute(update(settlement).where(settlement.c.id == changed.id, as_read).values(**kept))


async def save_calculated(tx: Transaction, changed: Settlement) -> None:
    """Keeps what was fixed when a settlement was frozen and calculated."""
    fixed = {name: getattr(changed, name) for name in PROGRESS}
    known = [asdict(each) for each in changed.known]
    lines = [asdict(each) for each in changed.lines]
    kept = {**fixed, "lines": lines, "accrued_after": changed.accrued_after, "calculated_at": changed.calculated_at}
    await _save(tx, changed.id, {**kept, "known": known, "waiting": []})


async def save_state(tx: Transaction, changed: Settlement) -> None:
    """Keeps the state."""
    await _save(tx, changed.id, {"state": changed.state, "revision": changed.revision})


async def save_posted(tx: Transaction, posted: Settlement) -> None:
    """Keeps that a settlement is posted, with the dates of the posting."""
    fixed = {name: getattr(posted, name) for name in ("state", "revision", *DATES)}
    await _save(tx, posted.id, {**fixed, "waiting": []})


async def applied(tx: Transaction, contract_id: UUID, sources: Sequence[str]) -> dict[str, int]:
    """The last sequence of each source that was taken in, by source; 0 where none was."""
    query = select(inbox_head.c.source, inbox_head.c.sequence).where(
        inbox_head.c.aggregate == str(contract_id), inbox_head.c.source.in_(sources)
    )
    sequences = {row.source: row.sequence for row in (await tx.connection.execute(query)).all()}
    return {source: sequences.get(source, 0) for source in sources}


async def sources_parked(tx: Transaction, contract_id: UUID) -> set[str]:
    """The sources of which a fact on the contract is parked."""
    query = select(parked.c.source).where(parked.c.aggregate == str(contract_id), parked.c.replayed_at.is_(None))
    return set((await tx.connection.execute(query)).scalars())


async def _save(tx: Transaction, settlement_id: UUID, kept: Mapping[str, Any]) -> None:
    await tx.connection.execute(update(settlement).where(settlement.c.id == settlement_id).values(**kept))


def _settlement(row: Row[Any]) -> Settlement:
    kind: Kind = row.kind
    return Settlement(
        id=row.id,
        contract_id=row.contract_id,
        number=row.number,
        kind=kind,
        period=Period(start=row.period_start, end=row.period_end),
        state=row.state,
        revision=row.revision,
        prepared_by=Person(row.prepared_issuer, row.prepared_subject, row.prepared_organisation, row.prepared_actor),
        prepared_at=row.prepared_at,
        heads=None if row.heads is None else tuple(Position(**head) for head in row.heads),
        waiting=tuple(Waiting(**each) for each in row.waiting),
        known=tuple(Position(**each) for each in row.known),
        calculated_at=row.calculated_at,
        lines=tuple(LineHash(**each) for each in row.lines),
        accrued_after=row.accrued_after,
        **{name: getattr(row, name) for name in PROGRESS[2:] + DATES},
    )
