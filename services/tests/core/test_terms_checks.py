from typing import Any

import pytest

from services.core.terms.checks import TermsNotValid, check_terms
from services.core.terms.model import Agreement
from services.kit.doors import shapes

from ..builders import (
    GONE,
    INVESTOR,
    PAYER,
    PROVIDER,
    STRANGER,
    a_metric,
    a_rule,
    a_threshold,
    an_agreement,
    changed,
    money,
)
from .deciding import Row, faults_of, table

FRAME: list[Row] = [
    ({"/parties/0/organisationId": "0237:2110625629"}, "/parties/0/organisationId", "organisation-id-not-valid"),
    ({"/parties/-": {"organisationId": PROVIDER, "role": "evaluator"}}, "/parties/5/organisationId", "stands-twice"),
    ({"/parties/3/role": "intermediary"}, "/parties", "provider-missing"),
    ({"/timeZone": "Copenhagen"}, "/timeZone", "time-zone-unknown"),
    ({"/claimsCloseOn": "2028-12-31"}, "/claimsCloseOn", "claims-close-too-early"),
    ({"/effectiveFrom": "2026-01-02"}, "/effectiveFrom", "effective-too-late"),
    ({"/payment/readableBy": ["investor"]}, "/payment/readableBy", "payer-cannot-read"),
    ({"/outcomes/readableBy": []}, "/outcomes/readableBy", "payer-cannot-read"),
    ({"/payment/dueDays": 366}, "/payment/dueDays", "number-out-of-range"),
    ({"/payment/dueDays": -1}, "/payment/dueDays", "number-out-of-range"),
    ({"/outcomes/cohorts/-": {"code": "first", "name": "Again"}}, "/outcomes/cohorts/2/code", "stands-twice"),
    ({"/outcomes/cohorts/-": {"code": "A", "name": "x"}}, "/outcomes/cohorts/2/code", "code-not-valid"),
    ({"/outcomes/cohorts/0/name": "x" * 201}, "/outcomes/cohorts/0/name", "name-not-valid"),
    ({"/outcomes/cohorts/0/size": 0}, "/outcomes/cohorts/0/size", "number-out-of-range"),
    (
        {"/outcomes/cohorts/0/start": "2026-02-01", "/outcomes/cohorts/0/end": "2026-02-01"},
        "/outcomes/cohorts/0/end",
        "period-empty",
    ),
]
M, OBSERVED = "/outcomes/metrics/0", "/outcomes/metrics/1"
METRICS: list[Row] = [
    ({"/outcomes/metrics/-": a_metric("course", "site", "day", "units")}, "/outcomes/metrics/8/code", "stands-twice"),
    (
        {"/outcomes/metrics/-": {**a_metric("No!", "site", "day", "units"), "use": "observed"}},
        "/outcomes/metrics/8/code",
        "code-not-valid",
    ),
    ({f"{M}/name": " "}, f"{M}/name", "name-not-valid"),
    ({f"{M}/reportedBy": STRANGER}, f"{M}/reportedBy", "not-a-party"),
    ({f"{M}/verifiedBy": STRANGER}, f"{M}/verifiedBy", "not-a-party"),
    ({f"{M}/disputesDecidedBy": STRANGER}, f"{M}/disputesDecidedBy", "not-a-party"),
    ({f"{M}/verifiedBy": PROVIDER}, f"{M}/verifiedBy", "verifier-is-reporter"),
    ({f"{M}/verifiedBy": INVESTOR}, f"{M}/verifiedBy", "role-never-at-claims"),
    ({f"{M}/disputesDecidedBy": PAYER}, f"{M}/disputesDecidedBy", "decider-not-independent"),
    ({f"{M}/maxPaymentsPerPerson": 0}, f"{M}/maxPaymentsPerPerson", "number-out-of-range"),
    ({f"{M}/disputeDays": 3651}, f"{M}/disputeDays", "number-out-of-range"),
    (
        {f"{M}/ifNotDecided": {"afterDays": 0, "then": "accept"}},
        f"{M}/ifNotDecided/afterDays",
        "number-out-of-range",
    ),
    (
        {f"{M}/ifNotDecided": {"afterDays": 3651, "then": "escalate"}},
        f"{M}/ifNotDecided/afterDays",
        "number-out-of-range",
    ),
    (
        {f"{M}/ifNotDecided": {"afterDays": 30, "then": "escalate"}, f"{M}/disputesDecidedBy": "agreement"},
        f"{M}/ifNotDecided/then",
        "escalation-without-decider",
    ),
    ({f"{M}/measurementPoints/1/code": "6m"}, f"{M}/measurementPoints/1/code", "stands-twice"),
    ({f"{M}/measurementPoints/1/code": "one year"}, f"{M}/measurementPoints/1/code", "code-not-valid"),
    ({f"{M}/measurementPoints/1/name": ""}, f"{M}/measurementPoints/1/name", "name-not-valid"),
    ({f"{M}/unit": "share"}, f"{M}/unit", "unit-not-counted"),
    ({f"{M}/estimator": "ancova"}, f"{M}/estimator", "estimator-not-expected"),
    ({"/outcomes/metrics/3/estimator": ""}, "/outcomes/metrics/3/estimator", "name-not-valid"),
    ({f"{M}/prerequisite": "unknown"}, f"{M}/prerequisite", "metric-unknown"),
    ({f"{M}/prerequisite": "employed"}, f"{M}/prerequisite", "prerequisite-in-circle"),
    ({f"{M}/prerequisite": "village"}, f"{M}/prerequisite", "subject-differs"),
    ({f"{OBSERVED}/use": "paid"}, f"{OBSERVED}/use", "metric-without-rule"),
]


