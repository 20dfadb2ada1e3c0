"""Tests: caps on each period, units in all, and prerequisites, whatever the order of arrival."""

from datetime import date

import pytest

from ..books import Books
from ..builders import YEAR, a_claim, a_metric, a_rule
from ..mechanisms import a_contract, a_limit, withdrawn

QUARTERS = (date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1), date(2027, 1, 1))


def capped(basis: str, minor: int = 15_000, every: str = "quarter") -> Books:
    return Books(a_contract(a_rule(), caps=[a_limit("period", minor, every=every, period_basis=basis)]))


def test_by_the_day_of_achievement_what_is_over_is_cut_for_good() -> None:
    books = capped("achieved")
    books.verify(*(a_claim(n, day=f"2026-0{n}-01") for n in (1, 2, 3, 4)))
    assert [books.settle(end).total for end in QUARTERS] == [15_000, 10_000, 0, 0]


def test_by_the_period_that_is_settled_what_is_over_waits_for_the_next() -> None:
    books = capped("settled")
    books.verify(*(a_claim(n, day=f"2026-0{n}-01") for n in (1, 2, 3, 4)))
    assert [books.settle(end).total for end in QUARTERS] == [15_000, 15_000, 10_000, 0]


def test_what_is_taken_back_makes_room_in_the_period_in_which_it_is() -> None:
    books, first = capped("settled", 10_000), a_claim(1, day="2026-01-01")
    books.verify(first, a_claim(2, day="2026-01-02"), a_claim(3, day="2026-01-03"))
    assert books.settle(QUARTERS[0]).total == 10_000
    withdrawn(books, first)
    assert books.settle(QUARTERS[0], "correction").total == 0
    assert books.settle(QUARTERS[1]).total == 10_000


@pytest.mark.parametrize(("every", "expected"), [("month", 40_000), ("quarter", 20_000), ("year", 10_000)])
def test_months_quarters_and_years(every: str, expected: int) -> None:
    books = capped("achieved", 10_000, every)
    days = ("2026-01-31", "2026-02-01", "2026-03-31", "2026-04-01")
    books.verify(*(a_claim(n, day=day) for n, day in enumerate(days)))
    assert books.settle().total == expected


class TestUnitsInAll:
    def test_the_oldest_first_and_the_last_in_part(self) -> None:
        books = Books(a_contract(a_rule(max_units=5)))
        books.verify(*(a_claim(n, day=f"2026-0{n}-01", units=2) for n in (4, 3, 2, 1)))
        assert [change.now.units for change in books.settle().changes] == [2, 2, 1]

    def test_what_was_paid_keeps_its_place_and_what_falls_makes_room(self) -> None:
        books, paid = Books(a_contract(a_rule(max_units=3))), a_claim(1, day="2026-05-01", units=3)
        books.verify(paid)
        assert books.settle().total == 30_000
        books.verify(a_claim(2, day="2026-01-01", units=2))
        assert books.settle().total == 0
        withdrawn(books, paid)
        assert books.settle(YEAR.end, "correction").total == -10_000


class TestPrerequisites:
    metrics = (a_metric("job", prerequisite="home"), a_metric("home"))

    @pytest.mark.parametrize(("day", "expected"), [("2026-03-01", 10_000), ("2026-03-02", 0)])
    @pytest.mark.parametrize("first", [True, False])
    def test_achieved_no_later_by_the_same_subject(self, day: str, expected: int, first: bool) -> None:
        books = Books(a_contract(a_rule(), metrics=self.metrics))
        claims = [a_claim(1, "home", day=day), a_claim(1, "job", day="2026-03-01"), a_claim(2, "job")]
        books.verify(*(claims if first else reversed(claims)))
        assert books.settle().total == expected

    def test_if_it_falls_what_rests_on_it_falls(self) -> None:
        books, home = Books(a_contract(a_rule(), metrics=self.metrics)), a_claim(1, "home")
        books.verify(home, a_claim(1, "job"))
        assert books.settle().total == 10_000
        withdrawn(books, home)
        settled = books.settle(YEAR.end, "correction")
        assert [(change.difference.amount_minor, change.reason) for change in settled.changes] == [
            (-10_000, "prerequisite-missing")
        ]
