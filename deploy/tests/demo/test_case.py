"""Tests: a case is read as its file tells it, and what is no case is named."""

import json
from pathlib import Path

import pytest

from deploy.demo.case import CASES, CaseNotReadable, read_case
from deploy.demo.people import claim_rows, correction_of, rejected_ids

ORGANISATIONS = {"payer": "0088:1", "investor": "0088:2", "provider": "0088:3", "evaluator": "0088:4"}


def test_organisations_take_the_places_of_their_roles() -> None:
    body = read_case(CASES / "project-apollo.json").contract_between(ORGANISATIONS)
    assert [party["organisationId"] for party in body["parties"]] == list(ORGANISATIONS.values())
    assert body["payment"]["rules"][0]["payee"] == "0088:2"
    assert "{" not in json.dumps(body["outcomes"]["metrics"][0]).strip("{}")


@pytest.mark.parametrize("text", ["", "[]", '{"format": "enzym-case/2"}', '{"format": "enzym-case/1"}'])
def test_what_is_no_case_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "case.json"
    file.write_text(text)
    with pytest.raises(CaseNotReadable, match=r"case\.json"):
        read_case(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaseNotReadable, match=r"nothing\.json"):
        read_case(tmp_path / "nothing.json")


def test_people_and_claims_are_the_same_every_time() -> None:
    case = read_case(CASES / "project-apollo.json")
    assert claim_rows(case) == claim_rows(case)
    assert rejected_ids(case) == {"project-apollo-118-m17"}


def test_a_correction_is_another_claim_on_the_same_outcome() -> None:
    row = claim_rows(read_case(CASES / "project-apollo.json"))[0]
    corrected = correction_of(row)
    assert {name for name in row if row[name] != corrected[name]} == {"externalId", "achievedOn"}
