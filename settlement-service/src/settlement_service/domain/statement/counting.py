"""Domain: what a line that pays by how many participants were counted gives away of how many these are.

A rate by count tells the count by its amount, as a price does; and a new amount tells how many came to be counted. A
band that many counts fall into tells neither.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from services.core.disclosure import FEWEST
from services.core.terms.rules import PaymentRule
from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.figures import Figures
from settlement_service.domain.mechanisms.counts import Counts, RateByCount
from settlement_service.domain.mechanisms.table import mechanism_of
from settlement_service.domain.mechanisms.working import Node
from settlement_service.domain.settling.change import Change

REACH = 50
"""How many counts more, and less, are looked at."""


@dataclass(frozen=True, slots=True)
class Tells:
    """What a line tells of how many it counts. `may_be_known`: neither so many people, nor so many more or less than
    before, are few. `steps`: by how much the amount would differ if some more, or less, had been counted, in minor
    units."""

    may_be_known: bool
    steps: frozenset[int] = frozenset()


def tells_of(history: History, code: str, figures: Figures, contract_changes: Sequence[Change]) -> Tells | None:
    """What a line tells, by its figures and by what rests on no single claim in it (as it was last posted, where it
    did not change); None for a line that counts no participants, or too roughly to tell how many."""
    rules = {terms.version: (terms, terms.rules[code].definition) for terms in history.versions if code in terms.rules}
    counting = [
        version for version, (_, rule) in rules.items() if _counts_of(rule).counts_people(rule, history.metrics)
    ]
    if not counting:
        return None
    change = contract_changes[0] if contract_changes else None
    version = change.version if change else counting[-1]
    terms, rule = rules[version]
    rate = _counts_of(rule).rate(terms, rule) if version in counting else None
    if rate is None:
        return Tells(_counts_of(rule).told_by_units and figures.units >= FEWEST)
    return _told_by_rate(rate, change, [_counts_of(rule).rate(terms, rule) for terms, rule in rules.values()])


def _told_by_rate(rate: RateByCount, change: Change | None, rates: Iterable[RateByCount | None]) -> Tells | None:
    """What an amount tells that follows from a count: 40,000.00 where each further person gives 10,000.00 more tells
    that there were four."""
    counted = _count_under(change.working, rate.metric) if change and change.working else None
    count, of = counted or (0, rate.denominator)
    if of is None and rate.by_share:
        return Tells(may_be_known=False)
    now = change.now.gross_minor if change else 0
    amounts = _amounts(rate, count, of, REACH)
    if _as_much(amounts, count) >= FEWEST:
        return None
    are_few = change is None or counted is None or count < FEWEST
    may_be_known = not are_few and change is not None and not _may_be_few(change, count, of, rates)
    return Tells(may_be_known, frozenset(minor - now for other, minor in amounts.items() if other != count))


def _counts_of(rule: PaymentRule) -> Counts[Any]:
    return mechanism_of(rule).counts


def _count_under(node: Node, metric: str) -> tuple[int, Fraction | None] | None:
    """How many were counted, and of how many where a share was looked at."""
    if node.op == "quotient" and (share := _count_under(node.of[0], metric)) is not None:
        return share[0], node.of[1].number
    if node.op == "claims" and node.about.get("what") in ("subjects", "units") and node.about.get("metric") == metric:
        return int(node.number), None
    return next((found for one in node.of if (found := _count_under(one, metric)) is not None), None)


def _amounts(rate: RateByCount, count: int, of: Fraction | None, reach: int) -> Mapping[int, int]:
    """What so many would give, in minor units, for each count that is near."""
    most = count + reach if of is None else max(count, min(count + reach, int(of)))
    return {other: rate.amount(other, of) for other in range(max(0, count - reach), most + 1)}


def _as_much(amounts: Mapping[int, int], count: int) -> int:
    """How many counts side by side give the same amount."""
    first = last = count
    while amounts.get(first - 1) == amounts[count]:
        first -= 1
    while amounts.get(last + 1) == amounts[count]:
        last += 1
    return last - first + 1


def _may_be_few(change: Change, count: int, of: Fraction | None, rates: Iterable[RateByCount | None]) -> bool:
    """Whether the amount that was posted before may be that of a count that is near, by any version of the terms: then
    few may have come to be counted, or are counted no more. Of how many a share was taken before is known only where
    the terms fix it."""
    for rate in rates:
        if rate is None or (rate.by_share and rate.denominator is None):
            if change.before:
                return True
            continue
        near = _amounts(rate, count, of if rate.by_share else None, FEWEST - 1)
        if change.before.gross_minor in near.values():
            return True
    return False
