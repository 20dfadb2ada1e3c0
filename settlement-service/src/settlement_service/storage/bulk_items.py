"""Storage: items of very many subjects that are settled as sets, because each is due in full (`domain.independent`)."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import insert, text

from services.core.terms.outcomes import AFTER_ALL
from services.kit.transaction import Transaction
from settlement_service.domain.difference import Change, place_of
from settlement_service.domain.history import History
from settlement_service.domain.independent import Payable, Shape, Template
from settlement_service.domain.items import FIGURES
from settlement_service.domain.lifecycle import Settlement
from settlement_service.storage.statements import item_row
from settlement_service.storage.tables import apart_item, settlement_item

SORTING_MEMORY = "64MB"
"""What PostgreSQL may take for each step of these statements, whatever there is to sort."""

_OPEN = """item join open_subject open on open.contract_id = item.contract_id and open.subject_id = item.subject_id
where item.contract_id = :contract and item.reason is null and item.achieved_on < :ends
    and (item.units <> 0 or item.gross_minor <> 0)"""
_APART = f"""
insert into apart_subject (contract_id, subject_id)
select open.contract_id, open.subject_id from open_subject open
where open.contract_id = :contract and exists (
    select from posted_item posted where posted.contract_id = open.contract_id and posted.subject_id = open.subject_id)
