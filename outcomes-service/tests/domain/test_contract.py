"""Tests: who may read what of a contract."""

import pytest

from outcomes_service.domain.contract import AT_CLAIMS, Cohort, people_readers_of, readers_of, shown_to
from services.core.access import RoleNotAllowed
from services.core.errors import NotFound
from services.core.terms.parties import Role

from ..builders import EVALUATOR, INVESTOR, PAYER, PROVIDER, STRANGER, a_contract

CONTRACT = a_contract()


@pytest.mark.parametrize(
    ("metric", "readers"),
    [
        ("employed", {PAYER, PROVIDER, EVALUATOR}),
        ("agreed", {PAYER, PROVIDER}),
        ("assessed", {PAYER, EVALUATOR}),
    ],
)
def test_claims_are_read_by_payers_and_by_who_reports_verifies_and_decides(metric: str, readers: set[str]) -> None:
    assert set(readers_of(CONTRACT.parties, CONTRACT.metrics[metric])) == readers


def test_an_investor_reads_no_claim_and_no_participant_whatever_the_terms_say() -> None:
    metric = CONTRACT.metrics["employed"]
    object.__setattr__(metric, "disputes_decided_by", INVESTOR)
    try:
        assert INVESTOR not in readers_of(CONTRACT.parties, metric)
        assert INVESTOR not in people_readers_of(CONTRACT)
    finally:
        object.__setattr__(metric, "disputes_decided_by", EVALUATOR)


def test_a_stranger_finds_nothing_and_an_investor_is_told_that_its_role_never_may() -> None:
    with pytest.raises(NotFound):
        CONTRACT.require(STRANGER, AT_CLAIMS)
    with pytest.raises(RoleNotAllowed):
        CONTRACT.require(INVESTOR, AT_CLAIMS)


@pytest.mark.parametrize(
    ("role", "people", "shown"),
    [
        ("payer", 1, 1),
        ("provider", 0, 0),
        ("evaluator", 4, 4),
        ("investor", 0, None),
        ("investor", 4, None),
        ("investor", 5, 5),
        ("guarantor", 4, None),
    ],
)
def test_small_counts_are_not_shown_to_those_who_do_not_work_with_people(
    role: Role, people: int, shown: int | None
) -> None:
    assert shown_to(role, Cohort("first", "First", None, None, None, people)).people == shown
