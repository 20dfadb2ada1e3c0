"""Tests: versions of the terms side by side: which one decides on what, and what an amendment changes."""

from datetime import date

from ..books import Books, net
from ..builders import OTHER, PROVIDER, YEAR, a_claim, a_metric, a_rule
from ..mechanisms import (
    COHORTS,
    a_contract,
    a_fee,
    a_gate,
    a_limit,
    a_measure,
    a_threshold,
    amended,
    flat,
    lines,
    measured_metric,
    reading,
    some_bands,
)

JULY = date(2026, 7, 1)
EARLY, LATE = "2026-06-30", "2026-07-01"


def test_what_was_achieved_before_keeps_its_price() -> None:
    books = Books(a_contract(a_rule("job", 10_000)))
    amended(books, a_contract(a_rule("job", 12_000)), JULY)
    books.verify(a_claim(1, day=EARLY), a_claim(2, day=LATE))
    assert [change.now.gross_minor for change in books.settle().changes] == [12_000, 10_000]


def test_a_retroactive_amendment_decides_on_everything() -> None:
    books = Books(a_contract(a_rule("job", 10_000)))
    books.verify(a_claim(1, day=EARLY), a_claim(2, day=LATE))
    assert books.settle().total == 20_000
    amended(books, a_contract(a_rule("job", 12_000), retroactive=True), JULY)
    settled = books.settle(YEAR.end, "correction")
    assert settled.total == 4_000
    assert {change.reason for change in settled.changes} == {"other-price", None}


def test_before_the_first_version_takes_effect_it_decides_all_the_same() -> None:
    books = Books(a_contract(a_rule("job", 10_000), effective=JULY))
    books.verify(a_claim(1, day=EARLY))
    assert books.settle().total == 10_000


def test_another_payee_from_a_day_on() -> None:
    books = Books(a_contract(a_rule("job", 10_000)))
    amended(books, a_contract(a_rule("job", 10_000, payee=OTHER)), JULY)
    books.verify(a_claim(1, day=EARLY), a_claim(2, day=LATE))
    assert {(line.payee, line.figures.amount_minor) for line in books.settle().statement.lines} == {
        (PROVIDER, 10_000),
        (OTHER, 10_000),
    }


def test_another_payee_for_everything_takes_back_and_says_why() -> None:
    books = Books(a_contract(a_rule("job", 10_000)))
    books.verify(a_claim(1, day=EARLY))
    books.settle()
    amended(books, a_contract(a_rule("job", 10_000, payee=OTHER), retroactive=True), JULY)
    settled = books.settle(YEAR.end, "correction")
    assert {(c.key.payee, c.difference.amount_minor, c.reason) for c in settled.changes} == {
        (PROVIDER, -10_000, "other-price"),
        (OTHER, 10_000, None),
    }


def test_limits_on_a_person_go_on_over_versions() -> None:
    books = Books(a_contract(a_rule("job", max_units_per_person=2)))
    amended(books, a_contract(a_rule("job", 20_000, max_units_per_person=2)), JULY)
    books.verify(a_claim(1, occurrence="1", day=EARLY), a_claim(1, occurrence="2", day=LATE, units=2))
    assert books.settle().total == 10_000 + 20_000


def test_a_rule_that_is_left_out_pays_for_its_time() -> None:
    books = Books(a_contract(a_rule("job"), a_rule("home")))
    amended(books, a_contract(a_rule("home"), metrics=[a_metric("job"), a_metric("home")]), JULY)
    books.verify(a_claim(1, "job", day=EARLY), a_claim(2, "job", day=LATE))
    assert lines(books.settle()) == {"home": (0, None), "job": (10_000, None)}


def test_a_lowered_cap_takes_nothing_back_and_gives_no_more() -> None:
    books = Books(a_contract(a_rule(), caps=[a_limit("contract", 30_000)]))
    books.verify(*(a_claim(n, day=EARLY) for n in range(3)))
    assert books.settle().total == 30_000
    amended(books, a_contract(a_rule(), caps=[a_limit("contract", 20_000)]), JULY)
    books.verify(a_claim(9, day=LATE))
    assert books.settle().total == 0


def test_a_raised_cap_pays_what_was_cut_the_oldest_first() -> None:
    books = Books(a_contract(a_rule(), caps=[a_limit("contract", 10_000)]))
    books.verify(*(a_claim(n, day=f"2026-0{n}-01") for n in (1, 2, 3)))
    assert books.settle().total == 10_000
    amended(books, a_contract(a_rule(), caps=[a_limit("contract", 25_000)]), JULY)
    assert [change.difference.amount_minor for change in books.settle().changes] == [10_000, 5_000]


class TestRulesThatLookAtSeveral:
    count = a_measure("job", "count")

    def gate(self, least: str, minor: int) -> object:
        return a_gate(a_threshold(self.count, "ge", least), minor)

    def test_a_gate_is_paid_by_the_version_of_the_day_it_was_met(self) -> None:
        books = Books(a_contract(self.gate("2", 100_000)))
        amended(books, a_contract(self.gate("2", 70_000)), JULY)
        books.verify(a_claim(1, day=EARLY), a_claim(2, day=EARLY))
        assert books.settle().total == 100_000

    def test_a_gate_that_an_earlier_version_did_not_pay_says_so(self) -> None:
        books = Books(a_contract(self.gate("2", 100_000)))
        amended(books, a_contract(self.gate("1", 70_000)), JULY)
        books.verify(a_claim(1, day=EARLY))
        assert lines(books.settle()) == {"gate": (0, "gate-not-met")}

    def test_a_gate_that_two_versions_would_pay_is_paid_once(self) -> None:
        metrics = [measured_metric("rate"), measured_metric("other")]
        gates = [
            a_gate(a_threshold(a_measure(code), "ge", "1"), minor) for code, minor in (("rate", 100), ("other", 70))
        ]
        books = Books(a_contract(gates[0], metrics=metrics))
        amended(books, a_contract(gates[1], metrics=metrics), JULY)
        books.verify(reading(books, "5", day=EARLY), reading(books, "5", metric="other", day=LATE))
        assert books.settle().total == 100
        assert list(net(books).values()) == [100]

    def test_a_pooled_amount_that_a_newer_version_measures_takes_the_place_of_the_older_one(self) -> None:
        def rule(*cohorts: str) -> object:
            return some_bands(a_measure(cohorts=cohorts), "flat", flat("0", "10", 1_000), flat("10", None, 5_000))

        books = Books(a_contract(rule("a"), metrics=[measured_metric()], cohorts=COHORTS))
        books.verify(reading(books, "5", "a", day=EARLY, n=10))
        assert books.settle().total == 1_000
        amended(books, a_contract(rule("a", "b"), metrics=[measured_metric()], cohorts=COHORTS), JULY)
        assert books.settle(YEAR.end, "correction").total == 0
        books.verify(reading(books, "25", "b", day=LATE, n=10))
        assert books.settle(YEAR.end, "correction").total == 4_000

    def test_fees_of_a_later_version_are_those_of_its_periods(self) -> None:
        books = Books(a_contract(a_fee(30_000), metrics=[a_metric()]))
        amended(books, a_contract(a_fee(40_000), metrics=[a_metric()]), JULY)
        assert books.settle().total == 2 * 30_000 + 2 * 40_000