union
select item.contract_id, item.subject_id from {_OPEN}
group by item.contract_id, item.subject_id having sum(item.gross_minor) > :most
"""
_PAYABLE = f"""
select rule, price_minor, units, gross_minor, month, apart, count(*) as times
from (
    select item.rule, item.price_minor, item.units, item.gross_minor, to_char(item.achieved_on, 'YYYY-MM') as month,
        item.subject_id in (select subject_id from apart_subject where contract_id = :contract) as apart
    from {_OPEN}
) as looked_at
group by rule, price_minor, units, gross_minor, month, apart limit :most
"""
_PEOPLE = f"""
select rule, price_minor, count(*) as times, (array_agg(subject_id))[1:{{some}}] as people
from (
    select distinct item.rule, item.price_minor, item.subject_id from {_OPEN}
        and item.subject_id not in (select subject_id from apart_subject where contract_id = :contract)
) as behind
group by rule, price_minor
"""
_IN_FULL = {
    **{f"now_{name}": "0" for name in FIGURES},
    **{f"before_{name}": "0" for name in FIGURES},
    "now_units": "shape.units",
    "now_gross_minor": "shape.gross_minor",
    "now_shares": "shape.shares",
    "before_shares": "jsonb '{}'",
    "payee": "shape.payee",
    "behind": "0",
    "reason": "null",
    "working": "null",
    "sha256": """sha256(convert_to(shape.before_day || numbered.achieved_on || shape.before_claim || numbered.claim_id
        || shape.before_occurrence || to_json(normalize(numbered.occurrence)) || shape.before_subject
        || numbered.subject_id || shape.after, 'UTF8'))""",
}
"""What an item is that is due in full, but for what stands in it already."""
_NAMES = [column.name for column in settlement_item.c if column.name not in ("settlement_id", "contract_id", "number")]
_SAID = ",\n        ".join(
    f"case when numbered.apart is null then {_IN_FULL.get(name, f'numbered.{name}')} else apart_item.{name} end"
    for name in _NAMES
)
_ADD = f"""
with shape as materialized (
    select rule, units, gross_minor, payee, shares::jsonb as shares, position, price_rank, before_day, before_claim,
        before_occurrence, before_subject, after, ordinality as id
    from unnest(cast(:rules as text[]), cast(:units as bigint[]), cast(:gross as bigint[]), cast(:payees as text[]),
        cast(:shares as text[]), cast(:positions as int[]), cast(:ranks as int[]), cast(:before_day as text[]),
        cast(:before_claim as text[]), cast(:before_occurrence as text[]), cast(:before_subject as text[]),
        cast(:after as text[])) with ordinality as one (rule, units, gross_minor, payee, shares, position, price_rank,
        before_day, before_claim, before_occurrence, before_subject, after)
), due as (
    select shape.id, null::int as apart, shape.position, shape.price_rank, item.achieved_on, coalesce(point.place,
            case when item.occurrence ~ '^[0-9]+$' then item.occurrence::numeric else {AFTER_ALL} end) as place,
        item.occurrence, item.order_key, item.subject_id, item.claim_id, item.rule, item.price_minor, item.version,
        item.claimed_units, item.decided_by, item.decided_at, item.deemed
    from item
    join open_subject open on open.contract_id = item.contract_id and open.subject_id = item.subject_id
    join shape on shape.rule = item.rule and shape.units = item.units and shape.gross_minor = item.gross_minor
    left join unnest(cast(:metrics as text[]), cast(:codes as text[]), cast(:places as int[]))
        as point (metric, code, place) on point.metric = item.metric and point.code = item.occurrence
    where item.contract_id = :contract and item.reason is null and item.achieved_on < :ends
        and item.subject_id not in (select subject_id from apart_subject where contract_id = :contract)
    union all
    select null, number, position, price_rank, achieved_on, place, occurrence, order_key, subject_id, null, null, null,
        null, null, null, null, null
    from apart_item where settlement_id = :settlement
), numbered as (
    select *, row_number() over (order by position, price_rank, achieved_on, place, occurrence collate "C",
        order_key collate "C", subject_id) as number
    from due
), added as (
    insert into settlement_item (settlement_id, contract_id, number, {", ".join(_NAMES)})
    select :settlement, :contract, numbered.number,
        {_SAID}
    from numbered left join shape on shape.id = numbered.id
    left join apart_item on apart_item.settlement_id = :settlement and apart_item.number = numbered.apart
    returning number, sha256
)
select sha256(coalesce(string_agg(sha256, '' order by number), '')) from added
"""
"""Rows are sorted with what they have of their own alone, and get what they have in common afterwards."""


async def are_open(tx: Transaction, contract_id: UUID, many: int) -> bool:
    """Whether there are `many` open subjects, or more."""
    query = "select count(*) from (select from open_subject where contract_id = :contract limit :many) as first"
    return int((await tx.connection.execute(text(query), {"contract": contract_id, "many": many})).scalar_one()) == many


async def set_apart(tx: Transaction, contract_id: UUID, ends: date, most_minor: int | None) -> None:
    """Keeps, until the settlement is calculated, which open subjects are looked at one by one: who has something
    posted, and who is worth more than the `most_minor` that a person may be paid."""
    await tx.connection.execute(text("select set_config('work_mem', :memory, true)"), {"memory": SORTING_MEMORY})
    await forget_apart(tx, contract_id)
    asked = {"contract": contract_id, "ends": ends, "most": (1 << 62) if most_minor is None else most_minor}
    await tx.connection.execute(text(_APART), asked)


async def forget_apart(tx: Transaction, contract_id: UUID) -> None:
    """Nothing of it outlives the transaction."""
    for table in ("apart_subject", "apart_item"):
        statement = text(f"delete from {table} where contract_id = :contract")
        await tx.connection.execute(statement, {"contract": contract_id})


async def some_apart(tx: Transaction, contract_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
    """Up to `limit` of the subjects set apart, from the one behind `after` on."""
    query = """select subject_id from apart_subject where contract_id = :contract
        and (cast(:after as uuid) is null or subject_id > :after) order by subject_id limit :limit"""
    asked = {"contract": contract_id, "after": after, "limit": limit}
    return list((await tx.connection.execute(text(query), asked)).scalars())


async def payable(tx: Transaction, contract_id: UUID, ends: date, most: int) -> list[Payable]:
    """What is payable of all open subjects, by what the items have in common; no more than `most` rows of it."""
    asked = {"contract": contract_id, "ends": ends, "most": most}
    rows = (await tx.connection.execute(text(_PAYABLE), asked)).all()
    return [
        Payable(Shape(row.rule, row.price_minor, row.units, row.gross_minor), row.month, row.apart, row.times)
        for row in rows
    ]


async def people(
    tx: Transaction, contract_id: UUID, ends: date, some: int
) -> dict[tuple[str, int | None], tuple[int, frozenset[UUID]]]:
    """How many subjects stand behind each rule and price, and `some` of them; without those set apart."""
    rows = (await tx.connection.execute(text(_PEOPLE.format(some=some)), {"contract": contract_id, "ends": ends})).all()
    return {(row.rule, row.price_minor): (row.times, frozenset(row.people)) for row in rows}


async def add_apart(tx: Transaction, history: History, of: Settlement, changes: Sequence[Change], before: int) -> None:
    """Keeps items of subjects that were looked at one by one, until all are numbered; there are some `before`."""
    rows = []
    for number, change in enumerate(changes, start=before + 1):
        position, price_rank, _, (place, _), *_ = place_of(history, change)
        row = {"settlement_id": of.id, "contract_id": of.contract_id, "number": number, **item_row(change)}
        rows.append({**row, "position": position, "price_rank": price_rank, "place": place})
    if rows:
        await tx.connection.execute(insert(apart_item), rows)


async def add_all(tx: Transaction, history: History, of: Settlement, templates: Sequence[Template]) -> str:
    """Numbers and keeps all items of a settlement in one statement: those of subjects set apart as they were computed,
    all others as their templates say. Returns `itemsSha256`."""
    points = [(code, point, place) for code, points in history.newest.points.items() for point, place in points.items()]
    asked = {
        "contract": of.contract_id,
        "settlement": of.id,
        "ends": of.period.end,
        "rules": [one.shape.rule for one in templates],
        "units": [one.shape.units for one in templates],
        "gross": [one.shape.gross_minor for one in templates],
        **{f"{name}s": [getattr(one, name) for one in templates] for name in ("payee", "position")},
        "ranks": [one.price_rank for one in templates],
        "shares": [one.shares_text for one in templates],
        **{name: [one.pieces[place] for one in templates] for place, name in enumerate(_PIECES)},
        "metrics": [code for code, _, _ in points],
        "codes": [point for _, point, _ in points],
        "places": [place for _, _, place in points],
    }
    digest = (await tx.connection.execute(text(_ADD), asked)).scalar_one()
    return bytes(digest).hex()


_PIECES = ("before_day", "before_claim", "before_occurrence", "before_subject", "after")
