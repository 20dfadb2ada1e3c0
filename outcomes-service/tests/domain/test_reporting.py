"""Tests: what the door for claims refuses, and that it refuses nothing else."""

import hashlib
import hmac
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from outcomes_service.domain.claim import Evidence
from outcomes_service.domain.contract import ClaimsClosed, Contract
from outcomes_service.domain.deciding import ReporterNotAllowed
from outcomes_service.domain.enrolment import Enrolment, Participant
from outcomes_service.domain.occurrence import OccurrenceRequired
from outcomes_service.domain.references import ExternalIdNotValid, ParticipantKeyNotValid
from outcomes_service.domain.reporting import (
    AchievedAfterTermination,
    Content,
    EvidenceRequired,
    MetricUnknown,
    NotEnrolled,
    OutsideOutcomePeriod,
    Reported,
    admit,
    order_keys,
)

from ..builders import PAYER, PROVIDER, a_contract, a_key

CONTRACT = a_contract()
SUBJECT = UUID("019a0000-0000-4000-8000-000000000003")
PERSON = Participant(SUBJECT, (Enrolment("first", date(2024, 1, 1), date(2024, 9, 1)),))
TODAY = date(2024, 7, 1)


def reported(**other: Any) -> Reported:
    fields = {
        "external_id": "claim-1",
        "metric": "employed",
        "participant_key": a_key(1),
        "cohort": None,
        "site": None,
        "occurrence": None,
        "achieved_on": date(2024, 6, 3),
        "units": None,
        "measurement": None,
        "evidence": (),
    }
    return Reported(**{**fields, **other})


def admitted(
    row: Reported, contract: Contract = CONTRACT, person: Participant | None = PERSON, by: str = PROVIDER
) -> Content:
    metric, content = admit(contract, person, row, by, TODAY)
    assert metric.code == content.metric == row.metric
    return content


def test_a_claim_is_admitted_as_what_it_says() -> None:
    assert admitted(reported()) == Content("employed", SUBJECT, None, "1", date(2024, 6, 3), 1, None, ())


def test_nothing_else_is_asked() -> None:
    """A day in the future, many units, evidence that is not required: settlement and quarantine look at them."""
    evidence = (Evidence("case:1", "ab" * 32),)
    assert admitted(reported(achieved_on=date(2024, 8, 31), units=999, evidence=evidence)).evidence == evidence


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (reported(metric="unheard-of"), MetricUnknown),
        (reported(external_id="1234567890"), ExternalIdNotValid),
        (reported(metric="trained"), OccurrenceRequired),
        (reported(metric="proven"), EvidenceRequired),
        (reported(metric="registered"), ReporterNotAllowed),
        (reported(achieved_on=date(2023, 12, 31)), OutsideOutcomePeriod),
        (reported(achieved_on=date(2040, 1, 1)), OutsideOutcomePeriod),
        (reported(achieved_on=date(2024, 9, 1)), NotEnrolled),
    ],
)
def test_what_cannot_be_a_claim_is_refused(row: Reported, error: type[Exception]) -> None:
    with pytest.raises(error):
        admitted(row)


def test_somebody_unknown_is_not_enrolled_and_a_key_that_is_none_is_said_to_be_none() -> None:
    with pytest.raises(NotEnrolled):
        admitted(reported(), person=None)
    with pytest.raises(ParticipantKeyNotValid):
        admitted(reported(participant_key="1" * 16), person=None)


def test_who_left_and_came_back_is_enrolled_in_both_times_and_not_between() -> None:
    person = Participant(SUBJECT, (*PERSON.enrolments, Enrolment("first", date(2025, 1, 1))))
    assert admitted(reported(achieved_on=date(2024, 8, 31)), person=person)
    assert admitted(reported(achieved_on=date(2030, 1, 1)), person=person)
    with pytest.raises(NotEnrolled):
        admitted(reported(achieved_on=date(2024, 12, 31)), person=person)


def test_what_was_achieved_before_a_termination_still_counts() -> None:
    ended = a_contract(terminated_on=date(2024, 6, 3))
    assert admitted(reported(achieved_on=date(2024, 6, 2)), ended)
    with pytest.raises(AchievedAfterTermination):
        admitted(reported(achieved_on=date(2024, 6, 3)), ended)


def test_claims_are_taken_on_the_day_they_close_and_not_after() -> None:
    assert admitted(reported(), a_contract(claims_close_on=TODAY))
    with pytest.raises(ClaimsClosed):
        admitted(reported(), a_contract(claims_close_on=date(2024, 6, 30)))


def test_an_order_key_is_an_hmac_of_reporter_and_external_id() -> None:
    expected = hmac.new(b"secret", f"{PROVIDER}\0claim-1".encode(), hashlib.sha256).hexdigest()[:32]
    assert order_keys(b"secret", PROVIDER, ["claim-1", "claim-2"])[0] == expected
    assert order_keys(b"secret", PAYER, ["claim-1"]) != [expected]
    assert order_keys(b"other", PROVIDER, ["claim-1"]) != [expected]
    assert order_keys(b"secret", PROVIDER, []) == []
