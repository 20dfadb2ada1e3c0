"""Tests: a case is read as its file tells it, and what is no case is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.cases.case_file import CASES, CaseNotReadable, find_case, read_case
from deploy.demo.cases.claims import claim_rows, claims_of, correction_of, rejected_ids
from deploy.demo.cases.participants import participants_of

ORGANISATIONS = {"payer": "0088:1", "investor": "0088:2", "provider": "0088:3", "evaluator": "0088:4"}
APOLLO, DANISH = "project-apollo", "danish-synthetic"


def document_of(name: str) -> dict[str, Any]:
    """A case that is whole, to be spoilt."""
    document: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text())
    return document


def put(document: Any, pointer: str, value: Any) -> None:
    """Puts a value where a JSON pointer says; `...` takes away what is there."""
    *way, last = [int(step) if step.isdecimal() else step for step in pointer.split("/")[1:]]
    for step in way:
        document = document[step]
    if value is ...:
        del document[last]
    else:
        document[last] = value


def test_organisations_take_the_places_of_their_parts() -> None:
    body = read_case(CASES / "project-apollo.json").contract_between(ORGANISATIONS)
    assert [party["organisationId"] for party in body["parties"]] == list(ORGANISATIONS.values())
    assert body["payment"]["rules"][0]["payee"] == "0088:2"
    assert "{" not in json.dumps(body["outcomes"]["metrics"][0]).strip("{}")


@pytest.mark.parametrize("text", ["", "[]", '{"format": "enzym-case/1"}', '{"format": "enzym-case/2"}', '{"n": 0.5}'])
def test_what_is_no_case_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "case.json"
    file.write_text(text)
    with pytest.raises(CaseNotReadable, match=r"case\.json"):
        read_case(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaseNotReadable, match=r"nothing\.json"):
        read_case(tmp_path / "nothing.json")


def test_a_case_that_is_not_there_is_told_which_are() -> None:
    assert find_case(APOLLO).stem == APOLLO
    with pytest.raises(CaseNotReadable, match=APOLLO):
        find_case("project-artemis")


SPOILT = [
    (APOLLO, "/id", "Project Apollo", "/id"),
    (APOLLO, "/title", ..., "/title"),
    (APOLLO, "/people/0/number", 3, "/people/0/number"),
    (APOLLO, "/people/0/cohort", "artemis", "/people/0/cohort"),
    (APOLLO, "/people/0/count", -1, "/people/0/count"),
    (APOLLO, "/contract/parties/0/organisationId", "0088:9520000001018", "/contract/parties"),
    (APOLLO, "/contract/parties/1/role", "guarantor", "/contract/parties/1/role"),
    (APOLLO, "/contract/parties/2/organisationId", "{priest}", "/contract/parties/2/organisationId"),
    (APOLLO, "/contract/outcomes/metrics/0/verifiedBy", "{auditor}", "/contract/outcomes/metrics/0/verifiedBy"),
    (APOLLO, "/people/0/count", 0.5, "/people/0/count"),
    (APOLLO, "/contract/currency", ..., "/contract/currency"),
    (APOLLO, "/contract/payment/rules/3/kind", "lottery", "/contract/payment/rules/3/kind"),
    (APOLLO, "/outcomes/participants/0/metric", "m99", "/outcomes/participants/0/metric"),
    (APOLLO, "/outcomes/participants/1/metric", "m01", "/outcomes/participants/1/metric"),
    (APOLLO, "/outcomes/participants/0/people", 132, "/outcomes/participants/0/people"),
    (APOLLO, "/outcomes/participants/0/units", 104, "/outcomes/participants/0/units"),
    (APOLLO, "/outcomes/participants/0/rejected", 104, "/outcomes/participants/0/rejected"),
    (APOLLO, "/outcomes/participants/0/occurrence", "2", "/outcomes/participants/0/occurrence"),
    (APOLLO, "/outcomes/oneAfterAnother/0/1", "m99", "/outcomes/oneAfterAnother/0/1"),
    (APOLLO, "/settlements", [], "/settlements"),
    (APOLLO, "/settlements/0/kind", "final", "/settlements/0/kind"),
    (APOLLO, "/expected/kind", "miracle", "/expected/kind"),
    (APOLLO, "/expected/statements/0/shares/0/payer", "{payer-2}", "/expected/statements/0/shares/0/payer"),
    (DANISH, "/outcomes/claims/0/metric", "spending", "/outcomes/claims/0/metric"),
    (DANISH, "/outcomes/claims/0/cohort", ..., "/outcomes/claims/0/cohort"),
    (DANISH, "/outcomes/claims/0/site", "s1", "/outcomes/claims/0/cohort"),
    (DANISH, "/outcomes/claims/0/measurement", ..., "/outcomes/claims/0/measurement"),
    (DANISH, "/outcomes/claims/0/occurrence", ..., "/outcomes/claims/0/occurrence"),
    (DANISH, "/outcomes/claims/0/achievedOn", "2026-01-01", "/outcomes/claims/0/achievedOn"),
    (DANISH, "/outcomes/claims/0/decision", "praised", "/outcomes/claims/0/decision"),
    (DANISH, "/outcomes/claims/0/measurement/component", ..., "/outcomes/claims/0/measurement/component"),
    (DANISH, "/outcomes/claims/0/measurement/component", "munincipal", "/outcomes/claims/0/measurement/component"),
    (DANISH, "/outcomes/claims/0/measurement/n", ..., "/outcomes/claims/0/measurement/n"),
    (DANISH, "/outcomes/claims/3/occurrence", "year-1", "/outcomes/claims/3"),
    (DANISH, "/expected/statements/2", ..., "/expected/statements"),
]


@pytest.mark.parametrize(("name", "pointer", "value", "told"), SPOILT, ids=[f"{row[1]}={row[2]}" for row in SPOILT])
def test_each_fault_names_its_field(tmp_path: Path, name: str, pointer: str, value: Any, told: str) -> None:
    document = document_of(name)
    put(document, pointer, value)
    file = tmp_path / "case.json"
    file.write_text(json.dumps(document))
    with pytest.raises(CaseNotReadable) as caught:
        read_case(file)
    assert f"\n  {told}: " in str(caught.value)


def test_a_grant_is_not_called_a_fee(tmp_path: Path) -> None:
    document = document_of(DANISH)
    money = {"amount": "1.00", "currency": "DKK"}
    grant = {"code": "begin", "mode": "grant", "start": "2023-01-01", "end": "2023-04-01", "every": "month"}
    vat = {"category": "exempt", "pricesIncludeVat": False}
    window = {**grant, "amount": money, "payee": "{provider}", "nature": "grant", "vat": vat}
    put(document, "/contract/payment/windows", [window])
    file = tmp_path / "case.json"
    file.write_text(json.dumps(document))
    assert read_case(file).rule_names["begin"] == "grant"


def test_people_and_claims_are_the_same_every_time() -> None:
    case = read_case(CASES / "project-apollo.json")
    assert claim_rows(case) == claim_rows(case)
    assert rejected_ids(case) == {"project-apollo-118-m17"}


def test_a_correction_is_another_claim_on_the_same_outcome() -> None:
    row = claim_rows(read_case(CASES / "project-apollo.json"))[0]
    corrected = correction_of(row)
    assert {name for name in row if row[name] != corrected[name]} == {"externalId", "achievedOn"}


def test_units_are_spread_over_people_by_occurrence() -> None:
    rows = [row for row in claim_rows(read_case(CASES / "reboot-west.json")) if row["metric"] == "m01"]
    assert len({row["participantKey"] for row in rows}) == 231
    occurrences = [row["occurrence"] for row in rows]
    assert [occurrences.count(occurrence) for occurrence in ("1", "2", "3")] == [231, 231, 65]
    of_one = [row for row in rows if row["participantKey"] == rows[0]["participantKey"]]
    assert [row["achievedOn"] for row in of_one] == sorted({row["achievedOn"] for row in of_one})


def test_a_claim_is_about_what_it_says() -> None:
    villages = claim_rows(read_case(CASES / "cambodia-rural-sanitation.json"))
    assert len({row["site"] for row in villages}) == 500
    measured, _, delivered, *_ = claims_of(read_case(CASES / "danish-synthetic.json"))
    assert measured.row["measurement"] == {
        "value": "2500000.00",
        "arm": "intervention",
        "n": "50",
        "component": "municipal",
    }
    assert "units" not in measured.row
    assert (delivered.row["cohort"], delivered.row["units"]) == ("families", "1")


def test_people_may_be_enrolled_on_a_day_that_is_told(tmp_path: Path) -> None:
    document = document_of(DANISH)
    put(document, "/people/0/enrolledOn", "2023-02-01")
    file = tmp_path / "case.json"
    file.write_text(json.dumps(document))
    assert {participant.enrolled_on.isoformat() for participant in participants_of(read_case(file))} == {"2023-02-01"}
