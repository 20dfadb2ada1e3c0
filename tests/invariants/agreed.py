"""Tests: the contract of the checker's own tests, as it was said, and the statement of its settlement."""

from typing import Any

CONTRACT, SETTLED = "6f0d6c4e-5d53-4f0f-9a51-0b6c5f1d2a01", "s1"
PAYER, OTHER_PAYER, INVESTOR, PROVIDER = "payer", "region", "investor", "provider"
PERIOD = {"start": "2020-01-01", "end": "2021-01-01"}
PRICE, GATE, CAP_OF_YEAR, CAP = 10_000, 9_000, 25_000, 24_000
RETAINED = 1_000
"""Of each item at the price."""


def gbp(amount: int) -> dict[str, str]:
    """An amount in pounds."""
    sign = "-" if amount < 0 else ""
    return {"amount": f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02}", "currency": "GBP"}


def _party(organisation: str, role: str) -> dict[str, str]:
    return {"organisationId": organisation, "name": organisation, "role": role}


def _metric(code: str) -> dict[str, str]:
    kind = {"subject": "participant", "reports": "units", "unit": "outcome"}
    return {"code": code, **kind, "reportedBy": PROVIDER, "verifiedBy": PAYER, "disputesDecidedBy": "agreement"}


TWO_OF_THEM = {
    "kind": "threshold",
    "measure": {"metric": "m", "basis": "count", "missing": "as_failure"},
    "comparator": "ge",
    "value": "2",
}
ACTIVATED: dict[str, Any] = {
    "contractId": CONTRACT,
    "version": 1,
    "parties": [
        _party(PAYER, "payer"),
        _party(OTHER_PAYER, "payer"),
        _party(INVESTOR, "investor"),
        _party(PROVIDER, "provider"),
    ],
    "currency": "GBP",
    "timeZone": "Europe/London",
    "outcomePeriod": PERIOD,
    "claimsCloseOn": "2022-01-01",
    "effectiveFrom": "2020-01-01",
    "outcomes": {"metrics": [_metric("m")], "cohorts": []},
    "payment": {
        "rules": [
            {
                "kind": "unit_price",
                "code": "r",
                "metric": "m",
                "payee": INVESTOR,
                "nature": "service",
                "prices": [{"price": gbp(PRICE)}],
            },
            {
                "kind": "gate",
                "code": "g",
                "payee": PROVIDER,
                "nature": "conditional_repayment",
                "amount": gbp(GATE),
                "condition": TWO_OF_THEM,
            },
        ],
        "caps": [
            {"kind": "period", "amount": gbp(CAP_OF_YEAR), "every": "year", "periodBasis": "achieved"},
            {"kind": "contract", "amount": gbp(CAP)},
        ],
        "split": {
            "kind": "shares",
            "weights": [{"payer": PAYER, "weight": 2}, {"payer": OTHER_PAYER, "weight": 1}],
        },
        "retention": {"share": "0.1", "releaseOn": "2024-01-01"},
    },
}
"""Two people at 100.00, and 90.00 for both together: of 290.00 the cap of the year cuts 40.00 and that of the contract
10.00 from the last item; then a tenth of everything is held back, and the rest is paid two to one."""


def _line(number: int, rule: str, kind: str, **members: Any) -> dict[str, Any]:
    cut = [{"cap": cap, "amount": gbp(minor)} for cap, minor in members.pop("cut")]
    shares = [{"payer": payer, "amount": gbp(minor)} for payer, minor in members.pop("shares")]
    return {"number": number, "rule": rule, "kind": kind, "people": 2, "cut": cut, "shares": shares, **members}


STATEMENT: dict[str, Any] = {
    "termsVersion": 1,
    "currency": "GBP",
    "kind": "scheduled",
    "period": PERIOD,
    "lines": [
        _line(
            *(1, "r", "unit_price"),
            price=gbp(PRICE),
            units=2,
            amount=gbp(18_000),
            cut=[("retention", 2_000)],
            payee=INVESTOR,
            nature="service",
            shares=[(PAYER, 12_000), (OTHER_PAYER, 6_000)],
        ),
        _line(
            *(2, "g", "gate"),
            units=1,
            amount=gbp(3_600),
            cut=[("period", 4_000), ("contract", 1_000), ("retention", 400)],
            payee=PROVIDER,
            nature="conditional_repayment",
            shares=[(PAYER, 2_400), (OTHER_PAYER, 1_200)],
        ),
    ],
    "totals": [
        {"payee": INVESTOR, "nature": "service", "amount": gbp(18_000)},
        {"payee": PROVIDER, "nature": "conditional_repayment", "amount": gbp(3_600)},
    ],
    "total": gbp(21_600),
}
POSTINGS = {
    f"payee/{INVESTOR}/receivable": 18_000,
    f"payee/{PROVIDER}/receivable": 3_600,
    f"payer/{PAYER}/payable": -14_400,
    f"payer/{OTHER_PAYER}/payable": -7_200,
}
