"""Tests: who pays how much, and what becomes of what a payer may not pay."""

from datetime import date
from typing import Any

import pytest

from services.core.terms.splits import Split

from ..books import Books
from ..builders import YEAR, a_claim, a_price, a_rule
from ..mechanisms import PAYERS, a_contract, a_limit, amended, maxima, paid_by, posted_to, weights, withdrawn

A, B, C = PAYERS


def a_book(split: Split, minor: int = 10_000, *caps: Any) -> Books:
    return Books(a_contract(a_rule("job", minor), split=split, caps=caps, payers=PAYERS))


@pytest.mark.parametrize(
    ("split", "minor", "expected"),
    [
        (weights((A, 1), (B, 2)), 10_000, {A: 3_333, B: 6_667}),
        (weights((B, 2), (A, 1)), 10_000, {A: 3_333, B: 6_667}),
        (weights((C, 1), (B, 1), (A, 1)), 10_000, {A: 3_334, B: 3_333, C: 3_333}),
        (weights((A, 1), (B, 1)), 1, {A: 1}),
        (weights((B, 1)), 10_000, {B: 10_000}),
    ],
)
def test_by_weight_the_last_unit_goes_to_the_largest_remainder_then_in_party_order(
    split: Split, minor: int, expected: dict[str, int]
) -> None:
    books = a_book(split, minor)
    books.verify(a_claim(1))
    assert paid_by(books.settle()) == expected


def test_maxima_in_order() -> None:
    books = a_book(maxima((B, 15_000), (A, 12_000), (C, 1_000)))
    books.verify(*(a_claim(n, day=f"2026-01-0{n}") for n in (1, 2, 3)))
    settled = books.settle()
    assert paid_by(settled) == {B: 15_000, A: 12_000, C: 1_000}
    assert settled.changes[-1].now.cuts == (("payer", 2_000),)


@pytest.mark.parametrize(
    ("overflow", "expected"), [("next_payer", {A: 4_000, B: 16_000}), ("lost", {A: 4_000, B: 10_000})]
)
def test_what_is_over_a_payers_cap(overflow: str, expected: dict[str, int]) -> None:
    books = a_book(weights((A, 1), (B, 1)), 10_000, a_limit("payer", 4_000, payer=A, overflow=overflow))
    books.verify(a_claim(1), a_claim(2))
    assert paid_by(books.settle()) == expected


def test_what_is_over_both_caps_goes_on_to_the_last() -> None:
    caps = [a_limit("payer", minor, payer=who, overflow="next_payer") for who, minor in ((A, 1_000), (B, 2_000))]
    books = a_book(weights((A, 1), (B, 1)), 10_000, *caps)
    books.verify(a_claim(1))
    assert paid_by(books.settle()) == {A: 1_000, B: 2_000, C: 7_000}


class TestWhatWasPaidStays:
    def a_book(self) -> Books:
        books = a_book(maxima((A, 12_000), (B, 50_000)))
        books.verify(a_claim(1, day="2026-05-01"), a_claim(2, day="2026-06-01"))
        books.settle()
        assert posted_to(books) == {A: 12_000, B: 8_000}
        return books

    def test_when_an_earlier_claim_comes_late(self) -> None:
        books = self.a_book()
        books.verify(a_claim(3, day="2026-01-01"))
        assert paid_by(books.settle()) == {B: 10_000}

    def test_when_a_claim_falls_its_room_is_used_by_the_next(self) -> None:
        books = a_book(maxima((A, 12_000), (B, 50_000)))
        first = a_claim(1, day="2026-05-01")
        books.verify(first, a_claim(2, day="2026-06-01"))
        books.settle()
        withdrawn(books, first)
        assert paid_by(books.settle(YEAR.end, "correction")) == {A: -10_000}
        books.verify(a_claim(3, day="2026-07-01"))
        assert paid_by(books.settle()) == {A: 10_000}

    def test_when_it_is_corrected_to_less(self) -> None:
        half = YEAR.start.replace(month=6)
        rule = a_rule("job", a_price(10_000, end=half), a_price(6_000, start=half))
        books = Books(a_contract(rule, split=weights((A, 1), (B, 2)), payers=PAYERS))
        claim = a_claim(1, day="2026-05-01")
        books.verify(claim)
        books.settle()
        withdrawn(books, claim)
        books.verify(a_claim(1, day="2026-06-01"))
        settled = books.settle(YEAR.end, "correction")
        assert (settled.total, posted_to(books)) == (-4_000, {A: 2_000, B: 4_000})


def test_a_rule_may_have_a_split_of_its_own() -> None:
    rules = (a_rule("job"), a_rule("home", split=weights((C, 1))))
    books = Books(a_contract(*rules, split=weights((A, 1), (B, 1)), payers=PAYERS))
    books.verify(a_claim(1, "job"), a_claim(1, "home"))
    assert paid_by(books.settle()) == {A: 5_000, B: 5_000, C: 10_000}


def test_a_maximum_of_one_rule_takes_nothing_back_for_what_its_payer_pays_of_another() -> None:
    rules = (a_rule("job", split=maxima((A, 10_000), (B, 50_000))), a_rule("home"))
    books = Books(a_contract(*rules, split=weights((A, 1)), payers=PAYERS))
    books.verify(a_claim(1, "job", day="2026-05-01"), a_claim(1, "home", day="2026-06-01"))
    assert paid_by(books.settle()) == {A: 20_000}
    assert books.settle().changes == []


def test_who_has_no_maximum_pays_by_the_new_split_though_another_has_a_cap() -> None:
    caps = [a_limit("payer", 90_000, payer=C, overflow="lost")]
    books = Books(a_contract(a_rule(), split=weights((A, 1), (B, 1)), payers=PAYERS, caps=caps))
    books.verify(a_claim(1))
    books.settle()
    later = a_contract(a_rule(), split=weights((A, 3), (B, 1)), payers=PAYERS, caps=caps, retroactive=True)
    amended(books, later, date(2026, 7, 1))
    books.settle()
    assert posted_to(books) == {A: 7_500, B: 2_500}
