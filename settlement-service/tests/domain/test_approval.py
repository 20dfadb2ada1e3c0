"""Tests: four eyes, and never a machine's."""

from typing import Literal

import pytest

from settlement_service.domain.ledger.approval import (
    ApprovedAlready,
    ApproverPrepared,
    ContentDiffers,
    PersonNeeded,
    check_approval,
    is_approved,
)
from settlement_service.domain.ledger.lifecycle import Person

from ..builders import OTHER, PAYER

CONTENT = "ab" * 32


def somebody(
    subject: str, organisation: str = PAYER, issuer: str = "idp", actor: Literal["person", "system"] = "person"
) -> Person:
    return Person(issuer, subject, organisation, actor)


ANNA, BO, CLARA, ROBOT = somebody("anna"), somebody("bo"), somebody("clara"), somebody("robot", actor="system")


def test_another_person_than_the_one_who_prepared_approves() -> None:
    check_approval(BO, ANNA, [], CONTENT, CONTENT)
    assert is_approved([PAYER], ANNA, [BO])


def test_who_prepared_does_not_approve() -> None:
    with pytest.raises(ApproverPrepared):
        check_approval(ANNA, ANNA, [], CONTENT, CONTENT)


def test_the_same_name_at_another_issuer_is_another_person() -> None:
    check_approval(somebody("anna", issuer="other"), ANNA, [], CONTENT, CONTENT)


def test_a_system_never_approves() -> None:
    with pytest.raises(PersonNeeded):
        check_approval(ROBOT, ANNA, [], CONTENT, CONTENT)


def test_what_a_system_prepared_needs_two_persons() -> None:
    check_approval(ANNA, ROBOT, [], CONTENT, CONTENT)
    assert not is_approved([PAYER], ROBOT, [ANNA])
    with pytest.raises(ApprovedAlready):
        check_approval(ANNA, ROBOT, [ANNA], CONTENT, CONTENT)
    check_approval(BO, ROBOT, [ANNA], CONTENT, CONTENT)
    assert is_approved([PAYER], ROBOT, [ANNA, BO])
    with pytest.raises(ApprovedAlready):
        check_approval(CLARA, ROBOT, [ANNA, BO], CONTENT, CONTENT)


def test_every_payer_approves() -> None:
    assert not is_approved([PAYER, OTHER], ANNA, [BO])
    assert is_approved([PAYER, OTHER], ANNA, [BO, somebody("dan", OTHER)])


def test_what_is_approved_is_what_was_read() -> None:
    with pytest.raises(ContentDiffers):
        check_approval(BO, ANNA, [], "cd" * 32, CONTENT)
