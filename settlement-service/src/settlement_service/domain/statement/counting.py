"""Domain: what a line that pays by how many participants were counted gives away of how many these are.

A rate by count tells the count by its amount, as a price does; and a new amount tells how many came to be counted. A
band that many counts fall into tells neither.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.core.disclosure import FEWEST
from services.core.terms.measures import Fixed
from services.core.terms.mechanisms.bands import Bands
from services.core.terms.mechanisms.unit_price import UnitPrice
from services.core.terms.outcomes import Metric
from services.core.terms.rules import PaymentRule
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.mechanisms.amounts import minor_of
from settlement_service.domain.mechanisms.bands import banded
from settlement_service.domain.mechanisms.items import Figures
from settlement_service.domain.mechanisms.working import Node, computed, leaf
from settlement_service.domain.settling.difference import Change

REACH = 50
"""How many counts more, and less, are looked at."""


@dataclass(frozen=True, slots=True)
class Tells:
    """What a line tells of how many it counts. `may_be_known`: neither so many people, nor so many more or less than
    before, are few. `steps`: by how much the amount would differ if some more, or less, had been counted, in minor
    units."""

    may_be_known: bool
    steps: frozenset[int] = frozenset()


def tells_of(history: History, code: str, figures: Figures, whole: Sequence[Change]) -> Tells | None:
    """What a line tells, by its figures and by what rests on no single claim in it (as it was last posted, where it
    did not change); None for a line that counts no participants, or too roughly to tell how many."""
    rules = {terms.version: (terms, terms.rules[code].said) for terms in history.versions if code in terms.rules}
    counting = [version for version, (_, rule) in rules.items() if _counts_people(rule, history.metrics)]
    if not counting:
        return None
    change = whole[0] if whole else None
    version = change.version if change else counting[-1]
    terms, said = rules[version]
    if not isinstance(said, Bands) or version not in counting:
        return Tells(isinstance(said, UnitPrice) and figures.units >= FEWEST)
    found = _count_under(change.working, said.measure.metric) if change and change.working else None
    count, of = found or (0, _fixed(said))
    if of is None and said.measure.basis == "share":
        return Tells(may_be_known=False)
    now = change.now.gross_minor if change else 0
    amounts = _amounts(terms, said, count, of)
    if _as_much(amounts, count) >= FEWEST:
        return None
    are_few = change is None or found is None or count < FEWEST
    may_be_known = not are_few and change is not None and not _may_be_few(change, count, of, rules.values())
    return Tells(may_be_known, frozenset(minor - now for other, minor in amounts.items() if other != count))


def _counts_people(rule: PaymentRule, metrics: Mapping[str, Metric]) -> bool:
    """Whether a rule that pays for all together pays by how many participants were counted: also those that a cohort's
    outcomes are of."""
    if isinstance(rule, UnitPrice):
        return _of_cohort(metrics[rule.metric])
    if not isinstance(rule, Bands) or rule.per != "contract" or rule.measure.basis not in ("count", "share"):
        return False
    metric = metrics[rule.measure.metric]
    return metric.subject == "participant" or (rule.measure.counting == "units" and _of_cohort(metric))


def _of_cohort(metric: Metric) -> bool:
    return metric.subject == "cohort" and metric.unit == "outcome" and metric.reports == "units"


def _fixed(rule: Bands) -> Fraction | None:
    kind = rule.measure.denominator
    return Fraction(kind.number) if isinstance(kind, Fixed) else None


def _count_under(node: Node, metric: str) -> tuple[int, Fraction | None] | None:
    """How many were counted, and of how many where a share was looked at."""
    if node.op == "quotient" and (share := _count_under(node.of[0], metric)) is not None:
        return share[0], node.of[1].number
    if node.op == "claims" and node.about.get("what") in ("subjects", "units") and node.about.get("metric") == metric:
        return int(node.number), None
    return next((found for one in node.of if (found := _count_under(one, metric)) is not None), None)


def _amounts(terms: Terms, rule: Bands, count: int, of: Fraction | None, reach: int = REACH) -> Mapping[int, int]:
    """What so many would give, in minor units, for each count that is near."""
    most = count + reach if of is None else max(count, min(count + reach, int(of)))
    return {other: _amount(terms, rule, other, of) for other in range(max(0, count - reach), most + 1)}


def _amount(terms: Terms, rule: Bands, count: int, of: Fraction | None) -> int:
    figure = leaf("claims", Fraction(count) / of if of else Fraction(count))
    rounding = rule.measure.rounding
    if rounding is not None:
        figure = computed("rounded", figure, mode=rounding.mode, places=rounding.places)
    amount = banded(terms, rule, figure)
    return 0 if amount.value is None else minor_of(terms, amount)


def _as_much(amounts: Mapping[int, int], count: int) -> int:
    """How many counts side by side give the same amount."""
    first = last = count
    while amounts.get(first - 1) == amounts[count]:
        first -= 1
    while amounts.get(last + 1) == amounts[count]:
        last += 1
    return last - first + 1


def _may_be_few(change: Change, count: int, of: Fraction | None, rules: Iterable[tuple[Terms, PaymentRule]]) -> bool:
    """Whether the amount that was posted before may be that of a count that is near, by any version of the terms: then
    few may have come to be counted, or are counted no more. Of how many a share was taken before is known only where
    the terms fix it."""
    for terms, rule in rules:
        if not isinstance(rule, Bands) or (rule.measure.basis == "share" and _fixed(rule) is None):
            if change.before:
                return True
            continue
        near = _amounts(terms, rule, count, of if rule.measure.basis == "share" else None, FEWEST - 1)
        if change.before.gross_minor in near.values():
            return True
    return False
