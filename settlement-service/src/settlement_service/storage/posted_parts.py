"""Storage: what a settlement posts, as the texts of its inputs, some items at a time."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from services.core.values import camel
from services.kit.transaction import Transaction
from settlement_service.domain.items import FIGURES
from settlement_service.domain.lifecycle import Settlement

_FIGURES = {camel(name): f"(now_{name} - before_{name})" for name in FIGURES}
_NOW, _BEFORE = (", ".join(f"{when}_{name}" for name in FIGURES) for when in ("now", "before"))
_VALUES = {
    "achievedOn": "to_json(achieved_on)",
    "claimId": "to_json(claim_id)",
    "occurrence": "to_json(normalize(occurrence))",
    "payee": "to_json(payee)",
    "priceMinor": "price_minor",
    "shares": "'[' || shared.shares || ']'",
    "subjectId": "to_json(subject_id)",
    "version": "version",
    **_FIGURES,
}
"""Each member of an item as JSON: `domain.inputs.ItemPosted`. One that is null is left out."""
_ITEM = " || ".join(f"""coalesce(',"{name}":' || {_VALUES[name]}, '')""" for name in sorted(_VALUES))
CHANGES = f"({_NOW}, now_shares) is distinct from ({_BEFORE}, before_shares)"
"""Not what is told because it gives nothing: that changes nothing."""
_PARTS = f"""
select rule, payee, string_agg('{{' || substr(said, 2) || '}}', ',' order by number) as items
from (
    select number, rule, payee, {_ITEM} as said
    from settlement_item, lateral (
        select coalesce(string_agg('{{"minor":' || minor || ',"payer":' || to_json(payer) || '}}', ','
            order by place), '') as shares
        from (
            select payer, sum(minor)::bigint as minor, min(place) as place
            from (
                select key as payer, value::bigint as minor, ordinality as place
                from jsonb_each_text(now_shares) with ordinality
                union all
                select key, - value::bigint, 1000000 + ordinality from jsonb_each_text(before_shares) with ordinality
            ) as both_sides group by payer
        ) as net where minor <> 0
    ) as shared
    where settlement_id = $1 and number > $2 and number <= $3 and {CHANGES}
) as items
group by rule, payee order by min(number)
"""


@dataclass(frozen=True, slots=True)
class PostedPart:
    """Items by which one rule pays one payee, in their order, as canonical JSON with commas between them."""

    rule: str
    payee: str
    items: str


async def posted_parts(tx: Transaction, of: Settlement, most: int) -> AsyncIterator[Sequence[PostedPart]]:
    """What a settlement posts, `most` items at a time, in their order."""
    last = "select coalesce(max(number), 0) from settlement_item where settlement_id = :settlement"
    for after in range(0, (await tx.connection.execute(text(last), {"settlement": of.id})).scalar_one(), most):
        rows = (await tx.connection.exec_driver_sql(_PARTS, (of.id, after, after + most))).all()
        yield [PostedPart(row.rule, row.payee, row.items) for row in rows]
