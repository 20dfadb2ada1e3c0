"""Tests: what may follow on what in the life of a settlement."""

from typing import get_args

import pytest

from services.events import CATALOGUE
from settlement_service.domain.ledger.lifecycle import (
    POSTED,
    TRANSITIONS,
    UNPOSTED,
    SettlementStateNotRight,
    State,
    check_move,
)


def test_every_state_is_reached_and_every_event_is_one_that_is_said() -> None:
    assert {row.end for row in TRANSITIONS} | {"open"} == set(get_args(State))
    assert {f"eu.enzym.{row.event}.v1" for row in TRANSITIONS} <= set(CATALOGUE)


def test_every_row_says_what_it_means_and_stands_once() -> None:
    assert all(row.meaning for row in TRANSITIONS)
    assert len({(row.start, row.end, row.event) for row in TRANSITIONS}) == len(TRANSITIONS)


def test_what_is_posted_is_never_cancelled_and_what_is_cancelled_stays_so() -> None:
    assert not {row.start for row in TRANSITIONS if row.end == "cancelled"} & set(POSTED)
    assert not [row for row in TRANSITIONS if row.start == "cancelled"]
    assert set(UNPOSTED) | set(POSTED) | {"cancelled"} == set(get_args(State))


@pytest.mark.parametrize("state", ["open", "posted", "paid", "cancelled"])
def test_only_what_is_calculated_is_approved(state: State) -> None:
    with pytest.raises(SettlementStateNotRight, match="calculated"):
        check_move(state, "settlement.approved")


def test_a_move_may_name_where_it_leads() -> None:
    check_move("paid", "settlement.payment_rejected", "partly_paid")
    with pytest.raises(SettlementStateNotRight):
        check_move("posted", "settlement.payment_rejected", "paid")
