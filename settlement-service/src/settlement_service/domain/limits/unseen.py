"""Domain: what items that a party does not see take up under caps, by sums that it may be given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from services.core.terms.calendar import Every
from settlement_service.domain.agreement.audience import Audience
from settlement_service.domain.agreement.terms import Limit, Terms
from settlement_service.domain.limits.caps import Group, gives_up, group_of


@dataclass(frozen=True, slots=True)
class UnseenDay:
    """The sums of the unseen items of one rule and day: their value, and by kind what caps cut, in minor units."""

    rule: str
    achieved_on: date
    gross_minor: int
    cut_minor: Mapping[str, int]


def taken_on(terms: Terms, ends: date, reader: Audience, day: UnseenDay) -> Iterator[tuple[Group, int]]:
    """Amounts that the unseen items of a day take up under caps in a settlement that ends before `ends`. The cut of a
    later cap takes up room under an earlier one all the same: of 100.00 of which the cap on the contract cut 40.00,
    100.00 is taken up under the cap on the rule. What waits for another period takes it up in this settlement alone."""
    for limit in terms.limits:
        group = _group_of(limit, reader, day)
        if group is None:
            continue
        cuts = gives_up(terms.limits, limit)
        if settled_periods(terms) and day.achieved_on < ends:
            cuts -= {"period"}
        yield group, day.gross_minor - sum(day.cut_minor[cut] for cut in cuts)


def _group_of(limit: Limit, reader: Audience, day: UnseenDay) -> Group | None:
    """Caps on persons and payers, and on what is settled in a period, are not by day. Of caps on a rule, only those on
    rules that pay the reader are looked at: there it is what they pay others."""
    is_by_day = limit.definition.kind not in ("person", "payer") and limit.definition.period_basis != "settled"
    is_known = limit.definition.kind != "rule" or day.rule in reader.items
    if not (is_by_day and is_known):
        return None
    return group_of(limit, day.rule, None, day.achieved_on)


def settled_periods(terms: Terms) -> list[Every]:
    """The lengths of periods for which a cap limits what is settled in each."""
    return [
        definition.every
        for definition in (limit.definition for limit in terms.limits)
        if definition.period_basis == "settled" and definition.every
    ]


def counts_by_payer(terms: Terms) -> bool:
    """Whether what each payer has paid may matter: there is a cap on one, or a rule has a split of its own."""
    capped = any(limit.definition.kind == "payer" for limit in terms.limits)
    return capped or any(rule.split for rule in terms.rules.values())
