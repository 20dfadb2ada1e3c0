"""Tests: the path of a claim is read from its request to its posting, and what is passed over is there."""

import re

import pytest

from .reading_path import NOT_READ, ROOTS, Reader, read_from


@pytest.fixture(scope="module")
def reader() -> Reader:
    return read_from(ROOTS)


def test_the_path_leads_from_the_request_to_the_posting(reader: Reader) -> None:
    """A call that is no longer found (a table, a new name) would make the path look shorter than it is."""
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


@pytest.mark.parametrize("reason", NOT_READ)
def test_what_is_passed_over_is_met(reader: Reader, reason: str) -> None:
    """A pattern that meets nothing is of a name that was changed: what it was to leave out counts unseen."""
    assert [place for place in reader.passed_over if re.search(NOT_READ[reason], str(place))]


def test_of_another_mechanism_nothing_is_read(reader: Reader) -> None:
    """The table of mechanisms names all of them: followed into each row, the path is that of no contract."""
    modules = {place.module.rpartition(".")[2] for place in reader.read}
    assert not modules & {"gate", "bands", "savings_share", "milestone", "service_fee"}
