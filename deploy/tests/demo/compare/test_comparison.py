"""Tests: what came out is compared with what is expected, and each difference is told."""

from typing import Any

import pytest

from deploy.demo.cases.expectations import ExpectedGate, ExpectedPayment, ExpectedRefusal, ExpectedSplit
from deploy.demo.compare.comparison import differences, gate_of, refusal_differences
from deploy.demo.print.one_line import expected_in_one_line, got_in_one_line
from services.kit.doors import shapes

PARTS = {"payer": "0088:1", "payer-2": "0088:2", "investor": "0088:3"}


def dkk(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "DKK"}


def a_line(**changes: Any) -> dict[str, Any]:
    line = {
        "number": 1,
        "rule": "jobs",
        "kind": "unit_price",
        "price": dkk("10.00"),
        "people": 4,
        "units": 5,
        "amount": dkk("40.00"),
        "cut": [{"cap": "contract", "amount": dkk("10.00")}],
        "payee": "0088:3",
        "nature": "grant",
        "shares": [{"payer": "0088:1", "amount": dkk("30.00")}, {"payer": "0088:2", "amount": dkk("10.00")}],
    }
    return {**line, **changes}


def a_statement(*lines: dict[str, Any], total: str = "40.00") -> dict[str, Any]:
    return {"lines": list(lines), "total": dkk(total), "currency": "DKK", "contentSha256": "0" * 64}


WANTED: dict[str, Any] = {
    "total": dkk("40.00"),
    "lines": [{"rule": "jobs", "price": dkk("10.00"), "people": 4, "units": 5, "amount": dkk("40.00")}],
    "cut": [{"cap": "contract", "amount": dkk("10.00")}],
    "shares": [{"payer": "{payer-2}", "amount": dkk("10.00")}, {"payer": "{payer}", "amount": dkk("30.00")}],
    "payees": [{"payee": "{investor}", "nature": "grant", "amount": dkk("40.00")}],
}


def payment(**changes: Any) -> ExpectedPayment:
    return shapes.read(ExpectedPayment, {"kind": "payment", "statements": [{**WANTED, **changes}]})


def test_what_is_as_expected_differs_in_nothing() -> None:
    assert differences(payment(), [a_statement(a_line())], PARTS) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (a_statement(a_line(), total="41.00"), "statement 1, total: expected 40.00, got 41.00"),
        (a_statement(a_line(people=3)), "statement 1, line jobs, people: expected 4, got 3"),
        (a_statement(a_line(price=None)), "statement 1, line jobs, price: expected 10.00, got nothing"),
        (a_statement(a_line(rule="work")), "statement 1, lines: expected jobs; got work"),
        (a_statement(a_line(cut=[])), "statement 1, cut by contract: expected 10.00, got 0.00"),
        (
            a_statement(a_line(cut=[{"cap": "retention", "amount": dkk("4.00")}])),
            "statement 1, cut by retention: expected 0.00, got 4.00",
        ),
        (a_statement(a_line(shares=[])), "statement 1, share of {payer-2}: expected 10.00, got 0.00"),
        (
            a_statement(a_line(nature="service")),
            "statement 1, paid to {investor} as grant: expected 40.00, got 0.00",
        ),
    ],
)
def test_each_difference_is_told(statement: dict[str, Any], told: str) -> None:
    assert told in differences(payment(), [statement], PARTS)


def test_what_is_held_back_is_expected_as_what_a_cap_cuts() -> None:
    cut = [{"cap": "retention", "amount": dkk("4.00")}]
    assert differences(payment(cut=cut), [a_statement(a_line(cut=cut))], PARTS) == []


def test_what_is_not_said_is_not_compared() -> None:
    bare = shapes.read(ExpectedPayment, {"kind": "payment", "statements": [{"total": dkk("40.00")}]})
    assert differences(bare, [a_statement(a_line(rule="work", shares=None))], PARTS) == []


def test_a_statement_too_few_is_told() -> None:
    assert differences(payment(), [], PARTS) == ["statements: expected 1, got 0"]


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        (a_line(), "yes"),
        (a_line(amount=dkk("0.00")), "yes"),
        (a_line(amount=dkk("0.00"), cut=[]), "no"),
        (a_line(amount=dkk("0.00"), state="gate_not_met"), "no"),
        (a_line(amount=dkk("0.00"), state="not_yet_measured"), "not_yet_measured"),
    ],
)
def test_a_gate_is_what_its_line_says(line: dict[str, Any], holds: str) -> None:
    assert gate_of("jobs", [a_statement(line)]) == holds
    expected = shapes.read(ExpectedGate, {"kind": "gate", "gates": [{"rule": "jobs", "holds": "yes"}]})
    told = [] if holds == "yes" else [f"gate jobs: expected yes, got {holds}"]
    assert differences(expected, [a_statement(line)], PARTS) == told


def test_shares_are_summed_over_all_settlements() -> None:
    shares = [{"payer": "{payer}", "amount": dkk("60.00")}, {"payer": "{payer-2}", "amount": dkk("20.00")}]
    expected = shapes.read(ExpectedSplit, {"kind": "split", "total": dkk("80.00"), "shares": shares})
    assert differences(expected, [a_statement(a_line()), a_statement(a_line())], PARTS) == []
    assert len(differences(expected, [a_statement(a_line())], PARTS)) == 3
    assert expected_in_one_line(expected) == "split 60.00 + 20.00 = 80.00 DKK"


def test_a_refusal_is_the_same_faults_in_any_order() -> None:
    faults = [{"pointer": "/a", "code": "x"}, {"pointer": "/b", "code": "y"}]
    expected = shapes.read(ExpectedRefusal, {"kind": "refusal", "code": "terms-not-valid", "errors": faults})
    problem = {"code": "terms-not-valid", "errors": [{**fault, "detail": "No."} for fault in reversed(faults)]}
    assert refusal_differences(expected, problem) == []
    assert refusal_differences(expected, {**problem, "code": "other"}) == ["code: expected terms-not-valid, got other"]
    assert len(refusal_differences(expected, {"code": "terms-not-valid", "errors": []})) == 2
    assert refusal_differences(expected, None) == ["expected a refusal (terms-not-valid), got a draft"]
    assert got_in_one_line(expected, [], problem) == "refusal y at /b, x at /a"
