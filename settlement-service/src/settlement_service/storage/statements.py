"""Storage: what a settlement says: its lines and items, and the statement as each party is shown it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, insert, select, text

from services.core.canonical import canonical
from services.core.strict_json import loads
from services.kit.transaction import Transaction
from settlement_service.domain.audience import Audience
from settlement_service.domain.difference import Change, NumberedItem
from settlement_service.domain.hashes import item_hash
from settlement_service.domain.inputs import item_document
from settlement_service.domain.items import FIGURES, Figures, ItemKey, PostedKey, Shares
from settlement_service.domain.lifecycle import POSTED, Settlement
from settlement_service.domain.postings import Pair
from settlement_service.domain.projection import Projection
from settlement_service.domain.statement import Line, LineKey
from settlement_service.domain.working import packed, unpacked
from settlement_service.storage.tables import settlement, settlement_item, settlement_line
from settlement_service.storage.tables import statement as told

_ITEMS_HASH = text("""
select sha256(coalesce(string_agg(sha256, '' order by number), ''))
from settlement_item where settlement_id = :settlement
    and (rule = any(:all_items) or (rule = any(:items) and payee = :organisation))
""")


async def add_statement(tx: Transaction, of: Settlement, lines: Sequence[Line], shown: Sequence[Projection]) -> None:
    """Keeps what was calculated: lines, and what each party is shown."""
    place = {"settlement_id": of.id, "contract_id": of.contract_id}
    if lines:
        rows = [{**place, "number": number, **_line_row(line)} for number, line in enumerate(lines, start=1)]
        await tx.connection.execute(insert(settlement_line), rows)
    await tx.connection.execute(insert(told), [{**place, **_projection_row(one)} for one in shown])


async def add_items(tx: Transaction, of: Settlement, items: Sequence[Change]) -> None:
    """Keeps the items of a settlement, in their order."""
    place = {"settlement_id": of.id, "contract_id": of.contract_id}
    rows = [{**place, "number": number, **item_row(item)} for number, item in enumerate(items, start=1)]
    if rows:
        await tx.connection.execute(insert(settlement_item), rows)


async def find_projection(tx: Transaction, settlement_id: UUID) -> Projection | None:
    """What the caller's organisation is shown of a settlement, once it is calculated."""
    return (await find_projections(tx, [settlement_id])).get(settlement_id)


async def find_projections(tx: Transaction, settlement_ids: Sequence[UUID]) -> dict[UUID, Projection]:
    """What the caller's organisation is shown of settlements, by settlement."""
    query = select(told).where(
        told.c.settlement_id.in_(settlement_ids), told.c.organisation_id == tx.caller.organisation
    )
    return {row.settlement_id: _projection(row) for row in (await tx.connection.execute(query)).all()}


async def shares_of(tx: Transaction, settlement_id: UUID) -> dict[Pair, int]:
    """What each payer owes each payee by a settlement, in minor units."""
    line = settlement_line.c
    query = select(line.payee, line.shares).where(line.settlement_id == settlement_id).order_by(line.number)
    owed: Counter[Pair] = Counter()
    for row in (await tx.connection.execute(query)).all():
        for payer, minor in row.shares.items():
            owed[payer, row.payee] += minor
    return dict(sorted(owed.items(), key=lambda one: (one[0][1], one[0][0])))


async def items_hash_of(tx: Transaction, settlement_id: UUID, reader: Audience) -> str:
    """`itemsSha256` over the items of a settlement that a reader sees: as `domain.hashes.items_hash` computes it."""
    asked = {
        "settlement": settlement_id,
        "items": list(reader.items),
        "all_items": list(reader.all_items),
        "organisation": reader.organisation,
    }
    return bytes((await tx.connection.execute(_ITEMS_HASH, asked)).scalar_one()).hex()


