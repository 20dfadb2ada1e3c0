"""Storage: what everybody else's items take up under caps: sums alone, for a party that is given a part."""

from collections import Counter
from typing import Any

from sqlalchemy import text

from services.kit.transaction import Transaction
from settlement_service.domain.audience import Audience
from settlement_service.domain.calendar import last_day_before, name_of, names_of
from settlement_service.domain.caps import CONTRACT, Group
from settlement_service.domain.lifecycle import POSTED, Settlement
from settlement_service.domain.terms import Terms

_UP_TO = """
with level as (
    select item.rule, item.subject_id, item.achieved_on, settlement.period_end,
        now_gross_minor - before_gross_minor as gross,
        now_cut_person_minor - before_cut_person_minor as person,
        now_cut_rule_minor - before_cut_rule_minor as rule_cut,
        now_cut_period_minor - before_cut_period_minor as period,
        now_cut_contract_minor - before_cut_contract_minor as contract,
        now_shares, before_shares,
        item.rule = any(:all_items) or (item.rule = any(:items) and item.payee = :organisation) as mine
    from settlement_item item join settlement on item.settlement_id = settlement.id
    where settlement.contract_id = :contract
        and (settlement.id = :settlement or (settlement.number < :number and settlement.state = any(:posted)))
)
"""
_BY_DAY = f"""{_UP_TO}
select achieved_on, period_end, sum(gross - person - rule_cut - period)::bigint as in_period,
    sum(gross - person - rule_cut - period - contract)::bigint as left_over
from level where not mine group by achieved_on, period_end
"""
_BY_PERSON = f"""{_UP_TO}
select subject_id, coalesce(sum(case when achieved_on < :ends then gross - person
    else gross - person - rule_cut - period - contract end) filter (where not mine), 0)::bigint as minor
from level group by subject_id having coalesce(sum(person) filter (where mine), 0) <> 0
"""
_BY_RULE = f"""{_UP_TO}
select rule, sum(case when achieved_on < :ends then gross - person - rule_cut
    else gross - person - rule_cut - period - contract end)::bigint as minor
from level where not mine and rule = any(:items) group by rule
"""
"""Of rules that pay the reader: what they pay others, or did."""
_BY_PAYER = f"""{_UP_TO}
, changed as (
    select key as payer, value::bigint as minor from level, jsonb_each_text(now_shares) where not mine
    union all
    select key, -value::bigint from level, jsonb_each_text(before_shares) where not mine
)
select payer, sum(minor)::bigint as minor from changed group by payer
"""


async def taken_by_others(tx: Transaction, terms: Terms, of: Settlement, reader: Audience) -> Counter[Group]:
    """What all items that a reader does not see take up in each group of each cap, as far as settlements up to `of`,
    and it, go. Of persons, only those from whose own items the cap on a person has cut something."""
    asked = {
        "items": list(reader.items),
        "all_items": list(reader.all_items),
        "organisation": reader.organisation,
        "contract": of.contract_id,
        "settlement": of.id,
        "number": of.number,
        "ends": of.period.end,
        "posted": list(POSTED),
    }
    taken: Counter[Group] = Counter()
    for row in (await tx.connection.execute(text(_BY_DAY), asked)).all():
        _add_day(taken, terms, of, row)
    for row in (await tx.connection.execute(text(_BY_PERSON), asked)).all():
        taken["person", str(row.subject_id)] += row.minor
    for row in (await tx.connection.execute(text(_BY_RULE), asked)).all():
        taken["rule", row.rule] += row.minor
    if any(limit.said.kind == "payer" for limit in terms.limits) or any(rule.split for rule in terms.rules.values()):
        for row in (await tx.connection.execute(text(_BY_PAYER), asked)).all():
            taken["payer", row.payer] += row.minor
    return taken


def _add_day(taken: Counter[Group], terms: Terms, of: Settlement, row: Any) -> None:
    """What the cap on the contract cuts has its place under a cap on the period all the same, each time anew."""
    taken[CONTRACT] += row.left_over
    is_later = row.achieved_on >= of.period.end
    for limit in terms.limits:
        if limit.said.kind == "period" and limit.said.every is not None:
            if limit.said.period_basis == "achieved":
                name = name_of(row.achieved_on, limit.said.every)
                taken["period", name] += row.left_over if is_later else row.in_period
                continue
            name = name_of(last_day_before(of.period.end), limit.said.every)
            taken["settled", name] += 0 if is_later else row.in_period - row.left_over
            if name in names_of(last_day_before(row.period_end)):
                taken["settled", name] += row.left_over
