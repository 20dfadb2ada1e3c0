"""Storage: the items of a settlement are posted, some at a time, and each time they are given as an input."""

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
"""Each member of an item as canonical JSON: `domain.facts.log.ItemPosted`. One that is null is left out."""
_DOCUMENT = " || ".join(f"""coalesce(',"{name}":' || {_VALUES[name]}, '')""" for name in sorted(_VALUES))
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
"""The totals lose what was posted (`stood`), in the month that it was posted for, and get what is due now."""
_CHANGED = f"(({_NOW}) is distinct from ({_BEFORE}) or before_units <> 0)"
"""The items that are posted. One that gives nothing and of which nothing was posted is an item of the settlement so
that one can see why, and is not. One whose figures are the same is posted for its other day."""
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
), documents as (
    select subject_id, achieved_on, occurrence, '{{' || substr({_DOCUMENT}, 2) || '}}' as item from next, lateral (
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
    (select string_agg(item, ',' order by subject_id, achieved_on, occurrence) from documents) as items
from looked_at order by subject_id desc, achieved_on desc, occurrence desc limit 1
"""
"""What was posted is looked up for items of which something was, each by itself (`limit 1` keeps it so): while a first
settlement posts very many, the plan is still that of an empty table.

The items are those of `domain.settling.posted_items.items_posted`, but for the order of `shares`. Here it is the order
of the keys of `now_shares` as jsonb keeps them (the shorter first, then by bytes), and after them payers that stand in
`before_shares` alone. There it is the order of the parties. No amount depends on it, and hashes are over this body,
which is the one that is stored: so neither order may be changed for the other."""


@dataclass(frozen=True, slots=True)
class PostedPart:
    """Posted items of one line in their order, as canonical JSON with commas between them (None when no item that was
    looked at changes anything); and the place of the last item that was looked at."""

    items: str | None
    last: ItemPlace


async def post_some(
    tx: Transaction, settlement: Settlement, line: LineKey, after: ItemPlace | None, most: int
) -> PostedPart | None:
    """Posts up to `most` items of one line of a settlement, from the one after the place `after` on, in one statement:
    what is posted of each becomes what is due now, and the totals follow. None if there are no more."""
    query, parameters = next_items(settlement, line, after, most)
    row = (await tx.connection.execute(text(_POST.replace("{next}", query)), parameters)).one_or_none()
    return None if row is None else PostedPart(row.items, (row.subject_id, row.achieved_on, row.occurrence))
