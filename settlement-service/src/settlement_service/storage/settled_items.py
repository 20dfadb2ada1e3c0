"""Storage: the items of settlements: a settlement's own, and accrued ones that it refers to."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, text

from services.kit.database.transaction import Transaction
from settlement_service.domain.facts.figures import ItemKey, ItemPlace, LineKey, PostedKey
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.domain.mechanisms.working import packed, unpacked
from settlement_service.domain.settling.change import Change
from settlement_service.domain.settling.sealing import Sealed
from settlement_service.storage.figures import figures_in, figures_row
from settlement_service.storage.item_tables import item_columns, settled_individually, settlement_item

_COLUMNS = ", ".join(column.name for column in item_columns())
_PAGE = f"""
select * from (
    (select {_COLUMNS} from settlement_item
    where settlement_id = :settlement and {{which}} order by subject_id, achieved_on, occurrence limit :most)
    union all
    (select {_COLUMNS} from accrued_item
    where contract_id = :contract and accrued_after = :accrued_after
        and since <= :inputs and (until is null or until > :inputs)
        and achieved_on < :ends and {{which}}
        and not exists (select from settled_individually individually
            where individually.settlement_id = :settlement and individually.subject_id = accrued_item.subject_id)
    order by subject_id, achieved_on, occurrence limit :most)
) as items order by subject_id, achieved_on, occurrence limit :most
"""
"""The rows of the view `settled_item` for one line, in their order. Each half is read by its own index from the place
on; the view would be sorted as a whole for each page."""


async def add_items(tx: Transaction, settlement: Settlement, items: Sequence[Sealed]) -> None:
    """Keeps items that a settlement has of its own."""
    place = {"settlement_id": settlement.id, "contract_id": settlement.contract_id}
    rows = [{**place, **item_row(item)} for item in items]
    if rows:
        await tx.connection.execute(insert(settlement_item), rows)


async def add_individually(tx: Transaction, settlement: Settlement, subjects: Sequence[UUID]) -> None:
    """Keeps who is settled individually: their items are the settlement's own, if there are any."""
    rows = [
        {"settlement_id": settlement.id, "contract_id": settlement.contract_id, "subject_id": subject}
        for subject in subjects
    ]
    await tx.connection.execute(insert(settled_individually), rows)


async def page_of_items(
    tx: Transaction, settlement: Settlement, line: LineKey, after: ItemPlace | None, limit: int
) -> list[Change]:
    """Up to `limit` items of one line in their order, from the one after the place `after` on."""
    query, parameters = next_items(settlement, line, after, limit)
    return [_change(row) for row in (await tx.connection.execute(text(query), parameters)).all()]


async def find_item(
    tx: Transaction, settlement: Settlement, line: LineKey, subject_id: UUID, occurrence: str
) -> Change | None:
    """The item of a line that is about a subject and occurrence."""
    query, parameters = _query(settlement, line, " and subject_id = :subject and occurrence = :occurrence", 1)
    parameters |= {"subject": subject_id, "occurrence": occurrence}
    row = (await tx.connection.execute(text(query), parameters)).one_or_none()
    return _change(row) if row else None


def next_items(
    settlement: Settlement, line: LineKey, after: ItemPlace | None, limit: int
) -> tuple[str, dict[str, Any]]:
    """The query that `page_of_items` makes, and its parameters."""
    if after is None:
        return _query(settlement, line, "", limit)
    query, parameters = _query(
        settlement, line, " and (subject_id, achieved_on, occurrence) > (:subject, :day, :occurrence)", limit
    )
    return query, parameters | dict(zip(("subject", "day", "occurrence"), after, strict=True))


def _query(settlement: Settlement, line: LineKey, which: str, limit: int) -> tuple[str, dict[str, Any]]:
    rule, price_minor, payee = line
    parameters: dict[str, Any] = {
        "settlement": settlement.id,
        "contract": settlement.contract_id,
        "accrued_after": settlement.accrued_after,
        "inputs": settlement.inputs,
        "ends": settlement.period.end,
        "rule": rule,
        "payee": payee,
        "most": limit,
    }
    if price_minor is None:
        return _PAGE.format(which=f"rule = :rule and price_minor is null and payee = :payee{which}"), parameters
    of_line = f"rule = :rule and price_minor = :price and payee = :payee{which}"
    return _PAGE.format(which=of_line), parameters | {"price": price_minor}


def item_row(sealed: Sealed) -> dict[str, Any]:
    """An item with its hash, as its columns have it."""
    item = sealed.item
    return {
        "rule": item.key.item.rule,
        "subject_id": item.key.item.subject_id,
        "occurrence": item.key.item.occurrence,
        "price_minor": item.key.price_minor,
        "payee": item.key.payee,
        "claim_id": item.claim_id,
        "version": item.version,
        "achieved_on": item.achieved_on,
        "order_key": item.order_key,
        "claimed_units": item.claimed_units,
        **figures_row(item.now, "now_"),
        "now_shares": dict(item.now_shares),
        **figures_row(item.before, "before_"),
        "before_shares": dict(item.before_shares),
        "measured_people": item.measured_people,
        "reason": item.reason,
        "decided_by": list(item.decided_by),
        "decided_at": item.decided_at,
        "deemed": item.deemed,
        "working": None if item.working is None else packed(item.working),
        "sha256": sealed.sha256,
    }


def _change(row: Row[Any]) -> Change:
    return Change(
        key=PostedKey(ItemKey(row.rule, row.subject_id, row.occurrence), row.price_minor, row.payee),
        claim_id=row.claim_id,
        version=row.version,
        achieved_on=row.achieved_on,
        order_key=row.order_key,
        claimed_units=row.claimed_units,
        now=figures_in(row, "now_"),
        before=figures_in(row, "before_"),
        now_shares=tuple(row.now_shares.items()),
        before_shares=tuple(row.before_shares.items()),
        measured_people=row.measured_people,
        reason=row.reason,
        decided_by=tuple(row.decided_by),
        decided_at=row.decided_at,
        deemed=row.deemed,
        working=None if row.working is None else unpacked(row.working),
    )
