"""Tests: a claim that nobody decides: how long it waits, and what happens then, once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from outcomes_service.domain.claim import TRANSITIONS, Record
from outcomes_service.domain.contract import Contract
from outcomes_service.domain.waiting import Ended, Waiting, end_wait, overdue_at
from services.events.outcomes import OutcomeEscalated, OutcomeVerified

from ..builders import CONTRACT_ID, EVALUATOR, NOW, PAYER, a_contract, a_kept_claim

CONTRACT = a_contract()
METRICS = CONTRACT.terms[0].metrics
OVER = datetime(2024, 7, 31, 22, tzinfo=UTC)
"""What is recorded on 1 July has waited for 30 days when August begins in Copenhagen."""


def waiting(metric: str, contract: Contract = CONTRACT, **other: Any) -> Waiting:
    claim = a_kept_claim(contract, metric)
    due = overdue_at(contract, METRICS[metric], NOW)
    return Waiting(claim.id, claim.metric_id, "submitted", 1, due, None)._replace(**other)


@pytest.mark.parametrize(
    ("zone", "recorded_at", "over"),
    [
        ("Europe/Copenhagen", datetime(2024, 7, 1, 12, tzinfo=UTC), OVER),
        ("Europe/Copenhagen", datetime(2024, 6, 30, 22, tzinfo=UTC), OVER),
        ("Europe/Copenhagen", datetime(2024, 7, 1, 21, 59, tzinfo=UTC), OVER),
        ("Europe/Copenhagen", datetime(2024, 7, 1, 22, tzinfo=UTC), OVER + timedelta(days=1)),
        ("Europe/Copenhagen", datetime(2024, 10, 1, 12, tzinfo=UTC), datetime(2024, 10, 31, 23, tzinfo=UTC)),
        ("Atlantic/Reykjavik", datetime(2024, 7, 1, 23, 59, tzinfo=UTC), datetime(2024, 8, 1, tzinfo=UTC)),
    ],
)
def test_days_are_counted_where_the_contract_lives_from_the_day_after(
    zone: str, recorded_at: datetime, over: datetime
) -> None:
    assert overdue_at(a_contract(time_zone=zone), METRICS["accepted"], recorded_at) == over


def test_a_claim_waits_for_ever_where_the_terms_do_not_say_otherwise() -> None:
    assert overdue_at(CONTRACT, METRICS["employed"], NOW) is None
    assert end_wait(CONTRACT, waiting("employed"), OVER + timedelta(days=3650)) is None


def test_it_is_deemed_verified_and_that_is_told() -> None:
    claim = waiting("accepted")
    assert end_wait(CONTRACT, claim, OVER - timedelta(microseconds=1)) is None
    assert end_wait(CONTRACT, claim, OVER) == Ended(
        claim.id,
        claim.metric_id,
        "accept_undecided",
        "verified",
        2,
        Record("verification", (PAYER,), OVER, "verified", None, deemed=True),
        None,
        None,
        OutcomeVerified(contract_id=CONTRACT_ID, claim_id=claim.id, decided_by=PAYER, decided_at=OVER, deemed=True),
    )


def test_it_goes_on_to_who_decides_disputes_and_that_is_told() -> None:
    claim = waiting("escalated")
    assert end_wait(CONTRACT, claim, OVER - timedelta(microseconds=1)) is None
    assert end_wait(CONTRACT, claim, OVER) == Ended(
        claim.id,
        claim.metric_id,
        "escalate_undecided",
        "submitted",
        2,
        None,
        OVER,
        EVALUATOR,
        OutcomeEscalated(contract_id=CONTRACT_ID, claim_id=claim.id, escalated_to=EVALUATOR, escalated_at=OVER),
    )


def test_it_goes_on_once() -> None:
    assert end_wait(CONTRACT, waiting("escalated", escalated_at=OVER), OVER + timedelta(days=90)) is None


@pytest.mark.parametrize("metric", ["accepted", "escalated"])
def test_time_does_what_the_table_says_and_nothing_else(metric: str) -> None:
    by_time = {(row.start, row.command): row for row in TRANSITIONS if row.who == "time"}
    assert {start for start, _ in by_time} == {"submitted"}
    for state in {row.end for row in TRANSITIONS}:
        ended = end_wait(CONTRACT, waiting(metric, state=state), OVER)
        assert (ended is None) == (state != "submitted")
        if ended is not None:
            row = by_time["submitted", ended.command]
            assert (ended.state, type(ended.fact)) == (row.end, row.fact)


@pytest.mark.parametrize("metric", ["accepted", "escalated"])
def test_nothing_happens_when_claims_are_closed_where_the_contract_lives(metric: str) -> None:
    contract = a_contract(claims_close_on=date(2024, 8, 1))
    last = datetime(2024, 8, 1, 21, 59, tzinfo=UTC)
    assert end_wait(contract, waiting(metric, contract), last) is not None
    assert end_wait(contract, waiting(metric, contract), last + timedelta(minutes=1)) is None
