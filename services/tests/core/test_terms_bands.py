from typing import Any

import pytest

from ..builders import GONE, a_measure, changed, money
from .deciding import Row, faults_of, table

FLAT, MARGINAL, POINTS = (f"/payment/rules/{place}" for place in (1, 2, 3))


def flat(*edges: tuple[str | None, str | None]) -> list[dict[str, Any]]:
    """Flat bands between these edges."""
    return [{**_edges(start, end), "amount": money("1.00")} for start, end in edges]


def marginal(*edges: tuple[str | None, str | None]) -> list[dict[str, Any]]:
    """Marginal bands between these edges."""
    return [{**_edges(start, end), "rate": money("1.00")} for start, end in edges]


def _edges(start: str | None, end: str | None) -> dict[str, str]:
    return {name: text for name, text in (("from", start), ("to", end)) if text is not None}


COUNTS = {f"{FLAT}/measure": a_measure("employed", "count"), "/outcomes/metrics/2/use": "observed"}
WRONG: list[Row] = [
    ({f"{FLAT}/bands": []}, f"{FLAT}/bands", "bands-missing"),
    ({f"{FLAT}/points": [{"value": "1", "amount": money("1.00")}]}, f"{FLAT}/points", "points-not-expected"),
    ({f"{FLAT}/bands": flat(("0.5", "0.5"))}, f"{FLAT}/bands/0/to", "band-empty"),
    ({f"{FLAT}/bands": flat(("0.5", "0.4"))}, f"{FLAT}/bands/0/to", "band-empty"),
    ({f"{FLAT}/bands": flat((None, "0.5"), ("0.4", None))}, f"{FLAT}/bands/1/from", "band-overlap"),
    ({f"{FLAT}/bands": flat((None, "0.5"), (None, "0.6"))}, f"{FLAT}/bands/1/from", "band-overlap"),
    ({f"{FLAT}/bands": flat((None, None), ("0.5", None))}, f"{FLAT}/bands/1/from", "band-overlap"),
    ({f"{FLAT}/bands": flat(("0.5", "0.6"), ("0.2", "0.5"))}, f"{FLAT}/bands/1/from", "band-overlap"),
    ({f"{FLAT}/bands": flat((None, "0.5"), ("0.6", None))}, f"{FLAT}/bands/1/from", "band-gap"),
    ({f"{FLAT}/bands": flat((None, "0"), ("0", None))}, f"{FLAT}/bands/0/to", "band-unreachable"),
    ({f"{FLAT}/bands": flat((None, "1.1"), ("1.1", None))}, f"{FLAT}/bands/1/from", "band-unreachable"),
    ({**COUNTS, f"{FLAT}/bands": flat((None, "0"), ("0", None))}, f"{FLAT}/bands/0/to", "band-unreachable"),
    (
        {f"{FLAT}/method": "marginal", f"{FLAT}/bands": marginal((None, "1"), ("1", None))},
        f"{FLAT}/bands/1/from",
        "band-unreachable",
    ),
    ({**COUNTS, f"{FLAT}/bands": flat((None, "1.5"))}, f"{FLAT}/bands/0/to", "value-not-whole"),
    ({f"{FLAT}/bands/1/from": "half"}, f"{FLAT}/bands/1/from", "quantity-not-valid"),
    ({f"{FLAT}/bands/0/to": "5e-1"}, f"{FLAT}/bands/0/to", "quantity-not-valid"),
    ({f"{FLAT}/bands/0/to": "0." + "5" * 400}, f"{FLAT}/bands/0/to", "quantity-not-valid"),
    ({f"{FLAT}/bands/0/amount": GONE}, f"{FLAT}/bands/0/amount", "amount-missing"),
    ({f"{FLAT}/bands/0/rate": money("1.00")}, f"{FLAT}/bands/0/rate", "rate-not-expected"),
    ({f"{MARGINAL}/bands/0/rate": GONE}, f"{MARGINAL}/bands/0/rate", "rate-missing"),
    ({f"{MARGINAL}/bands/0/amount": money("1.00")}, f"{MARGINAL}/bands/0/amount", "amount-not-expected"),
    ({f"{FLAT}/bands/0/amount/amount": "-1.00"}, f"{FLAT}/bands/0/amount/amount", "amount-too-low"),
    ({f"{MARGINAL}/bands/1/rate/amount": "-1.00"}, f"{MARGINAL}/bands/1/rate/amount", "amount-too-low"),
    ({f"{MARGINAL}/bands/1/rate/currency": "EUR"}, f"{MARGINAL}/bands/1/rate/currency", "currency-differs"),
    ({f"{POINTS}/bands": flat((None, None))}, f"{POINTS}/bands", "bands-not-expected"),
    ({f"{POINTS}/points/1": GONE}, f"{POINTS}/points", "points-missing"),
    ({f"{POINTS}/points": []}, f"{POINTS}/points", "points-missing"),
    ({f"{POINTS}/points/1/value": "-1.0"}, f"{POINTS}/points/1/value", "points-not-ascending"),
    ({f"{POINTS}/points/1/value": "-2"}, f"{POINTS}/points/1/value", "points-not-ascending"),
    ({f"{POINTS}/points/1/value": "1,5"}, f"{POINTS}/points/1/value", "quantity-not-valid"),
    ({f"{POINTS}/twoSided": False}, f"{POINTS}/points/0/amount/amount", "amount-too-low"),
    ({f"{POINTS}/points/0/amount/amount": "50"}, f"{POINTS}/points/0/amount/amount", "amount-not-valid"),
    ({f"{FLAT}/per": "subject"}, f"{FLAT}/per", "per-subject-not-for-share"),
    ({f"{MARGINAL}/origin": "zero"}, f"{MARGINAL}/origin", "quantity-not-valid"),
    ({f"{FLAT}/origin": "0.1"}, f"{FLAT}/origin", "origin-not-expected"),
    ({f"{FLAT}/floor/amount": "9000.01"}, f"{FLAT}/floor", "floor-above-ceiling"),
    ({f"{FLAT}/floor/amount": "-0.01"}, f"{FLAT}/floor/amount", "amount-too-low"),
    ({f"{FLAT}/ceiling/amount": "0.00"}, f"{FLAT}/ceiling/amount", "amount-too-low"),
    ({f"{POINTS}/ceiling": money("-0.01")}, f"{POINTS}/ceiling/amount", "amount-too-low"),
    ({f"{FLAT}/measure/metric": "unknown"}, f"{FLAT}/measure/metric", "metric-unknown"),
]


