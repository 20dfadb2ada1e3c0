from collections.abc import Callable
from typing import Any

import pytest

from services.kit.testing import Doors

from ..builders import PAYER, PROVIDER
from .asking import CONTRACTS, a_body, post, refused

Change = Callable[[dict[str, Any]], object]


def _metric(body: dict[str, Any]) -> dict[str, Any]:
    metric: dict[str, Any] = body["outcomes"]["metrics"][0]
    return metric


def _rule(body: dict[str, Any]) -> dict[str, Any]:
    rule: dict[str, Any] = body["payment"]["rules"][0]
    return rule


def aarhus(share: str, count: str, whole: int) -> dict[str, Any]:
    """A share of a fixed number, also stated as a count."""
    denominator = {"kind": "fixed", "number": whole}
    measure = {"metric": "employed", "basis": "share", "missing": "as_failure", "denominator": denominator}
    also = {"basis": "count", "comparator": "ge", "value": count}
    return {"kind": "threshold", "measure": measure, "comparator": "ge", "value": share, "alsoStatedAs": also}


def _kr(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "DKK"}


def _priced(amount: str) -> Change:
    return lambda body: _rule(body)["prices"][0].update(price=_kr(amount))


def _when(condition: dict[str, Any]) -> Change:
    return lambda body: _rule(body).update(when=condition)


def _paid(kind: str, **fields: Any) -> Change:
    """Beside the unit price, a rule of another kind."""

    def change(body: dict[str, Any]) -> None:
        frame = {name: _rule(body)[name] for name in ("payee", "nature", "vat")}
        body["payment"]["rules"].append({"kind": kind, "code": "more", **frame, **fields})

    return change


def _banded(*edges: tuple[str | None, str | None]) -> Change:
    """Flat bands of a share, between these edges."""
    named = [{name: edge for name, edge in zip(("from", "to"), pair, strict=True) if edge} for pair in edges]
    measure = {"metric": "employed", "basis": "share", "missing": "as_failure"}
    return _paid("bands", measure=measure, method="flat", bands=[{**edge, "amount": _kr("1.00")} for edge in named])


def _capped(**cap: Any) -> Change:
    return lambda body: body["payment"]["caps"].append({"amount": _kr("1.00"), **cap})


def _deep(levels: int) -> dict[str, Any]:
    condition = aarhus("0.36", "162", 450)
    for _ in range(levels):
        condition = {"kind": "all_of", "conditions": [condition]}
    return condition


def _saved(*shares: str) -> Change:
    """Rules that each share the savings of one purse."""

    def change(body: dict[str, Any]) -> None:
        points = [{"code": "2026", "name": "The year 2026"}]
        other = {"code": "spent", "unit": "amount", "reports": "measurement", "measurementPoints": points}
        body["outcomes"]["metrics"].append({**_metric(body), **other})
        baseline = {"kind": "aggregate", "amount": _kr("1000.00")}
        purse = {"code": "benefits", "metric": "spent", "flow": "cost", "basis": "gross", "baseline": baseline}
        for share in shares:
            _paid("savings_share", components=[purse], shares=[{"share": share}], accumulation="per_period")(body)
            body["payment"]["rules"][-1]["code"] += f"-{len(body['payment']['rules'])}"

    return change


def _split(*maxima: str) -> Change:
    listed = [{"payer": PAYER, "amount": _kr(amount)} for amount in maxima]
    return lambda body: body["payment"].update(split={"kind": "maxima_in_order", "maxima": listed})


def _paused(*spans: tuple[str, str]) -> Change:
    windows = [
        {"mode": "paused", "code": f"w{place}", "start": start, "end": end, "thenPayable": True}
        for place, (start, end) in enumerate(spans)
    ]
    return lambda body: body["payment"].update(windows=windows)


