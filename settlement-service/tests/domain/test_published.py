"""Tests: the figures of published contracts (sources in tests/conformance), by the domain alone."""

from dataclasses import replace
from typing import Any

import pytest

from services.core.terms.components import AggregateBaseline
from services.core.terms.measures import AlsoStated, Fixed, Threshold
from services.core.terms.mechanisms.savings_share import Slice

from ..books import Books
from ..builders import a_claim, a_metric, a_rule
from ..mechanisms import (
    COHORTS,
    PAYERS,
    a_component,
    a_contract,
    a_gate,
    a_limit,
    a_measure,
    a_savings_share,
    a_threshold,
    any_of,
    kr,
    lines,
    maxima,
    measured_metric,
    paid_by,
    reading,
    spent_metric,
    weights,
)


def fewer(least: str, *cohorts: str) -> Threshold:
    """A reduction of at least so much against the comparison."""
    measure = a_measure(basis="relative_change", against="comparison", cohorts=cohorts or None)
    return a_threshold(measure, "le", f"-{least}")


def test_peterborough_the_first_cohort_alone_is_not_paid_and_both_pooled_are() -> None:
    either = any_of(fewer("0.10", "a"), fewer("0.075"))
    books = Books(a_contract(a_gate(either), metrics=[measured_metric()], cohorts=COHORTS[:2]))
    books.verify(reading(books, "142", "a", n=1000), reading(books, "155", "a", n=1000, arm="comparison"))
    assert lines(books.settle()) == {"gate": (0, "not-yet-measured")}, "8.387 %, and the pooled figure is to come"
    books.verify(reading(books, "140.1", "b", n=1000), reading(books, "155", "b", n=1000, arm="comparison"))
    assert books.settle().total == 100_000, "(310 - 282.1) / 310 is 9 %"


@pytest.mark.parametrize(
    ("count", "of", "share", "prevails", "met"),
    [
        (162, 450, "0.36", None, True),
        (161, 450, "0.36", None, False),
        (50, 162, "0.31", "this", True),
        (50, 162, "0.31", "also_stated_as", False),
        (51, 162, "0.31", "also_stated_as", True),
    ],
)
def test_aarhus_in_either_wording(count: int, of: int, share: str, prevails: Any, met: bool) -> None:
    measure = a_measure("job", "count", denominator=Fixed(kind="fixed", number=of))
    least = {450: "162", 162: "50"}[of]
    threshold = a_threshold(measure, "ge", least)
    if prevails is not None:
        other = AlsoStated(basis="share", comparator="ge", value=share)
        threshold = replace(threshold, also_stated_as=other, prevails=prevails)
    else:
        threshold = a_threshold(replace(measure, basis="share"), "ge", share)
    books = Books(a_contract(a_gate(threshold), metrics=[a_metric()]))
    books.verify(*(a_claim(n) for n in range(count)))
    assert lines(books.settle()) == {"gate": (100_000, None) if met else (0, "gate-not-met")}


def test_utah() -> None:
    saved = a_component(baseline=AggregateBaseline(kind="aggregate", amount=kr(28_155_000)))
    books = Books(a_contract(a_savings_share(saved, shares=(Slice(share="0.95"),)), metrics=[spent_metric()]))
    books.verify(reading(books, "0", metric="spent", component="purse"))
    assert books.settle().total == 26_747_250


def test_kirklees_stops_at_its_cap() -> None:
    books = Books(a_contract(a_rule("job", 100), caps=[a_limit("contract", 2_229_791_700)]))
    books.verify(a_claim(1, units=22_553_795))
    settled = books.settle()
    assert (settled.total, settled.changes[0].now.cuts) == (2_229_791_700, (("contract", 25_587_800),))


def test_cameroon_by_maxima_in_order_under_the_contracts_cap() -> None:
    split = maxima((PAYERS[0], 200_000_000), (PAYERS[1], 80_000_000))
    caps = [a_limit("contract", 243_000_000)]
    books = Books(a_contract(a_rule("job", 310_000_000), caps=caps, split=split, payers=PAYERS[:2]))
    books.verify(a_claim(1))
    assert paid_by(books.settle()) == {PAYERS[0]: 200_000_000, PAYERS[1]: 43_000_000}


def test_skill_mill_a_full_draw_by_weights() -> None:
    parts = (230_400, 1_418_976, 210_000)
    split = weights(*zip(PAYERS, (7 * parts[0], *parts[1:]), strict=True))
    books = Books(a_contract(a_rule("job", 324_177_600), split=split, payers=PAYERS))
    books.verify(a_claim(1))
    assert paid_by(books.settle()) == dict(zip(PAYERS, (161_280_000, 141_897_600, 21_000_000), strict=True))
