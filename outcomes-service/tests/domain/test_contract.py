"""Tests: who may read what of a contract."""

from datetime import date

import pytest

from outcomes_service.domain.contract import AT_CLAIMS, Cohort, Terms, people_readers_of, readers_of, shown_to
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
    assert set(readers_of(CONTRACT.parties, CONTRACT.terms[0].metrics[metric])) == readers


def test_an_investor_reads_no_claim_and_no_participant_whatever_the_terms_say() -> None:
    metric = CONTRACT.terms[0].metrics["employed"]
    object.__setattr__(metric, "disputes_decided_by", INVESTOR)
    try:
        assert INVESTOR not in readers_of(CONTRACT.parties, metric)
        assert INVESTOR not in people_readers_of(CONTRACT)
    finally:
        object.__setattr__(metric, "disputes_decided_by", EVALUATOR)


def terms(version: int, effective_from: str, retroactive: bool = False) -> Terms:
    return Terms(version, date.fromisoformat(effective_from), retroactive, {}, frozenset())


FIRST = terms(1, "2024-01-01")


@pytest.mark.parametrize(
    ("later", "day", "version"),
    [
        ((), "2023-01-01", 1),
        ((), "2024-01-01", 1),
        ((terms(2, "2025-01-01"),), "2024-12-31", 1),
        ((terms(2, "2025-01-01"),), "2025-01-01", 2),
        ((terms(2, "2025-01-01", retroactive=True),), "2023-01-01", 2),
        ((terms(2, "2025-01-01", retroactive=True), terms(3, "2026-01-01")), "2024-01-01", 2),
        ((terms(2, "2025-01-01", retroactive=True), terms(3, "2026-01-01")), "2026-01-01", 3),
        ((terms(2, "2026-01-01"), terms(3, "2025-01-01")), "2026-06-01", 3),
        ((terms(2, "2026-01-01"), terms(3, "2025-01-01")), "2024-06-01", 1),
        ((terms(2, "2025-01-01"), terms(3, "2027-01-01", retroactive=True)), "2024-01-01", 3),
    ],
)
def test_the_newest_terms_in_effect_on_a_day_decide_or_retroactive_ones(
    later: tuple[Terms, ...], day: str, version: int
) -> None:
    assert a_contract(terms=(FIRST, *later)).terms_on(date.fromisoformat(day)).version == version


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
