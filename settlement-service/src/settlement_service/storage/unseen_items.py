"""Storage: what items that a party does not see take up under caps: sums alone, for its part of the inputs."""

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
"""`level`: each change by a settlement up to this one. `stands`: the figures of each item by its last change."""
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


async def taken_by_unseen(tx: Transaction, terms: Terms, settlement: Settlement, reader: Audience) -> Counter[Group]:
    """What all items that a reader does not see take up in each group of each cap, by the settlements up to this one.
    Of persons, only those are among it of whose items that the reader sees the cap on a person has cut something: who
    else is paid for is not the reader's to know."""
    parameters = {
        "items": list(reader.items),
        "all_items": list(reader.all_items),
        "organisation": reader.organisation,
        "contract": settlement.contract_id,
        "settlement": settlement.id,
        "number": settlement.number,
        "ends": settlement.period.end,
        "posted": list(POSTED),
    }
    taken: Counter[Group] = Counter()
    for row in (await tx.connection.execute(text(_BY_DAY), parameters)).all():
        _add_day(taken, terms, settlement, reader, row)
    now = last_day_before(settlement.period.end)
    for every in _settled_by(terms):
        for row in (await tx.connection.execute(text(_BY_PERIOD), parameters)).all():
            if name_of(last_day_before(row.period_end), every) == name_of(now, every):
                taken["settled", name_of(now, every)] += row.minor
    person_parameters = {**parameters, "waits": bool(_settled_by(terms))}
    for row in (await tx.connection.execute(text(_BY_PERSON), person_parameters)).all():
        taken["person", str(row.subject_id)] += row.minor
    if any(limit.definition.kind == "payer" for limit in terms.limits) or any(
        rule.split for rule in terms.rules.values()
    ):
        for row in (await tx.connection.execute(text(_BY_PAYER), parameters)).all():
            taken["payer", row.payer] += row.minor
    return taken


def _add_day(taken: Counter[Group], terms: Terms, settlement: Settlement, reader: Audience, row: Any) -> None:
    """Adds what the unseen items of one rule and day take up. What a later cap cut takes up room under an earlier one
    all the same. What waits for another period takes it up in this settlement alone. Of caps on a rule, only those on
    rules that pay the reader are looked at: there it is what they pay others."""
    for limit in terms.limits:
        if limit.definition.kind in ("person", "payer") or limit.definition.period_basis == "settled":
            continue
        if limit.definition.kind == "rule" and not (limit.definition.rule == row.code and row.code in reader.items):
            continue
        cuts = gives_up(terms.limits, limit)
        if _settled_by(terms) and row.achieved_on < settlement.period.end:
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
    """The lengths of periods for which a cap limits what is settled in each."""
    return [
        definition.every
        for definition in (limit.definition for limit in terms.limits)
        if definition.period_basis == "settled" and definition.every
    ]
