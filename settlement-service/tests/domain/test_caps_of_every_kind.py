"""Tests: caps under amounts below zero, under corrections of dates, and beside rules that pay for no single person."""

from services.core.terms.mechanisms.bands import Band
from services.events.outcomes import OutcomeSuperseded

from ..books import Books
from ..builders import YEAR, a_claim, a_metric, a_rule
from ..mechanisms import (
    PAYERS,
    a_contract,
    a_gate,
    a_limit,
    a_measure,
    a_threshold,
    amended,
    kr,
    maxima,
    measured_metric,
    posted_to,
    reading,
    some_bands,
    weights,
    withdrawn,
)

TWO_SIDED = (a_rule("job", 10_000), a_rule("fine", -5_000, two_sided=True))


def test_a_cap_on_a_person_is_not_about_what_is_paid_for_no_single_person() -> None:
    gate = a_gate(a_threshold(a_measure("job", "count"), "ge", "1"))
    bands = some_bands(a_measure(), "flat", Band(amount=kr(40_000)), per="subject")
    caps = [a_limit("person", 8_000)]
    books = Books(a_contract(a_rule(), gate, bands, metrics=[a_metric(), measured_metric()], caps=caps))
    books.verify(a_claim(1), reading(books, "5"))
    assert books.settle().total == 8_000 + 100_000 + 40_000


def test_nor_about_such_a_rule_that_an_amendment_dropped() -> None:
    gate = a_gate(a_threshold(a_measure("job", "count"), "ge", "1"))
    books = Books(a_contract(a_rule(), gate))
    amended(books, a_contract(a_rule(), caps=[a_limit("person", 8_000)]), YEAR.end.replace(year=2026, month=7))
    books.verify(a_claim(1))
    assert books.settle().total == 8_000 + 100_000


def test_an_amount_below_zero_gives_room() -> None:
    books = Books(a_contract(*TWO_SIDED, caps=[a_limit("contract", 10_000)]))
    books.verify(a_claim(1), a_claim(2), a_claim(3, "fine"))
    assert books.settle().total == 10_000


def test_when_it_falls_the_cap_holds_all_the_same() -> None:
    fine = a_claim(3, "fine")
    books = Books(a_contract(*TWO_SIDED, caps=[a_limit("contract", 10_000)]))
    books.verify(a_claim(1, day="2026-01-01"), a_claim(2, day="2026-02-01"), fine)
    assert books.settle().total == 10_000
    withdrawn(books, fine)
    settled = books.settle(YEAR.end, "correction")
    assert settled.total == 0, "the fine is given back, and as much of the newest item is taken"
    assert [change.difference.amount_minor for change in settled.changes] == [-5_000, 5_000]


def test_so_does_the_cap_of_a_payer() -> None:
    fine = a_claim(3, "fine")
    caps = [a_limit("payer", 10_000, payer=PAYERS[0], overflow="next_payer")]
    books = Books(a_contract(*TWO_SIDED, caps=caps, payers=PAYERS[:2], split=weights((PAYERS[0], 1))))
    books.verify(a_claim(1, day="2026-01-01"), a_claim(2, day="2026-02-01"), fine)
    books.settle()
    assert posted_to(books) == {PAYERS[0]: 10_000, PAYERS[1]: 5_000}
    withdrawn(books, fine)
    books.settle()
    assert posted_to(books) == {PAYERS[0]: 10_000, PAYERS[1]: 10_000}


def test_what_is_corrected_into_a_full_period_finds_no_room_there() -> None:
    caps = [a_limit("period", 10_000, every="month", period_basis="achieved")]
    books, first = Books(a_contract(a_rule(), caps=caps)), a_claim(1, day="2026-01-10")
    books.verify(first, a_claim(2, day="2026-02-20"))
    assert books.settle().total == 20_000
    moved = a_claim(1, day="2026-02-10")
    books.verify(moved)
    books.tell(OutcomeSuperseded(contract_id=books.contract_id, claim_id=first.id, superseded_by=moved.id))
    settled = books.settle(YEAR.end, "correction")
    assert [(c.key.item.subject_id == moved.subject_id, c.difference.amount_minor) for c in settled.changes] == [
        (True, -10_000)
    ]


def test_a_maximum_holds_under_a_higher_cap_of_the_same_payer() -> None:
    first, second = PAYERS[:2]
    caps = [a_limit("payer", 30_000, payer=first, overflow="lost")]
    split = maxima((first, 15_000), (second, 50_000))
    books = Books(a_contract(a_rule(), caps=caps, payers=PAYERS[:2], split=split))
    books.verify(a_claim(1), a_claim(2), a_claim(3))
    books.settle()
    assert posted_to(books) == {first: 15_000, second: 15_000}


def test_a_lower_cap_of_the_same_payer_holds_under_its_maximum() -> None:
    first, second = PAYERS[:2]
    caps = [a_limit("payer", 12_000, payer=first, overflow="lost")]
    split = maxima((first, 15_000), (second, 50_000))
    books = Books(a_contract(a_rule(), caps=caps, payers=PAYERS[:2], split=split))
    books.verify(a_claim(1), a_claim(2), a_claim(3))
    books.settle()
    assert posted_to(books) == {first: 12_000}
