import copy
from collections.abc import Callable
from typing import Any

import pytest

from services.core.terms.checks import TermsNotValid, check_terms
from services.core.terms.model import Agreement
from services.kit import shapes

PAYER, INVESTOR, PROVIDER, EVALUATOR, STRANGER = (
    "0088:9521000000018",
    "0088:9521000000025",
    "0088:9521000000032",
    "0088:9521000000049",
    "0088:9521000000056",
)


def an_agreement() -> dict[str, Any]:
    return {
        "parties": [
            {"organisationId": PAYER, "role": "payer"},
            {"organisationId": INVESTOR, "role": "investor"},
            {"organisationId": PROVIDER, "role": "provider"},
            {"organisationId": EVALUATOR, "role": "evaluator"},
        ],
        "currency": "DKK",
        "timeZone": "Europe/Copenhagen",
        "servicePeriod": {"start": "2026-01-01", "end": "2028-01-01"},
        "outcomePeriod": {"start": "2026-01-01", "end": "2029-01-01"},
        "claimsCloseOn": "2029-07-01",
        "effectiveFrom": "2026-01-01",
        "outcomes": {
            "metrics": [
                {
                    "code": "employed",
                    "name": "In employment for 13 weeks",
                    "subject": "participant",
                    "unit": "outcome",
                    "reports": "units",
                    "reportedBy": PROVIDER,
                    "verifiedBy": PAYER,
                    "disputesDecidedBy": EVALUATOR,
                    "measurementPoints": [{"code": "6m", "name": "After six months"}],
                }
            ],
            "cohorts": [{"code": "first", "name": "The first cohort"}],
        },
        "payment": {
            "rules": [
                {
                    "kind": "unit_price",
                    "code": "employed",
                    "metric": "employed",
                    "payee": INVESTOR,
                    "nature": "conditional_repayment",
                    "vat": {"category": "outside_scope", "pricesIncludeVat": False},
                    "prices": [
                        {"price": {"amount": "100.00", "currency": "DKK"}, "validTo": "2027-01-01"},
                        {"price": {"amount": "110.00", "currency": "DKK"}, "validFrom": "2027-01-01"},
                    ],
                }
            ],
            "caps": [{"kind": "contract", "amount": {"amount": "5000.00", "currency": "DKK"}}],
        },
    }


def _set(*path: Any) -> Callable[[dict[str, Any]], None]:
    *steps, last, what = path

    def change(document: dict[str, Any]) -> None:
        node: Any = document
        for step in steps:
            node = node[step]
        node[last] = what

    return change


def _more(*path: Any) -> Callable[[dict[str, Any]], None]:
    *steps, what = path

    def change(document: dict[str, Any]) -> None:
        node: Any = document
        for step in steps:
            node = node[step]
        node.append(what)

    return change


