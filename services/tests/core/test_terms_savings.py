from typing import Any

import pytest

from ..builders import GONE, a_component, a_metric, changed, money
from .deciding import Row, faults_of, table

SAVED, REST = "/payment/rules/5", "/payment/rules/6"
PURSE, OTHER = f"{SAVED}/components/0", f"{REST}/components/0"
NET = {"basis": "net_of_reimbursement"}


def given_back(share: str) -> dict[str, Any]:
    """A purse of which the state gives back a share."""
    return a_component("b", **NET, reimbursed=share)


PAID = a_metric("paid", "cohort", "amount", "measurement", "2027", "2026")
OPEN = {"share": "0.5"}
WRONG: list[Row] = [
    ({f"{SAVED}/components": []}, f"{SAVED}/components", "components-missing"),
    ({f"{SAVED}/components/-": a_component()}, f"{SAVED}/components/1/code", "stands-twice"),
    ({f"{PURSE}/code": "Benefits"}, f"{PURSE}/code", "code-not-valid"),
    ({f"{PURSE}/metric": "unknown", f"{PURSE}/code": "b"}, f"{PURSE}/metric", "metric-unknown"),
    ({f"{PURSE}/metric": "offences", f"{PURSE}/code": "b"}, f"{PURSE}/metric", "unit-not-amount"),
    (
        {"/outcomes/metrics/-": a_metric("paid", "cohort", "amount", "measurement"), f"{PURSE}/metric": "paid"}
        | {f"{PURSE}/code": "b"},
        f"{PURSE}/metric",
        "measurement-points-missing",
    ),
    (
        {"/outcomes/metrics/-": a_metric("paid", "cohort", "amount", "units", "2026"), f"{PURSE}/metric": "paid"}
        | {f"{PURSE}/code": "b"},
        f"{PURSE}/metric",
        "metric-does-not-fit",
    ),
    (
        {f"{SAVED}/components": [a_component("b", basis="net_of_reimbursement")]},
        f"{PURSE}/reimbursed",
        "reimbursed-missing",
    ),
    ({f"{PURSE}/reimbursed": "0.5"}, f"{PURSE}/reimbursed", "reimbursed-not-expected"),
    (
        {f"{SAVED}/components": [given_back("1.01")]},
        f"{PURSE}/reimbursed",
        "value-out-of-range",
    ),
    (
        {f"{SAVED}/components": [given_back("-0.5")]},
        f"{PURSE}/reimbursed",
        "value-out-of-range",
    ),
    ({f"{SAVED}/components": [given_back("half")]}, f"{PURSE}/reimbursed", "quantity-not-valid"),
    ({f"{PURSE}/baseline/amount/amount": "-1.00"}, f"{PURSE}/baseline/amount/amount", "amount-too-low"),
    ({f"{PURSE}/baseline/amount/currency": "NOK"}, f"{PURSE}/baseline/amount/currency", "currency-differs"),
    ({f"{SAVED}/shares": []}, f"{SAVED}/shares", "slices-missing"),
    ({f"{SAVED}/shares/1/share": "1.1"}, f"{SAVED}/shares/1/share", "value-out-of-range"),
    ({f"{SAVED}/shares/1/share": "-0.1"}, f"{SAVED}/shares/1/share", "value-out-of-range"),
    ({f"{SAVED}/shares/1/share": "50 %"}, f"{SAVED}/shares/1/share", "quantity-not-valid"),
    ({f"{SAVED}/shares/0/upTo": GONE}, f"{SAVED}/shares/0/upTo", "slice-open"),
    ({f"{SAVED}/shares/1/upTo": money("2000.00")}, f"{SAVED}/shares/1/upTo", "slice-not-open"),
    ({f"{SAVED}/shares/0/upTo": money("0.00")}, f"{SAVED}/shares/0/upTo/amount", "amount-too-low"),
    ({f"{SAVED}/shares/0/upTo": money("1.00", "SEK")}, f"{SAVED}/shares/0/upTo/currency", "currency-differs"),
    (
        {f"{SAVED}/shares/1": {**OPEN, "upTo": money("1000.00")}, f"{SAVED}/shares/-": OPEN},
        f"{SAVED}/shares/1/upTo",
        "slices-not-ascending",
    ),
    ({f"{SAVED}/deductible": money("-0.01")}, f"{SAVED}/deductible/amount", "amount-too-low"),
    ({f"{REST}/shares/0/share": "0.41"}, f"{REST}/shares", "shares-above-whole"),
    (
        {f"{REST}/shares": [{"share": "0.1", "upTo": money("9.00")}, {"share": "0.9"}]},
        f"{REST}/shares",
        "shares-above-whole",
    ),
    ({f"{OTHER}/flow": "revenue"}, f"{OTHER}/code", "component-differs"),
    ({f"{OTHER}/basis": "net_of_reimbursement", f"{OTHER}/reimbursed": "0.5"}, f"{OTHER}/code", "component-differs"),
    (
        {"/outcomes/metrics/-": a_metric("paid", "cohort", "amount", "measurement", "1"), f"{OTHER}/metric": "paid"},
        f"{OTHER}/code",
        "component-differs",
    ),
]


@table(WRONG)
def test_savings_that_cannot_be_decided_are_refused_at_their_field(
    changes: dict[str, Any], pointer: str, code: str
) -> None:
    assert faults_of(changed(changes)) == [(pointer, code)]


@pytest.mark.parametrize(
    "changes",
    [
        {f"{SAVED}/shares/1": {**OPEN, "upTo": money("1000.01")}, f"{SAVED}/shares/-": {"share": "0"}},
        {f"{SAVED}/components/-": a_component("wages", flow="revenue")},
        {f"{SAVED}/components": [given_back("1")], f"{REST}/shares/0/share": "1"},
        {f"{PURSE}/baseline": {"kind": "measured", "arm": "comparison"}},
        {f"{PURSE}/baseline": {"kind": "per_person_day", "amount": money("12.50")}, f"{SAVED}/twoSided": True},
        {f"{PURSE}/baseline": {"kind": "per_person", "amount": money("0.00")}, f"{SAVED}/deductible": GONE},
    ],
)
def test_savings_that_can_be_decided_pass(changes: dict[str, Any]) -> None:
    assert faults_of(changed(changes)) == []
