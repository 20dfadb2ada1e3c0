"""Storage: what everybody else's items take up under caps: sums alone, for a party that is given a part."""

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import text

from services.core.terms.calendar import Every
from services.kit.database.transaction import Transaction
from settlement_service.domain.agreement.audience import Audience
from settlement_service.domain.agreement.calendar import last_day_before, name_of
from settlement_service.domain.agreement.terms import Limit, Terms
from settlement_service.domain.facts.figures import WITHOUT_ROOM, figure_of
from settlement_service.domain.ledger.lifecycle import POSTED, Settlement
from settlement_service.domain.limits.caps import CONTRACT, Group, gives_up
from settlement_service.storage.figures import left_by, under_caps

_FIGURES = ", ".join(f"now_{name}" for name in ("gross_minor", *map(figure_of, WITHOUT_ROOM)))
_UP_TO = f"""
with level as (
    select item.rule, item.subject_id, item.occurrence, item.price_minor, item.payee, item.achieved_on,
        settlement.number, settlement.period_end, {_FIGURES}, {under_caps("now_")} - {under_caps("before_")} as posted,
        now_shares, before_shares,
        item.rule = any(:all_items) or (item.rule = any(:items) and item.payee = :organisation) as mine
    from settled_item item join settlement on item.settlement_id = settlement.id
    where settlement.contract_id = :contract
        and (settlement.id = :settlement or (settlement.number < :number and settlement.state = any(:posted)))
), stands as (
    select distinct on (rule, subject_id, occurrence, price_minor, payee)
        rule, subject_id, achieved_on, mine, {_FIGURES}
    from level order by rule, subject_id, occurrence, price_minor, payee, number desc
)
"""
"""Each change by a settlement up to this one; and what stands by the last one of each item."""
_BY_DAY = f"""{_UP_TO}
select rule as code, achieved_on, sum(now_gross_minor)::bigint as gross,
    {", ".join(f"sum(now_{figure_of(kind)})::bigint as {kind}" for kind in WITHOUT_ROOM)}
from stands where not mine group by rule, achieved_on
"""
_BY_PERIOD = f"""{_UP_TO}
select period_end, sum(posted)::bigint as minor from level where not mine group by period_end
"""
_BY_PERSON = f"""{_UP_TO}
select subject_id, coalesce(sum({left_by(("person",), "now_")}
    - case when :waits and achieved_on >= :ends then now_{figure_of("period")} else 0 end)
    filter (where not mine), 0)::bigint as minor
from stands group by subject_id having coalesce(sum(now_{figure_of("person")}) filter (where mine), 0) <> 0
"""
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
        _add_day(taken, terms, of, reader, row)
    now = last_day_before(of.period.end)
    for every in _settled_by(terms):
        for row in (await tx.connection.execute(text(_BY_PERIOD), asked)).all():
            if name_of(last_day_before(row.period_end), every) == name_of(now, every):
                taken["settled", name_of(now, every)] += row.minor
    of_persons = {**asked, "waits": bool(_settled_by(terms))}
    for row in (await tx.connection.execute(text(_BY_PERSON), of_persons)).all():
        taken["person", str(row.subject_id)] += row.minor
    if any(limit.definition.kind == "payer" for limit in terms.limits) or any(
        rule.split for rule in terms.rules.values()
    ):
        for row in (await tx.connection.execute(text(_BY_PAYER), asked)).all():
            taken["payer", row.payer] += row.minor
    return taken


def _add_day(taken: Counter[Group], terms: Terms, of: Settlement, reader: Audience, row: Any) -> None:
    """What a later cap cuts has its place under an earlier one all the same. What waits for another period has it in
    this settlement alone. Of caps on a rule, those on rules that pay the reader are told: what they pay others."""
    for limit in terms.limits:
        if limit.definition.kind in ("person", "payer") or limit.definition.period_basis == "settled":
            continue
        if limit.definition.kind == "rule" and not (limit.definition.rule == row.code and row.code in reader.items):
            continue
        cuts = gives_up(terms.limits, limit)
        if _settled_by(terms) and row.achieved_on < of.period.end:
            cuts -= {"period"}
        left = row.gross - sum(getattr(row, cut) for cut in cuts)
        taken[_group(limit, row.achieved_on)] += left


def _group(limit: Limit, day: date) -> Group:
    if limit.definition.kind == "contract":
        return CONTRACT
    if limit.definition.kind == "rule":
        return "rule", limit.definition.rule or ""
    assert limit.definition.kind == "period"
    assert limit.definition.every is not None
    return "period", name_of(day, limit.definition.every)


def _settled_by(terms: Terms) -> list[Every]:
    """The periods of which a cap says how much is settled in each."""
    return [
        said.every
        for said in (limit.definition for limit in terms.limits)
        if said.period_basis == "settled" and said.every
    ]
