"""Tests: published contracts: terms in, payments out: what the rules give is what was published, line by line."""

import uuid
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.case import CASES, Case, read_case
from deploy.demo.people import claim_rows, enrolment_rows, rejected_ids
from services.core.personal_numbers import refuse_personal_numbers
from services.core.terms.checks import check_terms
from services.core.terms.model import Agreement
from services.events.contracts import ContractActivated
from services.kit import shapes
from settlement_service.domain.claims import Claim
from settlement_service.domain.difference import settle
from settlement_service.domain.evaluate import evaluate
from settlement_service.domain.statement import line_content, statement_of
from settlement_service.domain.terms import Terms, terms_of

ORGANISATIONS = {
    "payer": "0088:9520000001018",
    "investor": "0088:9520000002022",
    "provider": "0088:9520000003036",
    "evaluator": "0088:9520000004040",
}
NAMESPACE = uuid.UUID("6b0c3c55-7c1e-4f6e-8f4a-0d4d3a5d9a11")
FILES = sorted(CASES.glob("*.json"))


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def case(request: pytest.FixtureRequest) -> Case:
    """Every case that there is."""
    file: Path = request.param
    return read_case(file)


def terms_in(case: Case) -> Terms:
    """The case's terms, as settlement reads them."""
    return terms_of(activated(case))


def activated(case: Case) -> ContractActivated:
    """The case's contract, as other services are told of it."""
    body = case.contract_between(ORGANISATIONS)
    parties = [{**party, "name": party["role"]} for party in body["parties"]]
    frame = {"contractId": str(NAMESPACE), "version": 1, "root": "0" * 64, "parties": parties}
    return shapes.read(ContractActivated, {**body, **frame})


def claims_in(case: Case) -> list[Claim]:
    """The case's claims, each decided as published."""
    rejected = rejected_ids(case)
    return [
        Claim(
            id=uuid.uuid5(NAMESPACE, row["externalId"]),
            metric=row["metric"],
            subject_id=uuid.uuid5(NAMESPACE, row["participantKey"]),
            occurrence="1",
            achieved_on=date.fromisoformat(row["achievedOn"]),
            units=1,
            reported_by=ORGANISATIONS["provider"],
            order_key=row["externalId"],
            state="rejected" if row["externalId"] in rejected else "verified",
        )
        for row in claim_rows(case)
    ]


def lines_of(terms: Terms, case: Case, claims: list[Claim]) -> list[dict[str, Any]]:
    """The lines of the case's settlement over `claims`."""
    period = activated(case).outcome_period
    items = evaluate(terms, None, claims)
    changes = settle(terms, period.end, items, (), {claim.id: claim for claim in claims})
    statement = statement_of(terms, case.settlement["kind"], period, changes)
    return [line_content(number, line, terms.currency) for number, line in enumerate(statement.lines, start=1)]


def test_the_terms_can_be_decided(case: Case) -> None:
    body = case.contract_between(ORGANISATIONS)
    check_terms(shapes.read(Agreement, {name: value for name, value in body.items() if name != "title"}))


def test_what_was_published_comes_out(case: Case) -> None:
    lines = lines_of(terms_in(case), case, claims_in(case))
    told = [{name: line[name] for name in ("rule", "price", "people", "units", "amount")} for line in lines]
    assert told == case.expected["lines"]


def test_the_published_lines_add_up_to_the_published_total(case: Case) -> None:
    def minor(money: dict[str, str]) -> int:
        return int(money["amount"].replace(".", ""))

    lines = case.expected["lines"]
    assert sum(minor(line["amount"]) for line in lines) == minor(case.expected["total"])
    assert all(minor(line["price"]) * line["units"] == minor(line["amount"]) for line in lines)


def test_the_synthetic_people_fit_the_published_counts(case: Case) -> None:
    people, claims = enrolment_rows(case), claim_rows(case)
    assert len({row["participantKey"] for row in people}) == case.participants
    assert len({row["externalId"] for row in claims}) == len(claims) == sum(case.claimed.values())
    for metric, count in case.claimed.items():
        assert len({row["participantKey"] for row in claims if row["metric"] == metric}) == count
    enrolled = {row["participantKey"]: row["enrolledOn"] for row in people}
    for row in claims:
        assert enrolled[row["participantKey"]] <= row["achievedOn"] < case.ends_on.isoformat()
    for row in (*people, *claims):
        refuse_personal_numbers(row)


def test_outcomes_that_follow_each_other_do_so_for_every_person(case: Case) -> None:
    when = {(row["participantKey"], row["metric"]): row["achievedOn"] for row in claim_rows(case)}
    for metrics in case.one_after_another:
        for earlier, later in pairwise(metrics):
            for (key, metric), day in when.items():
                if metric == later:
                    assert when[key, earlier] < day


def test_notes_say_what_is_not_published(case: Case) -> None:
    assert case.sources
    assert case.synthetic
    assert any("prerequisites" in note for note in case.notes)


def test_apollo_without_the_rejection_gives_one_unit_more() -> None:
    """The publication's own line: 21 outcomes at 220 are 4620, and 4400 was paid."""
    case = read_case(CASES / "project-apollo.json")
    every = [claim if claim.counts else _verified(claim) for claim in claims_in(case)]
    m17 = next(line for line in lines_of(terms_in(case), case, every) if line["rule"] == "m17")
    assert (m17["units"], m17["amount"]["amount"]) == (21, "4620.00")


def _verified(claim: Claim) -> Claim:
    names = ("id", "metric", "subject_id", "occurrence", "achieved_on", "units", "reported_by", "order_key")
    return Claim(**{name: getattr(claim, name) for name in names}, state="verified")