@table([*FRAME, *METRICS])
def test_terms_that_cannot_be_decided_are_refused_at_their_field(
    changes: dict[str, Any], pointer: str, code: str
) -> None:
    assert (pointer, code) in faults_of(changed(changes))


@table([row for row in [*FRAME, *METRICS] if row[2] not in ("stands-twice", "organisation-id-not-valid")])
def test_one_fault_is_told_once_and_without_others(changes: dict[str, Any], pointer: str, code: str) -> None:
    assert faults_of(changed(changes)) == [(pointer, code)]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"/currency": "XAU"}, "/currency", "currency-unknown"),
        ({"/servicePeriod/end": "2026-01-01"}, "/servicePeriod/end", "period-empty"),
        ({"/outcomePeriod/end": "2026-01-01"}, "/outcomePeriod/end", "period-empty"),
        ({"/outcomePeriod/start": "2025-12-31"}, "/outcomePeriod/start", "period-order"),
        ({"/outcomes/metrics": []}, "/outcomes/metrics", "metrics-missing"),
        ({"/outcomes/cohorts": []}, "/outcomes/cohorts", "cohorts-missing"),
        ({"/parties/0/role": "evaluator", "/parties/1/role": "evaluator"}, "/parties", "payer-missing"),
        ({"/payment/rules": []}, "/payment/rules", "rule-count"),
    ],
)
def test_what_much_else_rests_on_is_refused_at_its_field(changes: dict[str, Any], pointer: str, code: str) -> None:
    assert (pointer, code) in faults_of(changed(changes))


def test_terms_of_every_mechanism_that_can_be_decided_pass() -> None:
    assert faults_of(an_agreement()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {f"{M}/disputesDecidedBy": "agreement"},
        {f"{M}/disputesDecidedBy": "agreement", f"{M}/ifNotDecided": {"afterDays": 1, "then": "accept"}},
        {f"{M}/ifNotDecided": {"afterDays": 3650, "then": "escalate"}},
        {f"{M}/prerequisite": GONE},
        {"/outcomes/metrics/2/prerequisite": "course"},
        {"/outcomes/metrics/6/maxPaymentsPerPerson": 1000},
        {"/outcomes/cohorts/0/start": "2026-01-01", "/outcomes/cohorts/0/end": "2026-02-01"},
        {"/parties/1": {"organisationId": STRANGER, "role": "guarantor"}, "/payment/split": GONE, "/payment/caps": []},
    ],
)
def test_terms_that_say_it_otherwise_pass_too(changes: dict[str, Any]) -> None:
    assert faults_of(changed(changes)) == []


@pytest.mark.parametrize("kind", ["unit_price", "gate", "service_fee", "denominator", "exit", "release", "when"])
def test_any_place_in_the_payment_part_names_a_metric(kind: str) -> None:
    metric = a_metric("more", "participant", "outcome", "units", use="observed" if kind == "exit" else "paid")
    share = {"denominator": {"kind": "verified_count", "metric": "more"}}
    exits = {"denominator": {"kind": "as_enrolled", "neutralExits": ["more"]}}
    fee = {"amount": money("1.00"), "every": "year", "start": "2026-01-01", "until": "2027-01-01"}
    rules = {
        "unit_price": a_rule("unit_price", "more", metric="more", prices=[{"price": money("1.00")}]),
        "gate": a_rule("gate", "more", condition=a_threshold("more", "count", "ge", "1"), amount=money("1.00")),
        "service_fee": a_rule("service_fee", "more", delivery="more", **fee),
        "denominator": a_rule("gate", "more", condition=a_threshold("employed", "share", "ge", "0.5", **share))
        | {"amount": money("1.00")},
        "exit": a_rule("gate", "more", condition=a_threshold("employed", "share", "ge", "0.5", **exits))
        | {"amount": money("1.00")},
        "when": a_rule("service_fee", "more", when=a_threshold("more", "count", "ge", "1"), **fee),
    }
    added = {"/payment/rules/-": rules[kind]} if kind in rules else {}
    if kind == "release":
        added["/payment/retention/releaseWhen"] = a_threshold("more", "count", "ge", "1")
    assert faults_of(changed({"/outcomes/metrics/-": metric, **added})) == []


def test_prerequisites_that_lead_back_are_refused_at_each_metric_of_the_circle() -> None:
    document = changed({"/outcomes/metrics/1/prerequisite": "moved", "/outcomes/metrics/2/prerequisite": "course"})
    assert faults_of(document) == [
        ("/outcomes/metrics/1/prerequisite", "prerequisite-in-circle"),
        ("/outcomes/metrics/2/prerequisite", "prerequisite-in-circle"),
    ]


def test_what_was_sent_is_not_repeated() -> None:
    document = changed({"/timeZone": "canary", f"{M}/code": "canary!", "/payment/rules/0/index": "canary"})
    with pytest.raises(TermsNotValid) as refusal:
        check_terms(shapes.read(Agreement, document))
    assert "canary" not in str([refusal.value.detail, refusal.value.errors])


def test_an_unknown_field_is_named() -> None:
    document = an_agreement()
    document["payment"]["rules"][0]["bonus"] = 1
    with pytest.raises(shapes.ShapeNotAllowed) as refusal:
        shapes.read(Agreement, document)
    assert [fault.pointer for fault in refusal.value.errors] == ["/payment/rules/0/bonus"]


@pytest.mark.parametrize("text", ["true", 1.5, "3"])
def test_a_whole_number_is_not_guessed(text: Any) -> None:
    document = an_agreement()
    document["payment"]["dueDays"] = text
    with pytest.raises(shapes.ShapeNotAllowed):
        shapes.read(Agreement, document)