RULE, MORE = "/payment/rules/0", "/payment/rules/1"
UNDECIDABLE: list[tuple[str, Change, str, str]] = [
    ("a price below zero", _priced("-1.00"), f"{RULE}/prices/0/price/amount", "amount-too-low"),
    ("a price with an exponent", _priced("1e2"), f"{RULE}/prices/0/price/amount", "amount-not-valid"),
    ("a huge price", _priced("9" * 300 + ".00"), f"{RULE}/prices/0/price/amount", "amount-not-valid"),
    (
        "values where units are paid",
        lambda body: _metric(body).update(reports="measurement"),
        f"{RULE}/metric",
        "metric-does-not-fit",
    ),
    (
        "a metric that is only observed",
        lambda body: _metric(body).update(use="observed"),
        f"{RULE}/metric",
        "metric-only-observed",
    ),
    (
        "a metric that nothing is paid by",
        lambda body: body["outcomes"]["metrics"].append({**_metric(body), "code": "idle"}),
        "/outcomes/metrics/1/use",
        "metric-without-rule",
    ),
    (
        "a metric before itself",
        lambda body: _metric(body).update(prerequisite="employed"),
        "/outcomes/metrics/0/prerequisite",
        "prerequisite-in-circle",
    ),
    (
        "a dispute that nobody decides",
        lambda body: _metric(body).update(disputesDecidedBy=PROVIDER),
        "/outcomes/metrics/0/disputesDecidedBy",
        "decider-not-independent",
    ),
    (
        "a zero denominator",
        _when(aarhus("0.31", "50", 0)),
        f"{RULE}/when/measure/denominator/number",
        "number-out-of-range",
    ),
    ("a share in per cent", _when(aarhus("31", "50", 162)), f"{RULE}/when/value", "value-out-of-range"),
    (
        "two wordings that differ",
        _when(aarhus("0.31", "50", 162)),
        f"{RULE}/when/alsoStatedAs",
        "threshold-contradictory",
    ),
    ("conditions nine deep", _when(_deep(9)), f"{RULE}/when" + "/conditions/0" * 8, "nesting-too-deep"),
    ("no condition", _when({"kind": "any_of", "conditions": []}), f"{RULE}/when/conditions", "conditions-missing"),
    ("bands that overlap", _banded((None, "0.5"), ("0.4", None)), f"{MORE}/bands/1/from", "band-overlap"),
    ("a gap between bands", _banded((None, "0.5"), ("0.6", None)), f"{MORE}/bands/1/from", "band-gap"),
    ("a band out of reach", _banded((None, "1.5"), ("1.5", None)), f"{MORE}/bands/1/from", "band-unreachable"),
    ("more than the whole saving", _saved("0.6", "0.5"), "/payment/rules/2/shares", "shares-above-whole"),
    (
        "a fee for less than a month",
        _paid("service_fee", amount=_kr("1.00"), every="month", start="2026-01-02", until="2026-02-28"),
        f"{MORE}/until",
        "no-whole-period",
    ),
    (
        "a day after the outcome period",
        _paid("milestone", metric="employed", amount=_kr("1.00"), dueOn="2029-01-01"),
        f"{MORE}/dueOn",
        "date-outside-period",
    ),
    (
        "a payer cap without overflow",
        _capped(kind="payer", payer=PAYER),
        "/payment/caps/1/overflow",
        "overflow-missing",
    ),
    (
        "a cap in another currency",
        _capped(kind="person", amount={"amount": "1.00", "currency": "SEK"}),
        "/payment/caps/1/amount/currency",
        "currency-differs",
    ),
    ("maxima below the cap", _split("4999.99"), "/payment/split/maxima", "maxima-below-cap"),
    (
        "windows that overlap",
        _paused(("2026-01-01", "2026-03-01"), ("2026-02-01", "2026-04-01")),
        "/payment/windows/1/start",
        "window-overlap",
    ),
    ("two payers and no split", lambda body: body["parties"][3].update(role="payer"), f"{RULE}/split", "split-missing"),
]


@pytest.mark.parametrize(
    ("change", "pointer", "code"), [row[1:] for row in UNDECIDABLE], ids=[row[0] for row in UNDECIDABLE]
)
async def test_terms_that_cannot_be_decided_are_refused_at_their_field(
    doors: Doors, change: Change, pointer: str, code: str
) -> None:
    body = a_body()
    change(body)
    problem = refused(await post(doors, PAYER, CONTRACTS, body), 422, "terms-not-valid")
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [(pointer, code)]


async def test_two_wordings_are_told_the_count_that_they_differ_on_unless_one_prevails(doors: Doors) -> None:
    body = a_body()
    _rule(body)["when"] = aarhus("0.31", "50", 162)
    problem = refused(await post(doors, PAYER, CONTRACTS, body), 422, "terms-not-valid")
    assert "50 of 162" in problem["errors"][0]["detail"]
    _rule(body)["when"] = aarhus("0.31", "50", 162) | {"prevails": "also_stated_as"}
    assert (await post(doors, PAYER, CONTRACTS, body)).status_code == 201


async def test_a_thousand_rules_are_the_most_and_ten_thousand_are_not_even_read(doors: Doors) -> None:
    body = a_body()
    body["payment"]["rules"] = [{**_rule(body), "code": f"r{number}"} for number in range(1001)]
    refused(await post(doors, PAYER, CONTRACTS, body), 422, "terms-not-valid", "/payment/rules")
    body["payment"]["rules"] *= 10
    refused(await post(doors, PAYER, CONTRACTS, body), 413, "too-large")
