"""Tests: terms of every mechanism that can be decided, to be made wrong where a test needs it."""

import copy
from typing import Any

PAYER, PAYER_2, INVESTOR, PROVIDER, EVALUATOR, STRANGER = (
    "0088:9521000000018",
    "0088:9521000000063",
    "0088:9521000000025",
    "0088:9521000000032",
    "0088:9521000000049",
    "0088:9521000000056",
)
GONE = object()
"""In place of a value: the field is left out."""


def money(amount: str, currency: str = "DKK") -> dict[str, str]:
    """An amount as terms say it."""
    return {"amount": amount, "currency": currency}


def a_metric(code: str, subject: str, unit: str, reports: str, *points: str, **other: Any) -> dict[str, Any]:
    """A metric that the provider reports and a payer verifies."""
    return {
        "code": code,
        "name": f"What {code} stands for",
        "subject": subject,
        "unit": unit,
        "reports": reports,
        "reportedBy": PROVIDER,
        "verifiedBy": PAYER,
        "disputesDecidedBy": EVALUATOR,
        **({"measurementPoints": [{"code": point, "name": f"At {point}"} for point in points]} if points else {}),
        **other,
    }


def a_rule(kind: str, code: str, **other: Any) -> dict[str, Any]:
    """A rule that pays the investor."""
    frame = {"payee": INVESTOR, "nature": "conditional_repayment"}
    vat = {"category": "outside_scope", "pricesIncludeVat": False}
    return {"kind": kind, "code": code, **frame, "vat": vat, **other}


def a_measure(metric: str, basis: str, **other: Any) -> dict[str, Any]:
    """A measure that counts who was not measured as failure."""
    return {"metric": metric, "basis": basis, "missing": "as_failure", **other}


def a_threshold(metric: str, basis: str, comparator: str, value: str, **other: Any) -> dict[str, Any]:
    """A threshold; fields of its measure and its own are told apart by name."""
    own: dict[str, Any] = {name: other.pop(name) for name in ("alsoStatedAs", "prevails") if name in other}
    measure = a_measure(metric, basis, **other)
    return {"kind": "threshold", "measure": measure, "comparator": comparator, "value": value, **own}


def a_component(code: str = "benefits", **other: Any) -> dict[str, Any]:
    """A purse in which less was spent than expected."""
    baseline = {"kind": "aggregate", "amount": money("1000000.00")}
    return {"code": code, "metric": "spending", "flow": "cost", "basis": "gross", "baseline": baseline, **other}


def metrics() -> list[dict[str, Any]]:
    """One metric of every sort."""
    return [
        a_metric("employed", "participant", "outcome", "units", "6m", "12m", prerequisite="course"),
        a_metric("course", "participant", "outcome", "units", use="observed"),
        a_metric("moved", "participant", "outcome", "units", use="observed"),
        a_metric("wellbeing", "participant", "point", "measurement", "before", "after", estimator="ancova"),
        a_metric("offences", "cohort", "outcome", "measurement", "y1"),
        a_metric("spending", "cohort", "amount", "measurement", "2026", "2027"),
        a_metric("village", "site", "outcome", "units", maxPaymentsPerPerson=2),
        a_metric("plan", "cohort", "outcome", "units"),
    ]


