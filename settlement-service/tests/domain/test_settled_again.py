"""Tests: an earlier period that is settled again, or late, takes nothing back of what a later one posted."""

from datetime import date

from services.core.terms.payment import Retention
from services.events.contracts import ContractTerminated
from services.events.outcomes import OutcomeSuperseded

from ..books import Books
from ..builders import YEAR, a_claim, a_metric, a_rule, person
from ..mechanisms import (
    PAYERS,
    a_contract,
    a_gate,
    a_limit,
    a_measure,
    a_pause,
    a_threshold,
    amended,
    flat,
    lines,
    measured_metric,
    posted_to,
    rate,
    reading,
    some_bands,
    weights,
    withdrawn,
)

NEXT_YEAR = date(2028, 1, 1)
HOLDS = a_threshold(a_measure(), "ge", "10")


def test_a_condition_that_was_measured_later() -> None:
    books = Books(a_contract(a_rule(when=HOLDS), metrics=[a_metric(), measured_metric()]))
    books.verify(a_claim(1))
    assert lines(books.settle()) == {"job": (0, "not-yet-measured")}
    books.verify(reading(books, "12", day="2027-02-01"))
    assert books.settle(NEXT_YEAR).total == 10_000
    assert books.settle(YEAR.end, "correction").total == 0


def test_a_condition_that_does_not_hold_any_more_takes_back_all_the_same() -> None:
    books = Books(a_contract(a_rule(when=HOLDS), metrics=[a_metric(), measured_metric()]))
    measured = reading(books, "12", day="2027-02-01")
    books.verify(a_claim(1), measured)
    assert books.settle(NEXT_YEAR).total == 10_000
    withdrawn(books, measured)
    assert books.settle(YEAR.end, "correction").total == -10_000


def test_a_pooled_amount_that_grew_later() -> None:
    rule = some_bands(a_measure("job", "count"), "marginal", rate("0", None, 1_000))
    books = Books(a_contract(rule, metrics=[a_metric()]))
    books.verify(a_claim(1), a_claim(2, day="2027-03-01"))
    assert books.settle(NEXT_YEAR).total == 2_000
    assert books.settle(YEAR.end, "correction").total == 0


def test_a_gate_that_was_posted_for_a_later_date_is_not_told_as_nothing() -> None:
    books = Books(a_contract(a_gate(HOLDS), metrics=[a_metric(), measured_metric()]))
    books.verify(reading(books, "12", day="2027-02-01"))
    assert books.settle(NEXT_YEAR).total == 100_000
    assert books.settle(YEAR.end).items == []


def test_a_pause_that_was_over_later() -> None:
    pause = a_pause(date(2026, 2, 1), date(2027, 2, 1), then_payable=True)
    books = Books(a_contract(a_rule(), windows=(pause,)))
    books.verify(a_claim(1))
    assert books.settle().total == 0
    assert books.settle(NEXT_YEAR).total == 10_000
    assert books.settle(YEAR.end, "correction").total == 0


def test_what_was_held_back_and_released() -> None:
    for release in ({"release_on": date(2027, 3, 1)}, {"release_when": HOLDS}):
        retention = Retention(share="0.10", **release)
        books = Books(a_contract(a_rule(), metrics=[a_metric(), measured_metric()], retention=retention))
        books.verify(a_claim(1))
        assert books.settle().total == 9_000
        books.verify(reading(books, "12", day="2027-02-01"))
        assert books.settle(NEXT_YEAR).total == 1_000
        assert books.settle(YEAR.end, "correction").total == 0


class TestGates:
    """What was earned stays earned, whatever is achieved when nothing is payable."""

    gate = a_gate(a_threshold(a_measure("job", "count"), "ge", "2"))

    def test_a_claim_in_a_pause_that_is_never_paid_takes_nothing_back(self) -> None:
        pause = a_pause(date(2026, 6, 1), date(2026, 7, 1), then_payable=False)
        books = Books(a_contract(self.gate, metrics=[a_metric()], windows=(pause,)))
        books.verify(a_claim(1), a_claim(2))
        assert books.settle().total == 100_000
        books.verify(a_claim(3, day="2026-06-15"))
        assert books.settle().total == 0

    def test_what_is_achieved_in_such_a_pause_does_not_count(self) -> None:
        pause = a_pause(date(2026, 6, 1), date(2026, 7, 1), then_payable=False)
        books = Books(a_contract(self.gate, metrics=[a_metric()], windows=(pause,)))
        books.verify(a_claim(1), a_claim(3, day="2026-06-15"))
        assert lines(books.settle()) == {"gate": (0, "in-pause")}

    def test_a_claim_after_the_end_of_the_contract_takes_nothing_back(self) -> None:
        books = Books(a_contract(self.gate, metrics=[a_metric()]))
        books.verify(a_claim(1), a_claim(2))
        assert books.settle().total == 100_000
        books.tell(ContractTerminated(contract_id=books.contract_id, terminated_on=date(2026, 6, 1)))
        books.verify(a_claim(3, day="2026-06-15"))
        assert books.settle().total == 0

    def test_what_is_measured_after_the_end_of_the_contract_says_so(self) -> None:
        rule = some_bands(a_measure(), "flat", flat("0", None, 100))
        books = Books(a_contract(rule, metrics=[measured_metric()]))
        books.tell(ContractTerminated(contract_id=books.contract_id, terminated_on=date(2026, 6, 1)))
        books.verify(reading(books, "5"))
        assert lines(books.settle()) == {"bands": (0, "after-termination")}


