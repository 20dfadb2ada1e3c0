"""Tests: what senders may call things by."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes_service.domain.contract import Metric
from outcomes_service.domain.occurrence import OccurrenceRequired, OccurrenceUnknown, occurrence_of
from outcomes_service.domain.references import (
    ExternalIdNotValid,
    ParticipantKeyNotValid,
    as_claim_id,
    check_external_id,
    check_participant_key,
    is_external_id,
)
from services.core.personal_numbers import find_personal_number

ALPHABET = string.ascii_letters + string.digits + "._:/-"


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "apollo-m17-0042",
        "2024/77:note.3",
        "x" * 64,
        "123-456",
        "a1234567890",
        "a-123456789",
        "a-1234567890123",
        "202406.0001",
    ],
)
def test_an_external_id_is_taken(text: str) -> None:
    assert check_external_id(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 65,
        "1",
        "1234567890",
        "123456789012",
        "a-1234567890",
        "1234567890.a",
        "211062.5629",
        "å",
        "a b",
        "a\n",
        "a,b",
        "\u0661a",
    ],
)
def test_an_external_id_is_not_taken(text: str) -> None:
    with pytest.raises(ExternalIdNotValid):
        check_external_id(text)


@given(st.text(alphabet=ALPHABET, min_size=1, max_size=64))
def test_an_external_id_is_what_the_grammar_says(text: str) -> None:
    tokens = re.split("[._:/-]", text)
    like_a_person = any(token.isdigit() and 10 <= len(token) <= 12 for token in tokens)
    is_of_a_person = bool(re.fullmatch("[0-9]+[.][0-9]+", text)) and find_personal_number(text) is not None
    assert is_external_id(text) is (not text.isdigit() and not like_a_person and not is_of_a_person)


@given(st.text(max_size=70))
def test_any_other_character_is_not_taken(text: str) -> None:
    if set(text) - set(ALPHABET):
        assert not is_external_id(text)


@pytest.mark.parametrize("key", ["q7Zk3vVhJx0aLrT2mNcYbD5e", "a" * 16, "_" * 15 + "a", "a-" * 64])
def test_a_participant_key_is_taken(key: str) -> None:
    assert check_participant_key(key) == key


@pytest.mark.parametrize("key", ["", "a" * 15, "a" * 129, "1" * 20, "_" * 20, "a" * 16 + "\n", "a" * 15 + "å"])
def test_a_participant_key_is_not_taken(key: str) -> None:
    with pytest.raises(ParticipantKeyNotValid):
        check_participant_key(key)


def a_metric(most: int, *points: str) -> Metric:
    return Metric(
        1, "m", "participant", "outcome", "units", None, "r", "v", "d", 30, None, most, points, evidence_required=False
    )


@given(st.integers(min_value=1, max_value=50), st.integers(min_value=-5, max_value=60))
def test_an_ordinal_counts_from_one_to_what_may_be_paid(most: int, number: int) -> None:
    metric = a_metric(most)
    if 1 <= number <= most:
        assert occurrence_of(metric, str(number)) == str(number)
    else:
        with pytest.raises(OccurrenceUnknown):
            occurrence_of(metric, str(number))


@given(st.text(max_size=4))
def test_an_ordinal_has_one_spelling(text: str) -> None:
    if text not in map(str, range(1, 21)):
        with pytest.raises(OccurrenceUnknown):
            occurrence_of(a_metric(20), text)


@pytest.mark.parametrize("text", ["0", "01", "+1", " 1", "1 ", "1.0", "\u0661", ""])
def test_another_spelling_of_an_ordinal_is_refused(text: str) -> None:
    with pytest.raises(OccurrenceUnknown):
        occurrence_of(a_metric(9), text)


def test_the_only_occurrence_may_be_left_out() -> None:
    assert occurrence_of(a_metric(1), None) == "1"
    assert occurrence_of(a_metric(1, "6m"), None) == "6m"


@pytest.mark.parametrize("metric", [a_metric(2), a_metric(1, "6m", "12m")])
def test_one_of_several_occurrences_must_be_said(metric: Metric) -> None:
    with pytest.raises(OccurrenceRequired):
        occurrence_of(metric, None)


def test_a_metric_with_points_has_their_codes_and_no_ordinals() -> None:
    assert occurrence_of(a_metric(2, "6m", "12m"), "12m") == "12m"
    with pytest.raises(OccurrenceUnknown) as refusal:
        occurrence_of(a_metric(2, "6m", "12m"), "1")
    assert "6m, 12m" in refusal.value.errors[0].detail


@pytest.mark.parametrize("sent", [None, 7, ["x"], {}, "", "claim-1", "01900000-0000-7000-8000-00000000000"])
def test_what_is_no_id_of_a_claim_is_none(sent: object) -> None:
    assert as_claim_id(sent) is None


def test_the_id_of_a_claim_is_read_however_it_is_spelled() -> None:
    assert str(as_claim_id("01900000000070008000ABCDEF000000")) == "01900000-0000-7000-8000-abcdef000000"
