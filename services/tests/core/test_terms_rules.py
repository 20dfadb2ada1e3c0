from typing import Any

import pytest

from ..builders import GONE, PAYER, PROVIDER, STRANGER, a_rule, a_threshold, changed, money
from .deciding import Row, faults_of, table

R = "/payment/rules"
PLACED, GATE, READY, FEE, VILLAGES = (f"{R}/{place}" for place in (0, 4, 7, 8, 9))
PRICE = f"{PLACED}/prices/0/price"
LATER = {"price": money("1.00"), "validFrom": "2030-01-01"}
COMMON: list[Row] = [
    ({f"{VILLAGES}/code": "Villages"}, f"{VILLAGES}/code", "code-not-valid"),
    ({f"{VILLAGES}/code": "fee"}, f"{VILLAGES}/code", "stands-twice"),
    ({f"{FEE}/payee": PAYER}, f"{FEE}/payee", "payee-not-a-party"),
    ({f"{FEE}/payee": STRANGER}, f"{FEE}/payee", "payee-not-a-party"),
    ({f"{FEE}/posting": ["account"]}, f"{FEE}/posting/0", "posting-not-valid"),
    ({f"{FEE}/posting": ["Account:1"]}, f"{FEE}/posting/0", "posting-not-valid"),
    ({f"{FEE}/posting": ["account:1 2"]}, f"{FEE}/posting/0", "posting-not-valid"),
    ({f"{FEE}/posting": ["account:1", "account:2"]}, f"{FEE}/posting/1", "stands-twice"),
    ({f"{FEE}/posting": [f"scheme-{number}:1" for number in range(21)]}, f"{FEE}/posting", "posting-count"),
    ({f"{FEE}/when": a_threshold("unknown", "count", "ge", "1")}, f"{FEE}/when/measure/metric", "metric-unknown"),
    ({f"{GATE}/amount": money("0.00")}, f"{GATE}/amount/amount", "amount-too-low"),
    ({f"{GATE}/amount": money("-1.00")}, f"{GATE}/amount/amount", "amount-too-low"),
    ({f"{GATE}/amount": money("1.00", "SEK")}, f"{GATE}/amount/currency", "currency-differs"),
]
UNIT_PRICES: list[Row] = [
    ({f"{VILLAGES}/metric": "unknown", "/outcomes/metrics/6/use": "observed"}, f"{VILLAGES}/metric", "metric-unknown"),
    (
        {f"{VILLAGES}/metric": "wellbeing", "/outcomes/metrics/6/use": "observed"},
        f"{VILLAGES}/metric",
        "metric-does-not-fit",
    ),
    (
        {f"{VILLAGES}/metric": "course", "/outcomes/metrics/6/use": "observed"},
        f"{VILLAGES}/metric",
        "metric-only-observed",
    ),
    ({"/outcomes/metrics/6/use": "observed"}, f"{VILLAGES}/metric", "metric-only-observed"),
    ({f"{PLACED}/maxUnitsPerPerson": 0}, f"{PLACED}/maxUnitsPerPerson", "number-out-of-range"),
    ({f"{PLACED}/maxUnitsPerPerson": 10**14}, f"{PLACED}/maxUnitsPerPerson", "number-out-of-range"),
    ({f"{PLACED}/maxUnits": 0}, f"{PLACED}/maxUnits", "number-out-of-range"),
    ({f"{PLACED}/maxUnits": 10**14}, f"{PLACED}/maxUnits", "number-out-of-range"),
    ({f"{PLACED}/index": "prices"}, f"{PLACED}/index", "index-unknown"),
    ({f"{PLACED}/prices": []}, f"{PLACED}/prices", "price-gap"),
    ({f"{PLACED}/prices/1/validFrom": "2027-02-01"}, f"{PLACED}/prices/1/validFrom", "price-gap"),
    ({f"{PLACED}/prices/1/validFrom": "2026-12-01"}, f"{PLACED}/prices/1/validFrom", "price-overlap"),
    ({f"{PLACED}/prices/1/validTo": "2028-01-01"}, f"{PLACED}/prices", "price-gap"),
    ({f"{PLACED}/prices/-": {**LATER, "validTo": "2030-01-01"}}, f"{PLACED}/prices/2/validTo", "period-empty"),
    ({f"{PRICE}/currency": "SEK"}, f"{PRICE}/currency", "currency-differs"),
    ({f"{PRICE}/amount": "-1.00"}, f"{PRICE}/amount", "amount-too-low"),
    ({f"{PRICE}/amount": "1e2"}, f"{PRICE}/amount", "amount-not-valid"),
    ({f"{PRICE}/amount": "+1.00"}, f"{PRICE}/amount", "amount-not-valid"),
    ({f"{PRICE}/amount": "1.0"}, f"{PRICE}/amount", "amount-not-valid"),
    ({f"{PRICE}/amount": "01.00"}, f"{PRICE}/amount", "amount-not-valid"),
    ({f"{PRICE}/amount": "9" * 400 + ".00"}, f"{PRICE}/amount", "amount-not-valid"),
    ({f"{PRICE}/amount": "NaN"}, f"{PRICE}/amount", "amount-not-valid"),
]
BY_DATE: list[Row] = [
    ({f"{READY}/metric": "unknown"}, f"{READY}/metric", "metric-unknown"),
    ({f"{READY}/metric": "wellbeing"}, f"{READY}/metric", "metric-does-not-fit"),
    ({f"{READY}/metric": "course"}, f"{READY}/metric", "metric-only-observed"),
    ({f"{READY}/amount/amount": "0.00"}, f"{READY}/amount/amount", "amount-too-low"),
    ({f"{READY}/dueOn": "2025-12-31"}, f"{READY}/dueOn", "date-outside-period"),
    ({f"{READY}/dueOn": "2029-01-01"}, f"{READY}/dueOn", "date-outside-period"),
    ({f"{READY}/dueOn": GONE}, f"{READY}/late", "late-not-expected"),
    ({f"{FEE}/until": "2026-01-01"}, f"{FEE}/until", "period-empty"),
    ({f"{FEE}/start": "2025-12-31"}, f"{FEE}/start", "date-outside-period"),
    ({f"{FEE}/until": "2029-01-02"}, f"{FEE}/until", "date-outside-period"),
    ({f"{FEE}/until": "2026-03-31"}, f"{FEE}/until", "no-whole-period"),
    ({f"{FEE}/start": "2026-01-02", f"{FEE}/until": "2026-06-30"}, f"{FEE}/until", "no-whole-period"),
    ({f"{FEE}/every": "year", f"{FEE}/start": "2026-01-02"}, f"{FEE}/until", "no-whole-period"),
    ({f"{FEE}/amount/amount": "0.00"}, f"{FEE}/amount/amount", "amount-too-low"),
    ({f"{FEE}/delivery": "unknown"}, f"{FEE}/delivery", "metric-unknown"),
    ({f"{FEE}/delivery": "wellbeing"}, f"{FEE}/delivery", "metric-does-not-fit"),
]


