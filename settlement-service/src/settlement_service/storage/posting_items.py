"""Storage: what is due by a settlement's items becomes what is posted, some items at a time, and an input each time."""

from dataclasses import dataclass

from sqlalchemy import text

from services.core.values import camel
from services.kit.database.transaction import Transaction
from settlement_service.domain.facts.figures import FIGURES, ItemPlace, LineKey
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.storage.figures import amount, under_caps
from settlement_service.storage.settled_items import next_items

_NOW, _BEFORE = (", ".join(f"{when}_{name}" for name in (*FIGURES, "shares")) for when in ("now", "before"))
_SET = ", ".join(f"{name} = excluded.{name}" for name in ("claim_id", "version", "achieved_on", *FIGURES, "shares"))
_VALUES = {
    "achievedOn": "to_json(achieved_on)",
    "claimId": "to_json(claim_id)",
    "occurrence": "to_json(normalize(occurrence))",
    "payee": "to_json(payee)",
    "priceMinor": "price_minor",
    "shares": "'[' || shared.shares || ']'",
    "subjectId": "to_json(subject_id)",
    "version": "version",
    **{camel(name): f"(now_{name} - before_{name})" for name in FIGURES},
}
"""Each member of an item as JSON: `domain.facts.log.ItemPosted`. One that is null is left out."""
_SAID = " || ".join(f"""coalesce(',"{name}":' || {_VALUES[name]}, '')""" for name in sorted(_VALUES))
_MOVED = f"""
    select achieved_on, '' as payer, {under_caps("now_")} as under_caps, {amount("now_")} as amount
    from next
    union all
    select achieved_on, key, 0, value::bigint from next, jsonb_each_text(now_shares)
    union all
    select achieved_on, '', - {under_caps()}, - {amount()} from stood
    union all
    select achieved_on, key, 0, - value::bigint from stood, jsonb_each_text(shares)
"""
"""What stood posted is taken out of the totals, by the day it stood for; what is due now is put in."""
_CHANGED = f"(({_NOW}) is distinct from ({_BEFORE}) or before_units <> 0)"
"""Not what is told because it gives nothing: nothing was posted for that. What was posted and stays the same is posted
for another day."""
_POST = f"""
with looked_at as materialized ({{next}}), next as materialized (
    select * from looked_at where {_CHANGED}
), stood as materialized (
    select stood.* from next cross join lateral (
        select * from posted_item posted where posted.contract_id = next.contract_id
            and posted.rule = next.rule and posted.subject_id = next.subject_id and posted.occurrence = next.occurrence
            and posted.price_minor is not distinct from next.price_minor and posted.payee = next.payee limit 1
    ) stood where next.before_units <> 0 or next.before_gross_minor <> 0 or next.before_shares <> '{{}}'
), moved as (
    insert into posted_total as total (contract_id, rule, payee, month, payer, under_caps_minor, amount_minor)
    select :contract, :rule, :payee, to_char(achieved_on, 'YYYY-MM'), payer, sum(under_caps), sum(amount)
    from ({_MOVED}) as both_sides group by to_char(achieved_on, 'YYYY-MM'), payer
    on conflict (contract_id, rule, payee, month, payer) do update set
        under_caps_minor = total.under_caps_minor + excluded.under_caps_minor,
        amount_minor = total.amount_minor + excluded.amount_minor
), posted as (
    insert into posted_item (contract_id, rule, subject_id, occurrence, price_minor, payee, claim_id, version,
        achieved_on, {", ".join((*FIGURES, "shares"))})
    select contract_id, rule, subject_id, occurrence, price_minor, payee, claim_id, version, achieved_on, {_NOW}
    from next
    on conflict (contract_id, rule, subject_id, occurrence, price_minor, payee) do update set {_SET}
), said as (
    select subject_id, achieved_on, occurrence, '{{' || substr({_SAID}, 2) || '}}' as item from next, lateral (
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
)
select subject_id, achieved_on, occurrence,
    (select string_agg(item, ',' order by subject_id, achieved_on, occurrence) from said) as items
from looked_at order by subject_id desc, achieved_on desc, occurrence desc limit 1
"""
"""What stands posted is looked up for those alone that had something, each by itself (`limit 1` keeps it so): while
very many are posted, the plan is still that of when there were none."""


@dataclass(frozen=True, slots=True)
class PostedPart:
    """Items of one line in their order, as canonical JSON with commas between them, None when none of those looked at
    changes anything; and where the last one stands that was looked at."""

    items: str | None
    last: ItemPlace


async def post_some(
    tx: Transaction, of: Settlement, line: LineKey, after: ItemPlace | None, most: int
) -> PostedPart | None:
    """Posts up to `most` items of one line of a settlement, from the one after the place `after` on: what is due now is
    what has been posted from now on, and the totals of what is posted go with it. None if there are no more."""
    query, asked = next_items(of, line, after, most)
    row = (await tx.connection.execute(text(_POST.replace("{next}", query)), asked)).one_or_none()
    return None if row is None else PostedPart(row.items, (row.subject_id, row.achieved_on, row.occurrence))