@table(WRONG)
def test_bands_that_cannot_be_decided_are_refused_at_their_field(
    changes: dict[str, Any], pointer: str, code: str
) -> None:
    assert faults_of(changed(changes)) == [(pointer, code)]


@pytest.mark.parametrize(
    "changes",
    [
        {f"{FLAT}/bands": flat((None, "0.5"), ("0.50", "0.6"), ("0.6", None))},
        {f"{FLAT}/bands": flat(("0.2", "0.5"))},
        {f"{FLAT}/bands": flat((None, "1"), ("1", None))},
        {f"{FLAT}/bands": flat((None, None))},
        {**COUNTS, f"{FLAT}/bands": flat((None, "100"), ("100", None)), f"{FLAT}/per": "subject"},
        {f"{MARGINAL}/bands": marginal((None, "-1.5"), ("-1.5", None)), f"{MARGINAL}/origin": "-3"},
        {f"{MARGINAL}/bands/1/rate/amount": "-1.00", f"{MARGINAL}/twoSided": True},
        {f"{FLAT}/twoSided": True, f"{FLAT}/bands/0/amount/amount": "-5.00", f"{FLAT}/floor/amount": "-4.00"},
        {f"{FLAT}/floor/amount": "9000.00"},
        {f"{FLAT}/origin": "0.0"},
    ],
)
def test_bands_that_can_be_decided_pass(changes: dict[str, Any]) -> None:
    assert faults_of(changed(changes)) == []