@table([*COMMON, *UNIT_PRICES, *BY_DATE])
def test_a_rule_that_cannot_be_decided_is_refused_at_its_field(
    changes: dict[str, Any], pointer: str, code: str
) -> None:
    assert faults_of(changed(changes)) == [(pointer, code)]


@pytest.mark.parametrize(
    "changes",
    [
        {f"{PRICE}/amount": "0.00"},
        {f"{PRICE}/amount": "-1.00", f"{PLACED}/twoSided": True},
        {f"{PLACED}/prices": [{"price": money("1.00"), "validFrom": "2025-01-01", "validTo": "2031-01-01"}]},
        {
            f"{PLACED}/prices/1/validTo": "2028-01-01",
            f"{PLACED}/prices/-": {"price": money("1.00")} | {"validFrom": "2028-01-01"},
        },
        {f"{PLACED}/maxUnits": 10**9, f"{PLACED}/maxUnitsPerPerson": 1},
        {f"{FEE}/delivery": GONE},
        {f"{FEE}/delivery": "course"},
        {f"{FEE}/every": "month", f"{FEE}/start": "2026-01-15", f"{FEE}/until": "2026-03-14"},
        {f"{FEE}/every": "quarter", f"{FEE}/start": "2026-02-15", f"{FEE}/until": "2026-07-01"},
        {f"{FEE}/every": "year", f"{FEE}/start": "2026-01-02", f"{FEE}/until": "2028-01-01"},
        {f"{READY}/dueOn": GONE, f"{READY}/late": "pays"},
        {f"{READY}/dueOn": "2028-12-31"},
        {f"{FEE}/posting": [f"scheme-{number}:A.b_c-{number}" for number in range(20)]},
        {f"{GATE}/amount": money("0.01"), f"{GATE}/payee": PROVIDER},
    ],
)
def test_a_rule_that_can_be_decided_passes(changes: dict[str, Any]) -> None:
    assert faults_of(changed(changes)) == []


@pytest.mark.parametrize(("many", "fault"), [(1000, []), (1001, [(R, "rule-count")]), (10_000, [(R, "rule-count")])])
def test_there_are_at_most_a_thousand_rules(many: int, fault: list[tuple[str, str]]) -> None:
    document = changed({})
    had = len(document["payment"]["rules"])
    document["payment"]["rules"] += [
        a_rule("unit_price", f"more-{number}", metric="village", prices=[{"price": money("1.00")}])
        for number in range(many - had)
    ]
    assert faults_of(document) == fault