def test_a_condition_that_no_longer_holds_later_does_not_close_what_holds_now() -> None:
    """Beside another rule whose condition is not met."""
    few = a_rule(when=a_threshold(a_measure("job", "count"), "le", "1"))
    metrics = [a_metric(), a_metric("home"), measured_metric()]
    books = Books(a_contract(few, a_rule("home", when=HOLDS), metrics=metrics))
    books.verify(a_claim(1))
    assert books.settle().total == 10_000
    books.verify(a_claim(2, day="2027-02-01"))
    assert books.settle(YEAR.end, "correction").total == 0


def test_what_a_later_version_allowed_under_a_cap() -> None:
    books = Books(a_contract(a_rule(), caps=[a_limit("contract", 10_000)]))
    amended(books, a_contract(a_rule(), caps=[a_limit("contract", 30_000)]), YEAR.end)
    books.verify(a_claim(1), a_claim(2), a_claim(3, day="2027-02-01"))
    assert books.settle(NEXT_YEAR).total == 30_000
    assert books.settle(YEAR.end, "correction").total == 0


class TestNothingNew:
    """Settling the same again, with nothing new, posts nothing."""

    def test_what_is_taken_back_by_date_makes_room_at_once_in_the_period_that_is_settled(self) -> None:
        settled = a_limit("period", 15_000, every="year", period_basis="settled")
        books = Books(a_contract(a_rule(), caps=[settled, a_limit("contract", 10_000, headroom="by_date")]))
        books.verify(a_claim(1, day="2026-05-01"))
        assert books.settle().total == 10_000
        books.verify(a_claim(2, day="2026-01-01"))
        assert amounts(books) == {1: -10_000, 2: 10_000}
        assert amounts(books) == {}

    def test_what_one_payer_loses_is_not_asked_of_another_the_next_time(self) -> None:
        first, second, third = PAYERS
        overflows = ((first, 500, "next_payer"), (second, 9_000, "next_payer"), (third, 500, "lost"))
        caps = [a_limit("payer", minor, payer=payer, overflow=overflow) for payer, minor, overflow in overflows]
        split = weights((first, 1), (second, 1), (third, 1))
        books = Books(a_contract(a_rule("job", 3_000), caps=caps, split=split, payers=PAYERS))
        books.verify(a_claim(1))
        books.settle()
        assert posted_to(books) == {first: 500, second: 1_500, third: 500}
        assert amounts(books) == {}

    def test_what_is_held_back_of_more_that_came_after_the_release(self) -> None:
        retention = Retention(share="0.10", release_on=date(2027, 3, 1))
        books, claim = Books(a_contract(a_rule(), retention=retention)), a_claim(1)
        books.verify(claim)
        assert books.settle(NEXT_YEAR).total == 10_000
        more = a_claim(1, units=2)
        books.verify(more)
        books.tell(OutcomeSuperseded(contract_id=books.contract_id, claim_id=claim.id, superseded_by=more.id))
        assert amounts(books) == {1: 9_000}
        assert amounts(books) == {}
        assert books.settle(NEXT_YEAR).total == 1_000

    def test_in_a_new_period_what_waited_is_paid(self) -> None:
        books = Books(a_contract(a_rule(), caps=[a_limit("period", 6_000, every="year", period_basis="settled")]))
        books.verify(a_claim(1))
        assert amounts(books) == {1: 6_000}
        assert amounts(books) == {}
        assert books.settle(NEXT_YEAR).total == 4_000


def amounts(books: Books) -> dict[int, int]:
    """What a correction posts, by the numbers of the persons."""
    changes = books.settle(YEAR.end, "correction").changes
    numbers = {person(number): number for number in (1, 2)}
    return {numbers[change.key.item.subject_id]: change.difference.amount_minor for change in changes}
