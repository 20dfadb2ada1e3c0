"""Tests: deliverables that were accepted, fees for each period, grants and pauses, and prices by an index."""

from datetime import date

import pytest

from services.core.terms.payment import Index, IndexValue

from ..books import Books
from ..builders import YEAR, a_claim, a_metric, a_rule
from ..mechanisms import a_contract, a_fee, a_grant, a_limit, a_milestone, a_pause, kr, lines

JUNE, AUGUST = date(2026, 6, 1), date(2026, 8, 1)


@pytest.mark.parametrize(
    ("day", "late", "expected"),
    [
        ("2026-06-01", "lost", (50_000, None)),
        ("2026-06-02", "lost", (0, None)),
        ("2026-06-02", "pays", (50_000, None)),
    ],
)
def test_a_milestone_on_its_day_and_the_day_after(day: str, late: str, expected: tuple[int, str | None]) -> None:
    books = Books(a_contract(a_milestone(due_on=JUNE, late=late)))
    books.verify(a_claim(1, "plan", day=day, units=3))
    assert lines(books.settle()) == {"milestone": expected}


def test_a_fee_is_paid_for_whole_periods_that_are_over() -> None:
    books = Books(a_contract(a_fee(start=date(2026, 2, 1), until=date(2026, 12, 1)), metrics=[a_metric()]))
    assert books.settle(date(2026, 6, 30)).total == 0, "the second quarter is not over"
    assert books.settle(date(2026, 7, 1)).total == 30_000
    assert books.settle().total == 30_000, "the first and the last quarter are not whole"


def test_a_fee_for_what_was_delivered() -> None:
    books = Books(a_contract(a_fee(delivery="plan")))
    books.verify(a_claim(1, "plan", day="2026-03-31"), a_claim(2, "plan", day="2026-07-01"))
    settled = books.settle()
    assert [change.key.item.occurrence for change in settled.changes] == ["2026-Q1", "2026-Q3"]
    assert lines(books.settle()) == {"fee": (0, "not-delivered")}
    books.verify(a_claim(3, "plan", day="2026-05-05"))
    assert books.settle(YEAR.end, "correction").total == 30_000


class TestWindows:
    def test_a_grant_is_paid_in_place_of_outcomes_and_they_use_nothing(self) -> None:
        grant = a_grant(JUNE, AUGUST)
        caps = [a_limit("person", 10_000)]
        rule = a_rule(occurrences="first")
        books = Books(a_contract(rule, windows=(grant,), caps=caps))
        books.verify(a_claim(1, occurrence="1", day="2026-06-15"), a_claim(1, occurrence="2", day="2026-08-01"))
        assert lines(books.settle()) == {"job": (10_000, None), "grant": (40_000, None)}

    @pytest.mark.parametrize(("then_payable", "later"), [(True, 10_000), (False, 0)])
    def test_a_pause(self, then_payable: bool, later: int) -> None:
        books = Books(a_contract(a_rule(), windows=(a_pause(JUNE, AUGUST, then_payable),)))
        books.verify(a_claim(1, day="2026-06-01"), a_claim(2, day="2026-05-31"))
        assert books.settle(date(2026, 7, 1)).total == 10_000
        assert books.settle(date(2026, 8, 1)).total == later


@pytest.mark.parametrize(
    ("day", "mode", "expected"),
    [("2026-03-01", "half_up", 10_050), ("2026-07-01", "half_up", 10_421), ("2026-07-01", "floor", 10_420)],
)
def test_a_price_by_an_index(day: str, mode: str, expected: int) -> None:
    values = (IndexValue(from_=date(2026, 1, 1), value="104.2"), IndexValue(from_=date(2026, 7, 1), value="108.045"))
    rule = a_rule("job", 10_050, index="wages")
    terms = a_contract(rule, indices=(Index(code="wages", base="104.2", values=values),), rounding=mode)
    books = Books(terms)
    books.verify(a_claim(1, day=day))
    assert books.settle().total == expected
    assert kr(expected).currency == "DKK"