def rules() -> list[dict[str, Any]]:
    """One rule of every kind, and each method of bands."""
    share = a_measure("employed", "share", denominator={"kind": "as_enrolled", "neutralExits": ["moved"]})
    return [
        a_rule(
            "unit_price",
            "placed",
            metric="employed",
            prices=[
                {"price": money("100.00"), "validTo": "2027-01-01"},
                {"price": money("110.00"), "validFrom": "2027-01-01"},
            ],
            index="wages",
            when=a_threshold("employed", "count", "ge", "10", at="6m", cohorts=["first", "second"]),
            posting=["account:4610", "year:2026"],
        ),
        a_rule(
            "bands",
            "share",
            measure=share,
            method="flat",
            bands=[{"to": "0.5", "amount": money("0.00")}, {"from": "0.5", "amount": money("9000.00")}],
            floor=money("0.00"),
            ceiling=money("9000.00"),
        ),
        a_rule(
            "bands",
            "score",
            measure=a_measure("wellbeing", "mean", at="after"),
            method="marginal",
            bands=[{"from": "0", "to": "2", "rate": money("5.00")}, {"from": "2", "rate": money("7.00")}],
            per="subject",
        ),
        a_rule(
            "bands",
            "fewer",
            measure=a_measure("offences", "difference", against="comparison"),
            method="interpolated",
            points=[{"value": "-1", "amount": money("-50.00")}, {"value": "1.5", "amount": money("70.00")}],
            twoSided=True,
        ),
        a_rule("gate", "effect", condition=a_condition(), amount=money("5000.00")),
        a_rule(
            "savings_share",
            "saved",
            components=[a_component()],
            shares=[{"share": "0.6", "upTo": money("1000.00")}, {"share": "0.5"}],
            accumulation="cumulative",
            deductible=money("0.00"),
        ),
        a_rule(
            "savings_share", "rest", components=[a_component()], shares=[{"share": "0.4"}], accumulation="cumulative"
        ),
        a_rule("milestone", "ready", metric="plan", amount=money("10.00"), dueOn="2026-07-01", late="lost"),
        a_rule(
            "service_fee",
            "fee",
            amount=money("10.00"),
            every="quarter",
            start="2026-01-01",
            until="2027-01-01",
            delivery="plan",
        ),
        a_rule("unit_price", "villages", metric="village", prices=[{"price": money("6250.00")}]),
    ]


def a_condition() -> dict[str, Any]:
    """Thresholds of several bases, nested."""
    also = {"basis": "share", "comparator": "ge", "value": "0.36"}
    wordings = {"alsoStatedAs": also, "denominator": {"kind": "fixed", "number": 450}}
    bound = {"bound": {"of": "difference", "level": "0.95"}, "against": "baseline"}
    reached = a_threshold("employed", "count", "ge", "162", **wordings)
    better = a_threshold("wellbeing", "lower_bound", "gt", "0", **bound)
    fewer = a_threshold("offences", "relative_change", "le", "-0.10", against="comparison")
    return {"kind": "any_of", "conditions": [fewer, {"kind": "all_of", "conditions": [reached, better]}]}


def payment() -> dict[str, Any]:
    """A payment part with everything in it."""
    return {
        "rules": rules(),
        "caps": [
            {"kind": "contract", "amount": money("500000.00")},
            {"kind": "person", "amount": money("2000.00")},
            {"kind": "rule", "rule": "placed", "amount": money("9000.00")},
            {"kind": "period", "every": "quarter", "periodBasis": "settled", "amount": money("90000.00")},
            {"kind": "payer", "payer": PAYER, "overflow": "next_payer", "amount": money("1000.00")},
        ],
        "split": {"kind": "shares", "weights": [{"payer": PAYER, "weight": 1}, {"payer": PAYER_2, "weight": 2}]},
        "windows": [
            {
                "mode": "grant",
                "code": "start",
                "start": "2026-01-01",
                "end": "2026-07-01",
                "amount": money("100.00"),
                "every": "quarter",
                "payee": PROVIDER,
                "nature": "grant",
                "vat": {"category": "outside_scope", "pricesIncludeVat": False},
            },
            {"mode": "paused", "code": "closed", "start": "2026-07-01", "end": "2026-08-01", "thenPayable": True},
        ],
        "indices": [
            {
                "code": "wages",
                "base": "100",
                "values": [{"from": "2026-01-01", "value": "100"}, {"from": "2027-01-01", "value": "102.5"}],
            }
        ],
        "retention": {"share": "0.10", "releaseWhen": a_threshold("employed", "count", "ge", "5"), "rules": ["placed"]},
    }


def an_agreement() -> dict[str, Any]:
    """The JSON document of terms that can be decided."""
    return {
        "parties": [
            {"organisationId": PAYER, "role": "payer"},
            {"organisationId": PAYER_2, "role": "payer"},
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
            "metrics": metrics(),
            "cohorts": [{"code": "first", "name": "The first"}, {"code": "second", "name": "The second"}],
        },
        "payment": payment(),
    }


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """The agreement with other values at JSON pointers; `-` at the end of one appends, GONE leaves out."""
    document = an_agreement()
    for pointer, new in changes.items():
        *steps, last = pointer.removeprefix("/").split("/")
        node: Any = document
        for step in steps:
            node = node[int(step) if isinstance(node, list) else step]
        if last == "-":
            node.append(copy.deepcopy(new))
        elif new is GONE:
            del node[int(last) if isinstance(node, list) else last]
        else:
            node[int(last) if isinstance(node, list) else last] = copy.deepcopy(new)
    return document
