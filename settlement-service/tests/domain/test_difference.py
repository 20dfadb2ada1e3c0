"""Tests: a settlement posts the difference between what is due now and what has been posted."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.events.contracts import ContractTerminated
from services.events.outcomes import OutcomeDisputeDecided, OutcomeRejected, OutcomeSuperseded, OutcomeWithdrawn
from settlement_service.domain.facts.claims import Claim

from ..books import Books, Settled, net
from ..builders import EVALUATOR, NOON, PAYER, YEAR, a_cap, a_claim, a_price, a_rule, activated, claimed, verified

NEXT_YEAR = date(2028, 1, 1)


def lines(settled: Settled) -> list[tuple[str, int, int, int, int]]:
    """Rule, price, people, units, amount of each line."""
    return [
        (line.rule, line.price, len(line.sample_subject_ids), line.figures.units, line.figures.amount_minor)
        for line in settled.statement.lines
    ]


def withdrawn(books: Books, claim: Claim) -> OutcomeWithdrawn:
    return OutcomeWithdrawn(contract_id=books.contract_id, claim_id=claim.id, withdrawn_at=NOON)


def test_the_next_settlement_posts_only_what_is_new() -> None:
    books = Books(activated())
    books.verify(a_claim(1), a_claim(2))
    assert lines(books.settle()) == [("job", 10_000, 2, 2, 20_000)]
    books.verify(a_claim(3))
    assert lines(books.settle(NEXT_YEAR)) == [("job", 10_000, 1, 1, 10_000)]


def test_nothing_new_is_nothing_to_post() -> None:
    books = Books(activated())
    books.verify(a_claim(1))
    books.settle()
    assert lines(books.settle(NEXT_YEAR)) == [("job", 10_000, 0, 0, 0)]
    assert lines(books.settle(NEXT_YEAR, "correction")) == []


def test_what_is_achieved_on_the_last_day_counts_and_on_the_end_does_not() -> None:
    books = Books(activated())
    books.verify(a_claim(1, day="2026-12-31"), a_claim(2, day="2027-01-01"))
    assert books.settle().total == 10_000
    assert books.settle(NEXT_YEAR).total == 10_000


def _withdraw(books: Books, claim: Claim) -> Any:
    return withdrawn(books, claim)


def _reject(books: Books, claim: Claim) -> Any:
    return OutcomeRejected(
        contract_id=books.contract_id, claim_id=claim.id, decided_by=PAYER, decided_at=NOON, reason="not_achieved"
    )


def _decide_otherwise(books: Books, claim: Claim) -> Any:
    return OutcomeDisputeDecided(
        contract_id=books.contract_id,
        claim_id=claim.id,
        decision="rejected",
        decided_by=(EVALUATOR,),
        decided_at=NOON,
        reason="not_achieved",
    )


@pytest.mark.parametrize(
    ("event", "reason"), [(_withdraw, "withdrawn"), (_reject, "rejected"), (_decide_otherwise, "rejected")]
)
def test_a_claim_that_falls_after_it_was_paid_is_reversed(event: Any, reason: str) -> None:
    books, claim = Books(activated()), a_claim(1)
    books.verify(claim, a_claim(2))
    books.settle()
    books.tell(event(books, claim))
    settled = books.settle(YEAR.end, "correction")
    assert lines(settled) == [("job", 10_000, 1, -1, -10_000)]
    assert [(change.reason, change.claim_id) for change in settled.changes] == [(reason, claim.id)]
    assert sorted(net(books).values()) == [0, 10_000]


def test_a_correction_that_is_not_verified_yet_reverses_and_then_pays_again() -> None:
    books, claim = Books(activated()), a_claim(1)
    books.verify(claim)
    books.settle()
    corrected = replace(a_claim(1, day="2026-02-01"), state="submitted")
    books.tell(
        claimed(books.contract_id, corrected, claim.id),
        OutcomeSuperseded(contract_id=books.contract_id, claim_id=claim.id, superseded_by=corrected.id),
    )
    first = books.settle(YEAR.end, "correction")
    assert (first.total, first.changes[0].reason) == (-10_000, "correction-not-verified")
    books.tell(verified(books.contract_id, corrected))
    assert books.settle(YEAR.end, "correction").total == 10_000


def test_a_correction_of_the_date_alone_moves_no_money() -> None:
    books, claim = Books(activated()), a_claim(1)
    books.verify(claim)
    books.settle()
    corrected = a_claim(1, day="2026-02-01")
    books.verify(corrected)
    books.tell(OutcomeSuperseded(contract_id=books.contract_id, claim_id=claim.id, superseded_by=corrected.id))
    assert lines(books.settle(YEAR.end, "correction")) == [("job", 10_000, 1, 0, 0)]
    assert lines(books.settle(YEAR.end, "correction")) == []


def test_a_correction_to_another_price_takes_back_the_one_and_pays_the_other() -> None:
    half = date(2026, 7, 1)
    books, claim = Books(activated([a_rule("job", a_price(10_000, end=half), a_price(12_000, start=half))])), a_claim()
    books.verify(claim)
    books.settle()
    corrected = a_claim(1, day="2026-08-01")
    books.verify(corrected)
    books.tell(OutcomeSuperseded(contract_id=books.contract_id, claim_id=claim.id, superseded_by=corrected.id))
    settled = books.settle(YEAR.end, "correction")
    assert lines(settled) == [("job", 10_000, 1, -1, -10_000), ("job", 12_000, 1, 1, 12_000)]
    assert [change.reason for change in settled.changes] == ["other-price", None]


def test_a_termination_reverses_what_was_achieved_after_it() -> None:
    books = Books(activated())
    books.verify(a_claim(1, day="2026-02-01"), a_claim(2, day="2026-06-01"))
    books.settle()
    books.tell(ContractTerminated(contract_id=books.contract_id, terminated_on=date(2026, 5, 1)))
    settled = books.settle(YEAR.end, "correction")
    assert (settled.total, settled.changes[0].reason) == (-10_000, "after-termination")


def test_room_under_a_cap_that_becomes_free_goes_to_the_oldest_cut_item() -> None:
    books, paid = Books(activated(caps=[a_cap("contract", 10_000)])), a_claim(1, day="2026-01-01")
    books.verify(paid, a_claim(2, day="2026-02-01"), a_claim(3, day="2026-03-01"))
    assert lines(books.settle()) == [("job", 10_000, 3, 3, 10_000)]
    books.tell(withdrawn(books, paid))
    settled = books.settle(YEAR.end, "correction")
    assert [(c.difference.amount_minor, c.difference.cuts) for c in settled.changes] == [
        (-10_000, ()),
        (10_000, (("contract", -10_000),)),
    ]
    (line,) = settled.statement.lines
    assert line.figures.gross_minor - sum(minor for _, minor in line.figures.cuts) == line.figures.amount_minor == 0


def test_an_earlier_period_settled_late_takes_nothing_back_and_stays_within_the_cap() -> None:
    books = Books(activated(caps=[a_cap("contract", 15_000)]))
    books.verify(a_claim(1, day="2026-11-01"))
    books.settle()
    books.verify(a_claim(2, day="2026-02-01"))
    settled = books.settle(date(2026, 7, 1))
    assert lines(settled) == [("job", 10_000, 1, 1, 5_000)]
    assert sum(net(books).values()) == 15_000


def test_a_claim_corrected_to_a_date_after_the_period_waits_for_the_next() -> None:
    books, claim = Books(activated()), a_claim(1, day="2026-03-01")
    books.verify(claim)
    books.settle(date(2026, 7, 1))
    corrected = a_claim(1, day="2026-09-01")
    books.verify(corrected)
    books.tell(OutcomeSuperseded(contract_id=books.contract_id, claim_id=claim.id, superseded_by=corrected.id))
    settled = books.settle(date(2026, 7, 1), "correction")
    assert (settled.total, settled.changes[0].reason) == (-10_000, "after-the-period")
    assert books.settle().total == 10_000


def test_a_metric_limit_reached_by_an_earlier_claim_moves_the_payment() -> None:
    books = Books(activated([a_rule("job", occurrences="first")]))
    books.verify(a_claim(1, occurrence="2", day="2026-05-01"))
    books.settle()
    books.verify(a_claim(1, occurrence="1", day="2026-04-01"))
    settled = books.settle(YEAR.end, "correction")
    assert sorted((c.key.item.occurrence, c.difference.amount_minor, c.reason) for c in settled.changes) == [
        ("1", 10_000, None),
        ("2", -10_000, "not-first-occurrence"),
    ]