M, R = ("outcomes", "metrics", 0), ("payment", "rules", 0)
KR = {"amount": "1.00", "currency": "DKK"}
FAULTS = [
    (_set("parties", 0, "organisationId", "0237:2110625629"), "/parties/0/organisationId", "organisation-id-not-valid"),
    (_set("parties", 3, "organisationId", PROVIDER), "/parties/3/organisationId", "stands-twice"),
    (_set("parties", 0, "role", "provider"), "/parties", "one-payer"),
    (_more("parties", {"organisationId": STRANGER, "role": "payer"}), "/parties", "one-payer"),
    (_set("parties", 2, "role", "intermediary"), "/parties", "provider-missing"),
    (_set("currency", "XAU"), "/currency", "currency-unknown"),
    (_set("timeZone", "Copenhagen"), "/timeZone", "time-zone-unknown"),
    (_set("servicePeriod", "end", "2026-01-01"), "/servicePeriod/end", "period-empty"),
    (_set("outcomePeriod", "start", "2025-12-31"), "/outcomePeriod/start", "period-order"),
    (_set("claimsCloseOn", "2028-12-31"), "/claimsCloseOn", "claims-close-too-early"),
    (_set("effectiveFrom", "2026-01-02"), "/effectiveFrom", "effective-too-late"),
    (_set("outcomes", "metrics", []), "/outcomes/metrics", "metrics-missing"),
    (_set("outcomes", "cohorts", []), "/outcomes/cohorts", "cohorts-missing"),
    (_set(*M, "code", "Employed!"), "/outcomes/metrics/0/code", "code-not-valid"),
    (_set(*M, "name", " "), "/outcomes/metrics/0/name", "name-not-valid"),
    (_set(*M, "reportedBy", STRANGER), "/outcomes/metrics/0/reportedBy", "not-a-party"),
    (_set(*M, "verifiedBy", PROVIDER), "/outcomes/metrics/0/verifiedBy", "verifier-is-reporter"),
    (_set(*M, "verifiedBy", INVESTOR), "/outcomes/metrics/0/verifiedBy", "role-never-at-claims"),
    (_set(*M, "disputesDecidedBy", PAYER), "/outcomes/metrics/0/disputesDecidedBy", "decider-not-independent"),
    (_set(*M, "maxPaymentsPerPerson", 0), "/outcomes/metrics/0/maxPaymentsPerPerson", "number-out-of-range"),
    (_set("payment", "rules", []), "/payment/rules", "rule-count"),
    (_set(*R, "metric", "unknown"), "/payment/rules/0/metric", "metric-unknown"),
    (_set(*R, "payee", PAYER), "/payment/rules/0/payee", "payee-not-a-party"),
    (_set(*R, "maxUnitsPerPerson", 0), "/payment/rules/0/maxUnitsPerPerson", "number-out-of-range"),
    (_set(*R, "prices", []), "/payment/rules/0/prices", "price-gap"),
    (_set(*R, "prices", 1, "validFrom", "2027-02-01"), "/payment/rules/0/prices/1/validFrom", "price-gap"),
    (_set(*R, "prices", 1, "validFrom", "2026-12-01"), "/payment/rules/0/prices/1/validFrom", "price-overlap"),
    (_set(*R, "prices", 1, "validTo", "2028-01-01"), "/payment/rules/0/prices", "price-gap"),
    (_set(*R, "prices", 0, "price", "currency", "SEK"), "/payment/rules/0/prices/0/price/currency", "currency-differs"),
    (_set(*R, "prices", 0, "price", "amount", "-1.00"), "/payment/rules/0/prices/0/price/amount", "amount-too-low"),
    (_set(*R, "prices", 0, "price", "amount", "1e2"), "/payment/rules/0/prices/0/price/amount", "amount-not-valid"),
    (_set("payment", "caps", 0, "amount", "amount", "0.00"), "/payment/caps/0/amount/amount", "amount-too-low"),
    (_set("payment", "caps", 0, "rule", "employed"), "/payment/caps/0/rule", "rule-not-expected"),
    (_more("payment", "caps", {"kind": "rule", "amount": KR}), "/payment/caps/1/rule", "rule-unknown"),
    (_more("payment", "caps", {"kind": "contract", "amount": KR}), "/payment/caps/1", "cap-twice"),
    (_set("payment", "readableBy", ["investor"]), "/payment/readableBy", "payer-cannot-read"),
    (_set("outcomes", "readableBy", []), "/outcomes/readableBy", "payer-cannot-read"),
    (_set("payment", "dueDays", 366), "/payment/dueDays", "number-out-of-range"),
]


@pytest.mark.parametrize(("change", "pointer", "code"), FAULTS, ids=[f"{row[2]} at {row[1]}" for row in FAULTS])
def test_terms_that_cannot_be_decided_are_refused_at_their_field(
    change: Callable[[dict[str, Any]], None], pointer: str, code: str
) -> None:
    document = copy.deepcopy(an_agreement())
    change(document)
    with pytest.raises(TermsNotValid) as refusal:
        check_terms(shapes.read(Agreement, document))
    assert (pointer, code) in {(fault.pointer, fault.code) for fault in refusal.value.errors}
    assert all(fault.detail for fault in refusal.value.errors)


def test_terms_that_can_be_decided_pass() -> None:
    check_terms(shapes.read(Agreement, an_agreement()))


def test_both_parties_may_decide_disputes_by_agreement() -> None:
    document = an_agreement()
    document["outcomes"]["metrics"][0]["disputesDecidedBy"] = "agreement"
    check_terms(shapes.read(Agreement, document))


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
