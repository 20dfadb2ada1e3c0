"""Tests: the table of transitions, row by row."""

import pytest

from outcomes_service.domain.claim import LIVE, TRANSITIONS
from services.events import outcomes

STATES = {"submitted", "verified", "rejected", "returned", "disputed", "withdrawn", "superseded"}


def test_a_state_and_a_command_lead_to_one_state() -> None:
    assert len({(row.start, row.command) for row in TRANSITIONS}) == len(TRANSITIONS)


def test_each_command_is_somebodys() -> None:
    who = {row.command: row.who for row in TRANSITIONS}
    assert all(row.who == who[row.command] for row in TRANSITIONS)
    assert who == {
        "verify": "verifier",
        "reject": "verifier",
        "return": "verifier",
        "dispute": "disputer",
        "decide_verified": "decider",
        "decide_rejected": "decider",
        "withdraw": "reporter",
        "correct": "reporter",
        "accept_undecided": "time",
        "escalate_undecided": "time",
    }


def test_every_state_is_reached_and_those_that_are_the_end_are_left_by_nobody() -> None:
    assert {row.end for row in TRANSITIONS} | {"submitted"} == STATES
    assert STATES - {row.start for row in TRANSITIONS} == {"withdrawn", "superseded"}


def test_live_is_what_is_not_rejected_withdrawn_or_superseded() -> None:
    assert set(LIVE) == STATES - {"rejected", "withdrawn", "superseded"}


def test_every_transition_tells_a_fact_of_this_service() -> None:
    for row in TRANSITIONS:
        assert getattr(outcomes, row.fact.__name__) is row.fact


@pytest.mark.parametrize("state", ["submitted", "returned", "verified"])
def test_what_may_be_corrected_may_be_withdrawn(state: str) -> None:
    allowed = {row.command for row in TRANSITIONS if row.start == state}
    assert allowed >= {"correct", "withdraw"}
