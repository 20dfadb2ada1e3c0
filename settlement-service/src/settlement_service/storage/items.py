"""Storage: items as they are evaluated when facts arrive, and what has been posted for each."""

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Table, delete, select

from services.kit.database.sets import among, column, list_in, lists_column
from services.kit.database.transaction import Transaction
from settlement_service.domain.facts.figures import ItemKey, Posted, PostedKey
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.working import packed, unpacked
from settlement_service.storage.figures import figures_in
from settlement_service.storage.opened import Subjects, open_all
from settlement_service.storage.tables import item, posted_item

AT_ONCE = 10_000
"""Items in one statement."""
_ADD = f"""
insert into item (contract_id, claim_id, rule, metric, version, subject_id, occurrence, achieved_on, order_key,
    claimed_units, price_minor, units, gross_minor, reason, decided_by, decided_at, deemed, working)
select $1, claim_id, coalesce(rule, ''), metric, version, subject_id, occurrence, achieved_on, order_key,
    claimed_units, price_minor, units, gross_minor, reason, {list_in("decided_by")}, decided_at, deemed, working::json
from unnest($2::uuid[], string_to_array($3, E'\\n'), string_to_array($4, E'\\n'), $5::int[], $6::uuid[],
    string_to_array($7, E'\\n'), $8::date[], string_to_array($9, E'\\n'), $10::bigint[], $11::bigint[], $12::bigint[],
    $13::bigint[], string_to_array($14, E'\\n', ''), string_to_array($15, E'\\n'), $16::timestamptz[], $17::boolean[],
    string_to_array($18, E'\\n', ''))
    as new (claim_id, rule, metric, version, subject_id, occurrence, achieved_on, order_key, claimed_units,
        price_minor, units, gross_minor, reason, decided_by, decided_at, deemed, working)
"""


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
    rest = iter(items)
    while new := list(islice(rest, AT_ONCE)):
        await tx.connection.exec_driver_sql(_ADD, (contract_id, *_claimed_columns(new), *_given_columns(new)))


def _claimed_columns(new: Sequence[Item]) -> tuple[Any, ...]:
    """What is claimed, and under which rule, column by column."""
    return (
        [each.claim_id for each in new],
        column([each.key.rule for each in new]),
        column([each.metric for each in new]),
        [each.version for each in new],
        [each.key.subject_id for each in new],
        column([each.key.occurrence for each in new]),
        [each.achieved_on for each in new],
        column([each.order_key for each in new]),
        [each.claimed_units for each in new],
    )


def _given_columns(new: Sequence[Item]) -> tuple[Any, ...]:
    """What the rule gives for it, or why nothing, column by column."""
    return (
        [each.price_minor for each in new],
        [each.units for each in new],
        [each.gross_minor for each in new],
        column([each.reason or "" for each in new]),
        lists_column([each.decided_by for each in new]),
        [each.decided_at for each in new],
        [each.deemed for each in new],
        column(["" if each.working is None else json.dumps(packed(each.working)) for each in new]),
    )


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
