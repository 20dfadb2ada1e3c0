from typing import Any

import pytest

from ..builders import GONE, PAYER, a_threshold, changed, money
from .deciding import Row, faults_of, table

W, GRANT, PAUSED = "/payment/windows", "/payment/windows/0", "/payment/windows/1"
INDEX, HELD = "/payment/indices/0", "/payment/retention"
LATER = {"mode": "paused", "code": "later", "start": "2028-01-01", "end": "2029-01-01", "thenPayable": False}
OF_WINDOWS: list[Row] = [
    ({f"{GRANT}/start": "2025-12-31"}, f"{GRANT}/start", "date-outside-period"),
    ({f"{W}/-": {**LATER, "end": "2029-01-02"}}, f"{W}/2/end", "date-outside-period"),
    ({f"{PAUSED}/end": "2026-07-01"}, f"{PAUSED}/end", "period-empty"),
    ({f"{PAUSED}/start": "2026-06-30"}, f"{PAUSED}/start", "window-overlap"),
    ({f"{W}/-": {**LATER, "start": "2026-02-01", "end": "2026-03-01"}}, f"{W}/2/start", "window-overlap"),
    ({f"{PAUSED}/code": "start"}, f"{PAUSED}/code", "stands-twice"),
    ({f"{PAUSED}/code": "fee"}, f"{PAUSED}/code", "code-of-a-rule"),
    ({f"{PAUSED}/code": "The end"}, f"{PAUSED}/code", "code-not-valid"),
    ({f"{GRANT}/payee": PAYER}, f"{GRANT}/payee", "payee-not-a-party"),
    ({f"{GRANT}/amount": money("0.00")}, f"{GRANT}/amount/amount", "amount-too-low"),
    ({f"{GRANT}/amount": money("1.00", "GBP")}, f"{GRANT}/amount/currency", "currency-differs"),
    ({f"{GRANT}/start": "2026-01-02", f"{GRANT}/end": "2026-06-30"}, f"{GRANT}/end", "no-whole-period"),
    ({f"{GRANT}/every": "year"}, f"{GRANT}/end", "no-whole-period"),
]
OF_INDICES: list[Row] = [
    ({f"{INDEX}/base": "0"}, f"{INDEX}/base", "value-out-of-range"),
    ({f"{INDEX}/base": "-100"}, f"{INDEX}/base", "value-out-of-range"),
    ({f"{INDEX}/base": "1e2"}, f"{INDEX}/base", "quantity-not-valid"),
    ({f"{INDEX}/values": []}, f"{INDEX}/values", "index-values-missing"),
    ({f"{INDEX}/values/1/value": "0.00"}, f"{INDEX}/values/1/value", "value-out-of-range"),
    ({f"{INDEX}/values/1/value": "9" * 16}, f"{INDEX}/values/1/value", "quantity-not-valid"),
    ({f"{INDEX}/values/1/from": "2026-01-01"}, f"{INDEX}/values/1/from", "index-not-ascending"),
    ({f"{INDEX}/values/0/from": "2026-01-02"}, f"{INDEX}/values/0/from", "index-too-late"),
    (
        {"/payment/indices/-": {"code": "wages", "base": "1", "values": [{"from": "2020-01-01", "value": "1"}]}},
        "/payment/indices/1/code",
        "stands-twice",
    ),
    (
        {"/payment/indices/-": {"code": "Wages", "base": "1", "values": [{"from": "2020-01-01", "value": "1"}]}},
        "/payment/indices/1/code",
        "code-not-valid",
    ),
]
OF_RETENTION: list[Row] = [
    ({f"{HELD}/share": "0"}, f"{HELD}/share", "value-out-of-range"),
    ({f"{HELD}/share": "1"}, f"{HELD}/share", "value-out-of-range"),
    ({f"{HELD}/share": "10 %"}, f"{HELD}/share", "quantity-not-valid"),
    ({f"{HELD}/releaseWhen": GONE}, HELD, "release-missing"),
    ({f"{HELD}/releaseOn": "2029-01-01"}, f"{HELD}/releaseWhen", "release-twice"),
    ({f"{HELD}/releaseWhen": GONE, f"{HELD}/releaseOn": "2025-12-31"}, f"{HELD}/releaseOn", "date-outside-period"),
    (
        {f"{HELD}/releaseWhen": a_threshold("employed", "mean", "ge", "1")},
        f"{HELD}/releaseWhen/measure/basis",
        "basis-does-not-fit",
    ),
    ({f"{HELD}/rules": []}, f"{HELD}/rules", "rules-missing"),
    ({f"{HELD}/rules": ["unknown"]}, f"{HELD}/rules/0", "rule-unknown"),
    ({f"{HELD}/rules": ["fee", "fee"]}, f"{HELD}/rules/1", "stands-twice"),
]


@table([*OF_WINDOWS, *OF_INDICES, *OF_RETENTION])
def test_what_stands_around_rules_and_cannot_be_decided_is_refused_at_its_field(
    changes: dict[str, Any], pointer: str, code: str
) -> None:
    assert faults_of(changed(changes)) == [(pointer, code)]


@pytest.mark.parametrize(
    "changes",
    [
        {f"{W}/-": LATER},
        {f"{GRANT}/start": "2026-01-02"},
        {f"{INDEX}/values/0/from": "2019-01-01"},
        {f"{INDEX}/values/1/value": "0.000000000001"},
        {f"{HELD}/releaseWhen": GONE, f"{HELD}/releaseOn": "2031-01-01"},
        {f"{HELD}/rules": GONE},
        {HELD: GONE},
    ],
)
def test_what_stands_around_rules_and_can_be_decided_passes(changes: dict[str, Any]) -> None:
    assert faults_of(changed(changes)) == []
