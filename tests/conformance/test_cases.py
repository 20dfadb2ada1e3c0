"""Tests: every case through the pure engine: terms and outcomes in, and what is expected comes out."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.conftest import FILES, Tell
from tests.conformance.engine import statements_of
from tests.conformance.facts import agreement_of, facts_of

from deploy.demo.cases.case import Case
from deploy.demo.cases.case_file import CASES, read_case
from deploy.demo.cases.claims import claims_of
from deploy.demo.cases.expectations import ExpectedPayment, ExpectedRefusal
from deploy.demo.cases.participants import enrolment_rows
from deploy.demo.cases.parties import ORGANISATIONS
from deploy.demo.compare.comparison import differences, gate_of, refusal_differences
from deploy.demo.print.one_line import expected_in_one_line, got_in_one_line
from services.core.money import to_minor
from services.core.personal_numbers import refuse_personal_numbers
from services.core.terms.checks import TermsNotValid, check_terms
from services.events.outcomes import ParticipantEnrolled
from services.kit.doors import shapes


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def case(request: pytest.FixtureRequest) -> Case:
    """Every case that there is."""
    file: Path = request.param
    return read_case(file)


def problem_of(case: Case) -> dict[str, Any] | None:
    """The problem document with which drafting is refused; None when it is not."""
    try:
        check_terms(agreement_of(case))
    except TermsNotValid as refusal:
        errors = [{"pointer": error.pointer, "code": error.code, "detail": error.detail} for error in refusal.errors]
        return {"code": refusal.code, "errors": errors}
    return None


def test_what_is_expected_comes_out(case: Case, tell: Tell) -> None:
    problem = problem_of(case)
    if isinstance(case.expected, ExpectedRefusal):
        tell(case.id, expected_in_one_line(case.expected), got_in_one_line(case.expected, (), problem))
        assert refusal_differences(case.expected, problem) == []
        return
    assert problem is None
    statements = statements_of(case)
    tell(case.id, expected_in_one_line(case.expected), got_in_one_line(case.expected, statements))
    assert differences(case.expected, statements, ORGANISATIONS) == []


def test_the_contract_is_of_the_shape_of_terms(case: Case) -> None:
    agreement = agreement_of(case)
    body = case.contract_between(ORGANISATIONS)
    assert shapes.document(agreement.payment).keys() >= body["payment"].keys()
    refuse_personal_numbers(body)


def test_expected_lines_add_up_to_the_total(case: Case) -> None:
    statements = case.expected.statements if isinstance(case.expected, ExpectedPayment) else ()
    for statement in statements:
        total = to_minor(statement.total)
        for parts in (statement.lines, statement.shares, statement.payees):
            assert parts is None or sum(to_minor(part.amount) for part in parts) == total
        cut = sum(to_minor(cut_amount.amount) for cut_amount in statement.cut or ())
        priced = [line for line in statement.lines or () if line.price is not None]
        gross = sum(to_minor(line.price) * (line.units or 0) for line in priced if line.price)
        assert not priced or gross - cut == total


def test_the_synthetic_subjects_fit_the_published_counts(case: Case) -> None:
    claims = claims_of(case)
    assert len({claim.external_id for claim in claims}) == len(claims)
    assert len({row["participantKey"] for row in enrolment_rows(case)}) == case.participants
    counted = [
        (outcome.metric, "participantKey", outcome.people, outcome.units) for outcome in case.outcomes.participants
    ]
    counted += [(outcome.metric, "site", outcome.sites, outcome.units) for outcome in case.outcomes.sites]
    for metric, subject, count, units in counted:
        rows = [claim.row for claim in claims if claim.row["metric"] == metric]
        assert len(rows) == (count if units is None else units)
        assert len({row[subject] for row in rows}) == count
        assert len({(row[subject], row.get("occurrence")) for row in rows}) == len(rows)


def test_dates_and_rows_are_such_as_are_taken(case: Case) -> None:
    enrolled = {row["participantKey"]: row["enrolledOn"] for row in enrolment_rows(case)}
    for claim in claims_of(case):
        row = claim.row
        first = enrolled.get(row.get("participantKey", ""), case.outcome_period.start.isoformat())
        assert first <= row["achievedOn"] < case.outcome_period.end.isoformat()
        assert len(claim.external_id) <= 64
        refuse_personal_numbers(row)
    for day in enrolled.values():
        assert case.service_period.start.isoformat() <= day < case.service_period.end.isoformat()


def test_outcomes_that_follow_each_other_do_so_for_every_person(case: Case) -> None:
    rows = [claim.row for claim in claims_of(case) if "participantKey" in claim.row]
    when = {(row["participantKey"], row["metric"], row.get("occurrence", "1")): row["achievedOn"] for row in rows}
    for metrics in case.outcomes.one_after_another:
        for earlier, later in pairwise(metrics):
            of_later = {(key, turn): day for (key, metric, turn), day in when.items() if metric == later}
            assert all(when[key, earlier, turn] < day for (key, turn), day in of_later.items() if turn == "1")


def test_the_same_facts_are_told_every_time(case: Case) -> None:
    if not isinstance(case.expected, ExpectedRefusal):
        facts = facts_of(case)
        assert facts == facts_of(case)
        assert len({fact.subject_id for fact in facts if isinstance(fact, ParticipantEnrolled)}) == case.participants


def test_sources_are_named_and_what_is_made_up_is_said(case: Case) -> None:
    assert case.sources
    assert case.notes
    assert case.synthetic


def test_the_example_of_the_format_is_a_case(tmp_path: Path) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", (CASES / "README.md").read_text(), re.DOTALL)
    file = tmp_path / "example.json"
    file.write_text(example)
    case = read_case(file)
    assert problem_of(case) is None
    assert not isinstance(case.expected, ExpectedRefusal)
    assert differences(case.expected, statements_of(case), ORGANISATIONS) == []


def test_what_is_not_decided_is_not_yet_measured() -> None:
    """Peterborough before anybody has verified a figure: nothing is paid yet, which is not the same as no."""
    document = json.loads((CASES / "peterborough-cohort-1.json").read_text())
    for claim in document["outcomes"]["claims"]:
        claim["decision"] = "undecided"
    statements = statements_of(shapes.read(Case, document))
    rules = [rule["code"] for rule in document["contract"]["payment"]["rules"]]
    assert {gate_of(rule, statements) for rule in rules} == {"not_yet_measured"}
    assert statements[0]["total"]["amount"] == "0.00"


def test_apollo_without_the_rejection_gives_one_unit_more() -> None:
    """The publication's own line: 21 outcomes at 220 are 4620, and 4400 was paid."""
    document = json.loads((CASES / "project-apollo.json").read_text())
    for told in document["outcomes"]["participants"]:
        told.pop("rejected", None)
    (statement,) = statements_of(shapes.read(Case, document))
    m17 = next(line for line in statement["lines"] if line["rule"] == "m17")
    assert (m17["units"], m17["amount"]["amount"]) == (21, "4620.00")
