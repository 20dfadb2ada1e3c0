"""Domain: what a line that pays by a count of participants gives away of that count.

A rate by count tells the count by its amount, as a price does: at 100.00 for each, 300.00 are three. And a new amount
tells how many came to be counted. A band that many counts fall into tells neither.
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
"""How many counts above the true one, and below it, are looked at."""


@dataclass(frozen=True, slots=True)
class Tells:
    """What a line tells of the count of people behind it. `may_be_known`: neither the count, nor its difference to the
    count before, is one of few people. `steps`: by how much the amount would differ, in minor units, if more or fewer
    had been counted."""

    may_be_known: bool
    steps: frozenset[int] = frozenset()


def tells_of(history: History, code: str, figures: Figures, contract_changes: Sequence[Change]) -> Tells | None:
    """What a line tells, by its figures and by its changes that rest on no single claim (as last posted, where nothing
    changed). None for a line that counts no participants, or too roughly to tell how many."""
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
    in_working = _count_under(change.working, rate.metric) if change and change.working else None
    count, denominator = in_working or (0, rate.denominator)
    if denominator is None and rate.by_share:
        return Tells(may_be_known=False)
    now = change.now.gross_minor if change else 0
    amounts = _amounts(rate, count, denominator, REACH)
    if _as_much(amounts, count) >= FEWEST:
        return None
    are_few = change is None or in_working is None or count < FEWEST
    may_be_known = not are_few and change is not None and not _may_be_few(change, count, denominator, rates)
    return Tells(may_be_known, frozenset(minor - now for near, minor in amounts.items() if near != count))


def _counts_of(rule: PaymentRule) -> Counts[Any]:
    return mechanism_of(rule).counts


def _count_under(node: Node, metric: str) -> tuple[int, Fraction | None] | None:
    """The count that a working rests on, and the denominator where it is that of a share: of `3 / 40`, 3 and 40."""
    if node.op == "quotient" and (share := _count_under(node.of[0], metric)) is not None:
        return share[0], node.of[1].number
    if node.op == "claims" and node.about.get("what") in ("subjects", "units") and node.about.get("metric") == metric:
        return int(node.number), None
    counts = (_count_under(operand, metric) for operand in node.of)
    return next((count for count in counts if count is not None), None)


def _amounts(rate: RateByCount, count: int, denominator: Fraction | None, reach: int) -> Mapping[int, int]:
    """The amount, in minor units, of each count that is near; no more can be counted than the denominator of a
    share."""
    most = count + reach if denominator is None else max(count, min(count + reach, int(denominator)))
    return {near: rate.amount(near, denominator) for near in range(max(0, count - reach), most + 1)}


def _as_much(amounts: Mapping[int, int], count: int) -> int:
    """How many counts side by side give the same amount: in a band from 10 up to 20, ten."""
    first = last = count
    while amounts.get(first - 1) == amounts[count]:
        first -= 1
    while amounts.get(last + 1) == amounts[count]:
        last += 1
    return last - first + 1


def _may_be_few(change: Change, count: int, denominator: Fraction | None, rates: Iterable[RateByCount | None]) -> bool:
    """Whether the amount that was posted before may be that of a count that is near, by any version of the terms: then
    few may have come to be counted, or are counted no more. What a share was of before is known only where the terms
    fix its denominator."""
    for rate in rates:
        if rate is None or (rate.by_share and rate.denominator is None):
            if change.before:
                return True
            continue
        near = _amounts(rate, count, denominator if rate.by_share else None, FEWEST - 1)
        if change.before.gross_minor in near.values():
            return True
    return False
