"""Tests: an amount below zero gave room to what is posted for a later date: an earlier period is settled once more."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.core.terms.payment import Cap
from settlement_service.domain.recomputation import recompute

from ..books import Books
from ..builders import EVALUATOR, OTHER, PAYER, PROVIDER, YEAR, a_claim, a_metric, a_price, a_rule
from ..mechanisms import (
    a_contract,
    a_limit,
    a_measure,
    flat,
    measured_metric,
    moved,
    posted_to,
    reading,
    some_bands,
    withdrawn,
)
from .test_properties_of_mechanisms import within_caps

SPRING, SUMMER = date(2026, 4, 1), date(2026, 7, 1)
BOTH_WAYS = a_rule("job", a_price(-5_000, end=SUMMER), a_price(15_000, start=SUMMER), two_sided=True)
TWO_RULES = (a_rule("job", 10_000), a_rule("fine", -3_000, two_sided=True))
CAPS = {
    "person": a_limit("person", 10_000),
    "rule": a_limit("rule", 10_000, rule="job"),
    "period": a_limit("period", 10_000, every="year", period_basis="achieved"),
    "by date": a_limit("contract", 10_000, headroom="by_date"),
    "contract": a_limit("contract", 10_000),
    "payer": a_limit("payer", 10_000, payer=PAYER, overflow="lost"),
}


def differences(books: Books, end: date) -> list[int]:
    minors = [change.difference.amount_minor for change in books.settle(end, "correction").changes]
    within_caps(books)
    assert books.settle(end, "correction").changes == []
    return minors


@pytest.mark.parametrize("cap", CAPS.values(), ids=CAPS)
class TestUnderEveryCap:
    def test_it_stays_until_that_date_is_looked_at_too(self, cap: Cap) -> None:
        low = a_claim(1, occurrence="1", day="2026-01-10")
        books = Books(a_contract(BOTH_WAYS, caps=[cap]))
        books.verify(low, a_claim(1, occurrence="2", day="2026-11-10"))
        assert books.settle().total == 10_000
        withdrawn(books, low)
        assert differences(books, SPRING) == []
        assert differences(books, YEAR.end) == [5_000, -5_000]

    def test_so_it_does_where_it_would_be_less_below_zero(self, cap: Cap) -> None:
        low = a_claim(1, occurrence="1", day="2026-01-10", units=2)
        books = Books(a_contract(BOTH_WAYS, caps=[cap]))
        books.verify(low, a_claim(1, occurrence="2", day="2026-11-10", units=2))
        assert books.settle().total == 10_000
        moved(books, replace(low, units=1), low.achieved_on)
        assert differences(books, SPRING) == []
        assert differences(books, YEAR.end) == [5_000, -5_000]


def test_of_several_the_oldest_go_as_far_as_there_is_room() -> None:
    fines = [a_claim(who, "fine", day=f"2026-0{4 - who}-10") for who in (1, 2, 3)]
    books = Books(a_contract(*TWO_RULES, caps=[a_limit("contract", 17_000)]))
    books.verify(*fines, a_claim(4, day="2026-11-10"), a_claim(5, day="2026-12-10"))
    assert books.settle().total == 11_000
    for fine in fines:
        withdrawn(books, fine)
    changes = books.settle(SPRING, "correction").changes
    assert {change.achieved_on: change.difference.amount_minor for change in changes} == {
        fines[2].achieved_on: 3_000,
        fines[1].achieved_on: 3_000,
    }
    assert differences(books, SPRING) == []


def test_what_is_above_zero_and_looked_at_gives_way_first() -> None:
    fine = a_claim(1, "fine", day="2026-01-10")
    books = Books(a_contract(*TWO_RULES, caps=[a_limit("contract", 17_000)]))
    books.verify(fine, a_claim(2, day="2026-02-10"), a_claim(3, day="2026-11-10"))
    assert books.settle().total == 17_000
    withdrawn(books, fine)
    assert differences(books, SPRING) == [-3_000, 3_000]


def test_one_that_nothing_later_rests_on_goes_at_once() -> None:
    fine = a_claim(1, "fine", day="2026-01-10")
    books = Books(a_contract(*TWO_RULES, caps=[a_limit("contract", 10_000)]))
    books.verify(fine, a_claim(3, day="2026-11-10"))
    assert books.settle().total == 7_000
    withdrawn(books, fine)
    assert differences(books, SPRING) == [3_000]
    assert posted_to(books) == {PAYER: 10_000}


def test_what_was_measured_of_all_stays_too_and_is_not_told_as_nothing() -> None:
    bands = some_bands(a_measure(), "flat", flat(None, "0", -5_000), flat("0", None, 1_000), two_sided=True)
    metrics = [a_metric(), measured_metric()]
    books = Books(a_contract(a_rule("job", 15_000), bands, metrics=metrics, caps=[a_limit("contract", 10_000)]))
    measured = reading(books, "-1", day="2026-01-10")
    books.verify(measured, a_claim(1, day="2026-11-10"))
    assert books.settle().total == 10_000
    withdrawn(books, measured)
    assert books.settle(SPRING).items == []
    within_caps(books)


@pytest.mark.parametrize("payees", [{"job": PROVIDER, "fine": OTHER}, {"job": OTHER, "fine": PROVIDER}])
def test_every_reader_computes_the_same(payees: Mapping[str, Any]) -> None:
    rules = [
        a_rule("job", 15_000, payee=payees["job"]),
        a_rule("fine", -5_000, two_sided=True, payee=payees["fine"]),
    ]
    metrics = [a_metric(code, reported_by=EVALUATOR) for code in ("job", "fine")]
    fine = a_claim(1, "fine", day="2026-01-10")
    books = Books(a_contract(*rules, metrics=metrics, caps=[a_limit("contract", 10_000)]))
    books.verify(fine, a_claim(2, day="2026-11-10"))
    books.settle()
    withdrawn(books, fine)
    for settled in (books.settle(SPRING), books.settle()):
        for organisation in (PAYER, PROVIDER):
            given, inputs = books.given_to(organisation, settled)
            assert (given.rest is None) == (organisation == PAYER)
            result = recompute(given, inputs)
            assert result.same, (organisation, result.checks, result.differences)
