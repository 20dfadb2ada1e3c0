"""Storage: items as they are evaluated when facts arrive, and what has been posted for each."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, select

from services.kit.transaction import Transaction
from settlement_service.domain.items import Figures, Item, ItemKey, Posted, PostedKey
from settlement_service.storage.tables import item, posted_item

_POST = """
insert into posted_item (contract_id, rule, subject_id, occurrence, price_minor, payer, payee, claim_id, achieved_on,
    units, gross_minor, cut_person_minor, cut_rule_minor, cut_contract_minor)
select contract_id, rule, subject_id, occurrence, price_minor, payer, payee, claim_id, achieved_on,
    now_units - before_units, now_gross_minor - before_gross_minor, now_cut_person_minor - before_cut_person_minor,
    now_cut_rule_minor - before_cut_rule_minor, now_cut_contract_minor - before_cut_contract_minor
from settlement_item where settlement_id = $1
on conflict (contract_id, rule, subject_id, occurrence, price_minor, payer, payee) do update set
    claim_id = excluded.claim_id,
    achieved_on = excluded.achieved_on,
    units = posted_item.units + excluded.units,
    gross_minor = posted_item.gross_minor + excluded.gross_minor,
    cut_person_minor = posted_item.cut_person_minor + excluded.cut_person_minor,
    cut_rule_minor = posted_item.cut_rule_minor + excluded.cut_rule_minor,
    cut_contract_minor = posted_item.cut_contract_minor + excluded.cut_contract_minor
"""


async def replace_all_items(tx: Transaction, contract_id: UUID, items: Iterable[Item]) -> None:
    """Keeps these items in place of all that a contract had."""
    await tx.connection.execute(delete(item).where(item.c.contract_id == contract_id))
    await add_items(tx, contract_id, items)


async def items_of(tx: Transaction, contract_id: UUID) -> list[Item]:
    """All items of a contract, payable or not."""
    rows = (await tx.connection.execute(select(item).where(item.c.contract_id == contract_id))).all()
    return [_item(row) for row in rows]


async def posted_of(tx: Transaction, contract_id: UUID) -> list[Posted]:
    """What has been posted for each item of a contract."""
    rows = (await tx.connection.execute(select(posted_item).where(posted_item.c.contract_id == contract_id))).all()
    return [_posted(row) for row in rows]


async def post_items(tx: Transaction, settlement_id: UUID) -> None:
    """Adds the differences of a settlement's items to what has been posted, as one set."""
    await tx.connection.exec_driver_sql(_POST, (settlement_id,))


async def add_items(tx: Transaction, contract_id: UUID, items: Iterable[Item]) -> None:
    """Keeps items of claims that have none."""
    rows = [_row(contract_id, one) for one in items]
    if rows:
        await tx.connection.execute(insert(item), rows)


def _row(contract_id: UUID, this: Item) -> dict[str, Any]:
    return {
        "contract_id": contract_id,
        "claim_id": this.claim_id,
        "rule": this.key.rule,
        "metric": this.metric,
        "subject_id": this.key.subject_id,
        "occurrence": this.key.occurrence,
        "achieved_on": this.achieved_on,
        "order_key": this.order_key,
        "claimed_units": this.claimed_units,
        "price_minor": this.price_minor,
        "units": this.units,
        "gross_minor": this.gross_minor,
        "reason": this.reason,
        "decided_by": list(this.decided_by),
        "decided_at": this.decided_at,
    }


def _item(row: Row[Any]) -> Item:
    return Item(
        key=ItemKey(row.rule, row.subject_id, row.occurrence),
        claim_id=row.claim_id,
        metric=row.metric,
        achieved_on=row.achieved_on,
        order_key=row.order_key,
        claimed_units=row.claimed_units,
        price_minor=row.price_minor,
        units=row.units,
        gross_minor=row.gross_minor,
        reason=row.reason,
        decided_by=tuple(row.decided_by),
        decided_at=row.decided_at,
    )


def _posted(row: Row[Any]) -> Posted:
    return Posted(
        key=PostedKey(ItemKey(row.rule, row.subject_id, row.occurrence), row.price_minor, row.payer, row.payee),
        claim_id=row.claim_id,
        achieved_on=row.achieved_on,
        figures=Figures(row.units, row.gross_minor, row.cut_person_minor, row.cut_rule_minor, row.cut_contract_minor),
    )
