"""Tests: the path of a claim is read from its request to its posting, and what is passed over is there."""

import re

import pytest

from .reading_path import NOT_READ, ROOTS, Reader, read_from


@pytest.fixture(scope="module")
def reader() -> Reader:
    return read_from(ROOTS)


def test_the_path_leads_from_the_request_to_the_posting(reader: Reader) -> None:
    """Kept from the start, against a call that is no longer followed (a table, a new name): the path would look shorter
    than it is."""
    read = {place.name for place in reader.read}
    assert read >= {
        "report_claims",
        "admit",
        "keep_facts",
        "evaluate_subject",
        "settle",
        "split_among_payers",
        "calculate_settlement",
        "statement_over",
        "approve_settlement",
        "post_settlement",
        "approval_entry",
    }


@pytest.mark.parametrize("word", [word for words in NOT_READ.values() for word in words])
def test_what_is_passed_over_is_met(reader: Reader, word: str) -> None:
    """Made by `that_stay` and `hold_back`: both names were changed, and nobody saw that their words met nothing any
    more, as other words of the same reason did. What a word was to leave out then counts unseen."""
    assert [place for place in reader.passed_over if re.search(word, str(place))]


def test_of_another_mechanism_nothing_is_read(reader: Reader) -> None:
    """Kept from the start, against a path that is of no contract: the table of mechanisms names all of them, and would
    be followed into each row."""
    modules = {place.module.rpartition(".")[2] for place in reader.read}
    assert not modules & {"gate", "bands", "savings_share", "milestone", "service_fee"}
