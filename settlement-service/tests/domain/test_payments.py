"""Tests: what may be confirmed as paid, and under which reference."""

from datetime import date
from typing import Any

import pytest

from settlement_service.domain.ledger.payments import (
    PayeeNeeded,
    Payment,
    PaymentDiffers,
    PaymentInFuture,
    PaymentNotOwed,
    ReferenceNotValid,
    ReferenceTaken,
    check_payment,
    check_reference,
    payee_of,
    state_after,
)

from ..builders import INVESTOR, PAYER, PROVIDER

TODAY = date(2026, 6, 1)


def a_payment(minor: int = 10_000, **changed: Any) -> Payment:
    fields: dict[str, Any] = {"paid_on": TODAY, "outcome": "paid", "payee": PROVIDER, "reference": "ERP-1"}
    return Payment(payer=PAYER, minor=minor, **{**fields, **changed})


@pytest.mark.parametrize("text", ["RF18539007547034", "RF712348231", "ERP-2026/00417", "a", "X" * 35, "RFQ-1"])
def test_references_that_are_taken(text: str) -> None:
    assert check_reference(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "RF19539007547034",
        "two words",
        "ærø",
        "X" * 36,
        "010190-1234",
        "A/010190-1236",
        "2026-06-01",
        "=A1",
    ],
)
def test_references_that_are_not(text: str) -> None:
    with pytest.raises(ReferenceNotValid) as refused:
        check_reference(text)
    assert not text or text not in str(refused.value.errors)


@pytest.mark.parametrize(
    ("payment", "outstanding"),
    [(a_payment(10_000), 10_000), (a_payment(1), 10_000), (a_payment(-500), -500), (a_payment(-1), -500)],
)
def test_what_is_outstanding_may_be_paid_in_one_or_in_parts(payment: Payment, outstanding: int) -> None:
    assert not check_payment(payment, outstanding, [], TODAY)


@pytest.mark.parametrize(
    ("minor", "outstanding"), [(10_001, 10_000), (-1, 10_000), (1, -500), (0, 10_000), (1, 0), (-501, -500)]
)
def test_more_than_is_owed_or_the_other_way_is_refused(minor: int, outstanding: int) -> None:
    with pytest.raises(PaymentNotOwed):
        check_payment(a_payment(minor), outstanding, [], TODAY)


def test_what_is_confirmed_has_happened() -> None:
    with pytest.raises(PaymentInFuture):
        check_payment(a_payment(paid_on=date(2026, 6, 2)), 10_000, [], TODAY)


def test_a_reference_stands_for_one_payment() -> None:
    with pytest.raises(ReferenceTaken):
        check_payment(a_payment(), 10_000, [a_payment()], TODAY)


def test_a_rejection_takes_back_what_was_confirmed_once() -> None:
    rejected = a_payment(outcome="rejected")
    assert check_payment(rejected, 0, [a_payment()], TODAY)
    with pytest.raises(ReferenceTaken):
        check_payment(rejected, 10_000, [a_payment(), rejected], TODAY)


def test_a_rejection_of_what_was_never_confirmed_takes_nothing_back() -> None:
    assert not check_payment(a_payment(outcome="rejected"), 10_000, [], TODAY)
    with pytest.raises(ReferenceTaken):
        check_payment(a_payment(), 10_000, [a_payment(outcome="rejected")], TODAY)


@pytest.mark.parametrize("other", [{"minor": 9_999}, {"payee": INVESTOR}])
def test_a_rejection_is_of_the_payment_that_was_confirmed(other: dict[str, Any]) -> None:
    with pytest.raises(PaymentDiffers):
        check_payment(a_payment(outcome="rejected"), 10_000, [a_payment(**other)], TODAY)


def test_the_payee_is_said_where_there_are_several() -> None:
    assert payee_of(None, {PROVIDER: 1}) == PROVIDER
    assert payee_of(INVESTOR, {PROVIDER: 1, INVESTOR: 2}) == INVESTOR
    for payee, owed in ((None, {PROVIDER: 1, INVESTOR: 2}), (INVESTOR, {PROVIDER: 1})):
        with pytest.raises(PayeeNeeded):
            payee_of(payee, owed)
    with pytest.raises(PaymentNotOwed):
        payee_of(None, {})


@pytest.mark.parametrize(
    ("settled", "outstanding", "state"),
    [([100], [100], "posted"), ([100], [40], "partly_paid"), ([100], [0], "paid"), ([5, -5], [0, -5], "partly_paid")],
)
def test_the_state_says_how_much_of_it_is_paid(settled: list[int], outstanding: list[int], state: str) -> None:
    assert state_after(settled, outstanding) == state
