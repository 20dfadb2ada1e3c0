"""Storage: items as they are evaluated when facts arrive, and what has been posted for each."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Table, delete, insert, select

from services.kit.database.sets import among
from services.kit.database.transaction import Transaction
from settlement_service.domain.facts.figures import ItemKey, Posted, PostedKey
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.working import packed, unpacked
from settlement_service.storage.figures import figures_in
from settlement_service.storage.opened import Subjects, open_all
from settlement_service.storage.tables import item, posted_item


async def replace_all_items(tx: Transaction, contract_id: UUID, items: Iterable[Item]) -> None:
    """Keeps these items in place of all items of a contract. All its subjects are open from then on."""
    await tx.connection.execute(delete(item).where(item.c.contract_id == contract_id))
    await add_items(tx, contract_id, items)
    await open_all(tx, contract_id)


async def items_of(tx: Transaction, contract_id: UUID, subjects: Subjects = None) -> list[Item]:
    """All items of a contract, payable or not; or those of the subjects alone."""
    rows = (await tx.connection.execute(_by_subject(select(item), item, contract_id, subjects))).all()
    return [_item(row) for row in rows]


async def posted_of(tx: Transaction, contract_id: UUID, subjects: Subjects = None) -> list[Posted]:
    """What has been posted for each item of a contract; or for those of the subjects alone."""
    rows = (await tx.connection.execute(_by_subject(select(posted_item), posted_item, contract_id, subjects))).all()
    return [_posted(row) for row in rows]


def _by_subject(query: Select[Any], table: Table, contract_id: UUID, subjects: Subjects) -> Select[Any]:
    query = query.where(table.c.contract_id == contract_id)
    return query if subjects is None else query.where(among(table.c.subject_id, subjects))


async def add_items(tx: Transaction, contract_id: UUID, items: Iterable[Item]) -> None:
    """Keeps items, of claims that have none."""
    rows = [_row(contract_id, each) for each in items]
    if rows:
        await tx.connection.execute(insert(item), rows)


def _row(contract_id: UUID, new: Item) -> dict[str, Any]:
    return {
        "contract_id": contract_id,
        "claim_id": new.claim_id,
        "rule": new.key.rule,
        "metric": new.metric,
        "version": new.version,
        "subject_id": new.key.subject_id,
        "occurrence": new.key.occurrence,
        "achieved_on": new.achieved_on,
        "order_key": new.order_key,
        "claimed_units": new.claimed_units,
        "price_minor": new.price_minor,
        "units": new.units,
        "gross_minor": new.gross_minor,
        "reason": new.reason,
        "decided_by": list(new.decided_by),
        "decided_at": new.decided_at,
        "deemed": new.deemed,
        "working": None if new.working is None else packed(new.working),
    }


def _item(row: Row[Any]) -> Item:
    return Item(
        key=ItemKey(row.rule, row.subject_id, row.occurrence),
        claim_id=row.claim_id,
        metric=row.metric,
        version=row.version,
        achieved_on=row.achieved_on,
        order_key=row.order_key,
        claimed_units=row.claimed_units,
        price_minor=row.price_minor,
        units=row.units,
        gross_minor=row.gross_minor,
        reason=row.reason,
        decided_by=tuple(row.decided_by),
        decided_at=row.decided_at,
        deemed=row.deemed,
        working=None if row.working is None else unpacked(row.working),
    )


def _posted(row: Row[Any]) -> Posted:
    return Posted(
        key=PostedKey(ItemKey(row.rule, row.subject_id, row.occurrence), row.price_minor, row.payee),
        claim_id=row.claim_id,
        version=row.version,
        achieved_on=row.achieved_on,
        figures=figures_in(row),
        shares=tuple(row.shares.items()),
    )
