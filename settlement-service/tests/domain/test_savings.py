"""Tests: a share of what was saved."""

from typing import Any

import pytest

from services.core.terms.components import AggregateBaseline, MeasuredBaseline, PerPersonBaseline, PerPersonDayBaseline
from services.core.terms.mechanisms.savings_share import SavingsShare, Slice

from ..books import Books
from ..builders import YEAR
from ..mechanisms import (
    COHORTS,
    a_component,
    a_contract,
    a_savings_share,
    kr,
    lines,
    reading,
    spent_metric,
    withdrawn,
)


def a_book(rule: SavingsShare, **terms: Any) -> Books:
    return Books(a_contract(rule, metrics=[spent_metric()], **terms))


def spent(books: Books, value: str, occurrence: str = "y1", **more: Any) -> Any:
    more = {"component": "purse", "metric": "spent", "occurrence": occurrence, **more}
    return reading(books, value, **more)


@pytest.mark.parametrize(("value", "expected"), [("400", 30_000), ("1000", 0), ("1200", 0)])
def test_half_of_what_was_not_spent(value: str, expected: int) -> None:
    books = a_book(a_savings_share())
    books.verify(spent(books, value))
    assert lines(books.settle())["savings"][0] == expected


def test_two_sided_a_loss_is_shared_like_a_saving() -> None:
    books = a_book(a_savings_share(two_sided=True, shares=(Slice(share="0.50", up_to=kr(100_00)), Slice(share="0.10"))))
    books.verify(spent(books, "1300"))
    assert books.settle().total == -(50_00 + 20_00)


@pytest.mark.parametrize(
    ("baseline", "n", "expected"),
    [
        (AggregateBaseline(kind="aggregate", amount=kr(1_000_00)), 7, 200_00),
        (PerPersonBaseline(kind="per_person", amount=kr(150_00)), 10, 450_00),
        (PerPersonDayBaseline(kind="per_person_day", amount=kr(2_00)), 500, 200_00),
    ],
)
def test_every_kind_of_baseline(baseline: Any, n: int, expected: int) -> None:
    books = a_book(a_savings_share(a_component(baseline=baseline)))
    books.verify(spent(books, "600", n=n))
    assert books.settle().total == expected


def test_without_the_number_of_persons_there_is_nothing_to_compare_with() -> None:
    books = a_book(a_savings_share(a_component(baseline=PerPersonBaseline(kind="per_person", amount=kr(900_00)))))
    books.verify(spent(books, "600"))
    assert lines(books.settle()) == {"savings": (0, "not-yet-measured")}


class TestMeasuredBaseline:
    rule = a_savings_share(a_component(baseline=MeasuredBaseline(kind="measured", arm="comparison")))

    def test_is_that_of_the_same_period(self) -> None:
        books = a_book(self.rule)
        books.verify(spent(books, "600"), spent(books, "900", arm="comparison"))
        books.verify(spent(books, "100", "y2", arm="comparison"))
        assert books.settle().total == 150_00

    def test_and_of_the_same_cohorts(self) -> None:
        books = a_book(self.rule, cohorts=COHORTS[:2])
        books.verify(*(spent(books, "900", cohort=cohort, arm="comparison") for cohort in "ab"))
        books.verify(spent(books, "600", cohort="a"))
        assert lines(books.settle()) == {"savings": (0, "not-yet-measured")}
        books.verify(spent(books, "700", cohort="b"))
        assert books.settle().total == 250_00


def test_a_revenue_is_a_saving_when_it_is_more() -> None:
    books = a_book(a_savings_share(a_component(flow="revenue")))
    books.verify(spent(books, "1600"))
    assert books.settle().total == 300_00


def test_what_the_state_gives_back_is_no_saving() -> None:
    books = a_book(a_savings_share(a_component(basis="net_of_reimbursement", reimbursed="0.30")))
    books.verify(spent(books, "400"))
    assert books.settle().total == 210_00


def test_components_are_added_up_and_all_must_be_measured() -> None:
    rule = a_savings_share(a_component(), a_component("taxes", flow="revenue"))
    books = a_book(rule)
    books.verify(spent(books, "400"))
    assert lines(books.settle()) == {"savings": (0, "not-yet-measured")}
    books.verify(spent(books, "800", component="taxes"))
    assert books.settle().total == 200_00, "half of 600 saved and 200 earned less"


def test_the_deductible_is_taken_off_before_it_is_shared() -> None:
    books = a_book(a_savings_share(deductible=kr(100_00)))
    books.verify(spent(books, "400"))
    assert books.settle().total == 250_00


@pytest.mark.parametrize(("saved", "expected"), [(100, 80_00), (200, 160_00), (300, 200_00), (900, 360_00)])
def test_each_slice_at_its_share(saved: int, expected: int) -> None:
    slices = (Slice(share="0.80", up_to=kr(200_00)), Slice(share="0.40", up_to=kr(600_00)), Slice(share="0.1333"))
    books = a_book(a_savings_share(shares=slices))
    books.verify(spent(books, str(1000 - saved)))
    assert books.settle().total == (expected if saved < 900 else 160_00 + 160_00 + 39_99)


@pytest.mark.parametrize(
    ("accumulation", "two_sided", "expected"),
    [
        ("per_period", False, [30_000, 0, 10_000]),
        ("cumulative", False, [30_000, -20_000, 10_000]),
        ("per_period", True, [30_000, -20_000, 10_000]),
        ("cumulative", True, [30_000, -20_000, 10_000]),
    ],
)
def test_a_bad_year_between_good_ones(accumulation: str, two_sided: bool, expected: list[int]) -> None:
    books = a_book(a_savings_share(accumulation=accumulation, two_sided=two_sided))
    for occurrence, value in (("y1", "400"), ("y2", "1400"), ("y3", "800")):
        books.verify(spent(books, value, occurrence))
    assert {c.key.item.occurrence: c.now.gross_minor for c in books.settle().changes if c.now.gross_minor} == {
        occurrence: minor for occurrence, minor in zip(("y1", "y2", "y3"), expected, strict=True) if minor
    }


def test_cumulative_never_takes_back_more_than_was_given_unless_it_goes_both_ways() -> None:
    for two_sided, expected in ((False, 0), (True, -20_000)):
        books = a_book(a_savings_share(accumulation="cumulative", two_sided=two_sided))
        books.verify(spent(books, "800"), spent(books, "1600", "y2"))
        assert books.settle().total == expected


def test_cumulative_waits_for_the_period_before() -> None:
    books = a_book(a_savings_share(accumulation="cumulative"))
    books.verify(spent(books, "400", "y2"))
    assert lines(books.settle()) == {"savings": (0, "not-yet-measured")}
    books.verify(spent(books, "900", "y1"))
    assert books.settle().total == 50_00 + 300_00


def test_a_corrected_first_period_moves_only_the_difference() -> None:
    books = a_book(a_savings_share(accumulation="cumulative"))
    first = spent(books, "400", "y1")
    books.verify(first, spent(books, "900", "y2"))
    assert books.settle().total == 300_00 + 50_00
    withdrawn(books, first)
    books.verify(spent(books, "600", "y1"))
    assert books.settle(YEAR.end, "correction").total == -100_00


def test_after_a_paid_period_the_line_says_that_the_next_is_not_yet_measured() -> None:
    books = a_book(a_savings_share())
    books.verify(spent(books, "400"))
    assert lines(books.settle()) == {"savings": (30_000, None)}
    assert lines(books.settle()) == {"savings": (0, "not-yet-measured")}