async def page_of_items(
    tx: Transaction, settlement_id: UUID, reader: Audience, line: LineKey, after: int, limit: int
) -> list[NumberedItem]:
    """Up to `limit` items of one line, from the one after number `after` on. Numbers count the items that the reader
    sees: the number of others' items is not told."""
    seen = _seen(settlement_id, reader)
    rule, price_minor, payee = line
    mine = (seen.c.rule == rule) & (seen.c.payee == payee) & (seen.c.shown > after)
    mine &= seen.c.price_minor.is_not_distinct_from(price_minor)
    rows = (await tx.connection.execute(select(seen).where(mine).order_by(seen.c.shown).limit(limit))).all()
    return [NumberedItem(row.shown, _change(row)) for row in rows]


async def find_item(tx: Transaction, settlement_id: UUID, reader: Audience, number: int) -> NumberedItem | None:
    """The item of a number as `page_of_items` counts them."""
    seen = _seen(settlement_id, reader)
    row = (await tx.connection.execute(select(seen).where(seen.c.shown == number))).one_or_none()
    return NumberedItem(row.shown, _change(row)) if row else None


def _up_to(of: Settlement) -> ColumnElement[bool]:
    earlier = (settlement.c.number < of.number) & settlement.c.state.in_(POSTED)
    return (settlement.c.contract_id == of.contract_id) & (earlier | (settlement.c.id == of.id))


def _seen(settlement_id: UUID, reader: Audience) -> Any:
    item = settlement_item.c
    shown = func.row_number().over(order_by=item.number).label("shown")
    own = item.rule.in_(reader.items) & (item.payee == reader.organisation)
    mine = item.rule.in_(reader.all_items) | own
    return select(settlement_item, shown).where(item.settlement_id == settlement_id, mine).subquery("seen")


def _line_row(line: Line) -> dict[str, Any]:
    return {
        "rule": line.rule,
        "kind": line.kind,
        "price_minor": line.price_minor,
        "payee": line.payee,
        "nature": line.nature,
        "people": line.counted,
        **_figures("", line.figures, line.shares),
        "amount_minor": line.figures.amount_minor,
    }


def _figures(prefix: str, figures: Figures, shares: Shares) -> dict[str, Any]:
    row = {prefix + name: minor for name, minor in zip(FIGURES, figures.row(), strict=True)}
    return {**row, f"{prefix}shares": dict(shares)}


def item_row(item: Change) -> dict[str, Any]:
    """An item without its place."""
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
        **_figures("now_", item.now, item.now_shares),
        **_figures("before_", item.before, item.before_shares),
        "behind": item.behind,
        "reason": item.reason,
        "decided_by": list(item.decided_by),
        "decided_at": item.decided_at,
        "deemed": item.deemed,
        "working": None if item.working is None else packed(item.working),
        "sha256": item_hash(item_document(item)),
    }


def _change(row: Row[Any]) -> Change:
    return Change(
        key=PostedKey(ItemKey(row.rule, row.subject_id, row.occurrence), row.price_minor, row.payee),
        claim_id=row.claim_id,
        version=row.version,
        achieved_on=row.achieved_on,
        order_key=row.order_key,
        claimed_units=row.claimed_units,
        now=Figures(*(getattr(row, f"now_{name}") for name in FIGURES)),
        before=Figures(*(getattr(row, f"before_{name}") for name in FIGURES)),
        now_shares=tuple(row.now_shares.items()),
        before_shares=tuple(row.before_shares.items()),
        behind=row.behind,
        reason=row.reason,
        decided_by=tuple(row.decided_by),
        decided_at=row.decided_at,
        deemed=row.deemed,
        working=None if row.working is None else unpacked(row.working),
    )


def _projection_row(shown: Projection) -> dict[str, Any]:
    return {
        "organisation_id": shown.organisation,
        "content": canonical(shown.content),
        "content_sha256": shown.content_sha256,
        "previously_minor": shown.previously_minor,
        "total_minor": shown.total_minor,
    }


def _projection(row: Row[Any]) -> Projection:
    return Projection(
        organisation=row.organisation_id,
        content=loads(bytes(row.content)),
        content_sha256=row.content_sha256,
        previously_minor=row.previously_minor,
        total_minor=row.total_minor,
    )
