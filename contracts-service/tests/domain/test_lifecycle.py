from typing import get_args

import pytest

from contracts_service.domain.lifecycle import (
    TERMS_TRANSITIONS,
    TRANSITIONS,
    Command,
    ContractNotInState,
    State,
    TermsNotInState,
    TermsState,
    step,
    terms_step,
)
from services.core.access import RoleNotAllowed
from services.core.errors import NotFound
from services.core.terms.parties import Party, Role
from services.events import CATALOGUE

PATHS: list[tuple[State, Command, State | None]] = [
    ("draft", "draft_terms", "draft"),
    ("draft", "propose", "proposed"),
    ("draft", "sign", None),
    ("draft", "activate", None),
    ("draft", "terminate", None),
    ("proposed", "draft_terms", "draft"),
    ("proposed", "propose", None),
    ("proposed", "sign", "proposed"),
    ("proposed", "sign_last", "signed"),
    ("proposed", "activate", None),
    ("proposed", "terminate", None),
    ("signed", "draft_terms", None),
    ("signed", "sign", None),
    ("signed", "activate", "active"),
    ("signed", "terminate", "terminated"),
    ("active", "draft_terms", "active"),
    ("active", "propose", "active"),
    ("active", "sign", "active"),
    ("active", "sign_last", "active"),
    ("active", "activate", "active"),
    ("active", "suspend", "suspended"),
    ("active", "complete", "completed"),
    ("active", "terminate", "terminated"),
    ("active", "resume", None),
    ("suspended", "draft_terms", "suspended"),
    ("suspended", "propose", "suspended"),
    ("suspended", "sign_last", "suspended"),
    ("suspended", "activate", "suspended"),
    ("suspended", "suspend", None),
    ("suspended", "resume", "active"),
    ("suspended", "complete", None),
    ("suspended", "terminate", "terminated"),
    ("completed", "draft_terms", None),
    ("completed", "sign", None),
    ("completed", "resume", None),
    ("completed", "terminate", None),
    ("terminated", "draft_terms", None),
    ("terminated", "activate", None),
    ("terminated", "terminate", None),
]


def a_party(role: Role) -> Party:
    return Party(organisation_id="0088:9521000000018", role=role)


@pytest.mark.parametrize(("start", "command", "end"), PATHS, ids=[f"{c} a {s} contract" for s, c, _ in PATHS])
def test_a_contract_goes_only_where_the_table_leads(start: State, command: Command, end: State | None) -> None:
    if end is None:
        with pytest.raises(ContractNotInState) as refusal:
            step(start, a_party("payer"), command)
        assert f"It is {start}." in refusal.value.detail
    else:
        assert step(start, a_party("payer"), command).end == end


def test_every_state_stands_in_the_tables() -> None:
    assert {row.start for row in TRANSITIONS} | {row.end for row in TRANSITIONS} == set(get_args(State))
    terms = {row.start for row in TERMS_TRANSITIONS} | {row.end for row in TERMS_TRANSITIONS}
    assert terms == set(get_args(TermsState))


def test_from_one_state_a_command_leads_to_one_place() -> None:
    assert len({(row.command, row.start) for row in TRANSITIONS}) == len(TRANSITIONS)
    assert len({(row.command, row.start) for row in TERMS_TRANSITIONS}) == len(TERMS_TRANSITIONS)
    assert all(row.meaning for row in TRANSITIONS)
    assert all(row.meaning for row in TERMS_TRANSITIONS)


def test_the_table_says_every_fact_about_contracts_of_the_catalogue() -> None:
    types = {f"eu.enzym.{row.says}.v1" for row in TRANSITIONS if row.says}
    assert types == {type_ for type_ in CATALOGUE if type_.startswith("eu.enzym.contract.")}


@pytest.mark.parametrize("role", ["investor", "provider", "evaluator", "guarantor", "intermediary"])
@pytest.mark.parametrize(
    "command", ["draft_terms", "propose", "activate", "suspend", "resume", "complete", "terminate"]
)
def test_only_a_payer_leads_the_contract(role: Role, command: Command) -> None:
    for state in get_args(State):
        with pytest.raises(RoleNotAllowed):
            step(state, a_party(role), command)


@pytest.mark.parametrize("role", get_args(Role))
def test_every_party_signs(role: Role) -> None:
    assert step("proposed", a_party(role), "sign").says == "contract.signed"


def test_who_is_no_party_finds_nothing() -> None:
    with pytest.raises(NotFound):
        step("proposed", None, "sign")


@pytest.mark.parametrize(
    ("start", "command", "end"),
    [
        ("draft", "propose", "proposed"),
        ("proposed", "sign", "proposed"),
        ("proposed", "sign_last", "signed"),
        ("signed", "activate", "effective"),
        ("effective", "terminate", "effective"),
        ("signed", "terminate", "signed"),
        ("draft", "draft_terms", "replaced"),
        ("proposed", "draft_terms", "replaced"),
        ("effective", "draft_terms", "effective"),
        ("effective", "suspend", "effective"),
        ("proposed", "suspend", "proposed"),
        ("draft", "complete", "draft"),
    ],
)
def test_a_version_of_the_terms_follows_its_contract(start: TermsState, command: Command, end: TermsState) -> None:
    assert terms_step(start, command) == end


@pytest.mark.parametrize(
    ("start", "command"),
    [
        ("effective", "propose"),
        ("proposed", "propose"),
        ("effective", "sign"),
        ("draft", "sign"),
        ("signed", "sign_last"),
        ("effective", "activate"),
        ("proposed", "activate"),
        ("signed", "draft_terms"),
    ],
)
def test_a_version_of_the_terms_skips_no_step(start: TermsState, command: Command) -> None:
    with pytest.raises(TermsNotInState) as refusal:
        terms_step(start, command)
    assert f"It is {start}." in refusal.value.detail


def test_what_is_in_effect_stays_in_effect() -> None:
    assert {row.end for row in TERMS_TRANSITIONS if row.start == "effective"} == {"effective"}
