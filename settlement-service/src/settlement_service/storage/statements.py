"""Storage: what a settlement says: its lines and items, and the statement as each party is shown it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, insert, select

from services.core.canonical import canonical
from services.core.strict_json import loads
from services.kit.transaction import Transaction
from settlement_service.domain.difference import Change, NumberedItem
from settlement_service.domain.items import Figures, ItemKey, PostedKey
from settlement_service.domain.lifecycle import POSTED, Settlement
from settlement_service.domain.postings import Pair
from settlement_service.domain.projection import Projection
from settlement_service.domain.statement import Line
from settlement_service.storage.tables import settlement, settlement_item, settlement_line
from settlement_service.storage.tables import statement as told

FIGURES = ("units", "gross_minor", "cut_person_minor", "cut_rule_minor", "cut_contract_minor")


async def add_statement(
    tx: Transaction, of: Settlement, lines: Sequence[Line], items: Sequence[Change], shown: Sequence[Projection]
) -> None:
    """Keeps what was calculated: lines and items as sets, and what each party is shown."""
    place = {"settlement_id": of.id, "contract_id": of.contract_id}
    if lines:
        rows = [{**place, "number": number, **_line_row(line)} for number, line in enumerate(lines, start=1)]
        await tx.connection.execute(insert(settlement_line), rows)
    if items:
        rows = [{**place, "number": number, **_item_row(item)} for number, item in enumerate(items, start=1)]
        await tx.connection.execute(insert(settlement_item), rows)
    await tx.connection.execute(insert(told), [{**place, **_projection_row(one)} for one in shown])


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
    query = select(line.payer, line.payee, func.sum(line.amount_minor).label("minor"))
    rows = await tx.connection.execute(
        query.where(line.settlement_id == settlement_id).group_by(line.payer, line.payee).order_by(line.payee)
    )
    return {(row.payer, row.payee): int(row.minor) for row in rows.all()}


async def all_items(tx: Transaction, settlement_id: UUID, rules: Sequence[str]) -> list[Change]:
    """The items of a settlement under these rules, in their order."""
    query = select(settlement_item).where(
        settlement_item.c.settlement_id == settlement_id, settlement_item.c.rule.in_(rules)
    )
    return [_change(row) for row in (await tx.connection.execute(query.order_by(settlement_item.c.number))).all()]


async def page_of_items(
    tx: Transaction, settlement_id: UUID, rules: Sequence[str], rule: str, price_minor: int, after: int, limit: int
) -> list[NumberedItem]:
    """Up to `limit` items of one line, from the one after number `after` on. Numbers count the items under `rules`,
    those that the caller may see: the number of others' items is not told."""
    seen = _seen(settlement_id, rules)
    mine = (seen.c.rule == rule) & (seen.c.price_minor == price_minor) & (seen.c.shown > after)
    rows = (await tx.connection.execute(select(seen).where(mine).order_by(seen.c.shown).limit(limit))).all()
    return [NumberedItem(row.shown, _change(row)) for row in rows]


async def find_item(tx: Transaction, settlement_id: UUID, rules: Sequence[str], number: int) -> NumberedItem | None:
    """The item of a number as `page_of_items` counts them."""
    seen = _seen(settlement_id, rules)
    row = (await tx.connection.execute(select(seen).where(seen.c.shown == number))).one_or_none()
    return NumberedItem(row.shown, _change(row)) if row else None


async def posted_up_to(tx: Transaction, of: Settlement, besides: Sequence[str]) -> int:
    """What all settlements up to `of`, and it, post under all other rules than `besides`, in minor units."""
    query = select(func.coalesce(func.sum(settlement_line.c.amount_minor), 0)).join_from(
        settlement_line, settlement, settlement_line.c.settlement_id == settlement.c.id
    )
    query = query.where(_up_to(of), settlement_line.c.rule.not_in(besides))
    return int((await tx.connection.execute(query)).scalar_one())


async def persons_up_to(tx: Transaction, of: Settlement, own: Sequence[str]) -> dict[UUID, int]:
    """For each person from whose items under the rules `own` the cap on a person has cut something: what its other
    items take up under that cap, in minor units, as far as settlements up to `of`, and it, go."""
    row = settlement_item.c
    mine = row.rule.in_(own)
    cut = func.sum(row.now_cut_person_minor - row.before_cut_person_minor).filter(mine)
    gross = row.now_gross_minor - row.before_gross_minor
    under_person = gross - (row.now_cut_person_minor - row.before_cut_person_minor)
    others = row.now_cut_rule_minor - row.before_cut_rule_minor + row.now_cut_contract_minor
    posted = under_person - (others - row.before_cut_contract_minor)
    taken = func.coalesce(func.sum(under_person).filter(~mine & (row.achieved_on < of.period.end)), 0)
    later = func.coalesce(func.sum(posted).filter(~mine & (row.achieved_on >= of.period.end)), 0)
    query = select(row.subject_id, (taken + later).label("minor")).join_from(
        settlement_item, settlement, row.settlement_id == settlement.c.id
    )
    query = query.where(_up_to(of)).group_by(row.subject_id).having(cut != 0)
    return {one.subject_id: int(one.minor) for one in (await tx.connection.execute(query)).all()}


def _up_to(of: Settlement) -> ColumnElement[bool]:
    earlier = (settlement.c.number < of.number) & settlement.c.state.in_(POSTED)
    return (settlement.c.contract_id == of.contract_id) & (earlier | (settlement.c.id == of.id))


def _seen(settlement_id: UUID, rules: Sequence[str]) -> Any:
    shown = func.row_number().over(order_by=settlement_item.c.number).label("shown")
    query = select(settlement_item, shown).where(
        settlement_item.c.settlement_id == settlement_id, settlement_item.c.rule.in_(rules)
    )
    return query.subquery("seen")


def _line_row(line: Line) -> dict[str, Any]:
    ((payer, _),) = line.shares
    return {
        "rule": line.rule,
        "price_minor": line.price_minor,
        "payer": payer,
        "payee": line.payee,
        "people": len(line.people),
        **{name: getattr(line.figures, name) for name in FIGURES},
        "amount_minor": line.figures.amount_minor,
    }


def _item_row(item: Change) -> dict[str, Any]:
    return {
        "rule": item.key.item.rule,
        "subject_id": item.key.item.subject_id,
        "occurrence": item.key.item.occurrence,
        "price_minor": item.key.price_minor,
        "payer": item.key.payer,
        "payee": item.key.payee,
        "claim_id": item.claim_id,
        "achieved_on": item.achieved_on,
        "order_key": item.order_key,
        "claimed_units": item.claimed_units,
        **{f"now_{name}": getattr(item.now, name) for name in FIGURES},
        **{f"before_{name}": getattr(item.before, name) for name in FIGURES},
        "reason": item.reason,
        "decided_by": list(item.decided_by),
        "decided_at": item.decided_at,
    }


def _change(row: Row[Any]) -> Change:
    return Change(
        key=PostedKey(ItemKey(row.rule, row.subject_id, row.occurrence), row.price_minor, row.payer, row.payee),
        claim_id=row.claim_id,
        achieved_on=row.achieved_on,
        order_key=row.order_key,
        claimed_units=row.claimed_units,
        now=Figures(*(getattr(row, f"now_{name}") for name in FIGURES)),
        before=Figures(*(getattr(row, f"before_{name}") for name in FIGURES)),
        reason=row.reason,
        decided_by=tuple(row.decided_by),
        decided_at=row.decided_at,
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
