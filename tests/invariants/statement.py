"""Tests: what a statement says over what is settled, byte for byte, written a second time by the checker."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .items import CUTS, NOTHING, amount, plus
from .settling import Change, Settled
from .terms import History, Terms, pays_for_people

LineKey = tuple[str, int | None, str]
"""Rule, price where there is one, and who is paid."""


def content(history: History, frozen: Mapping[str, Any], settled: Settled) -> dict[str, Any]:
    """What the statement says, as its content hash covers it."""
    period, terms = frozen["period"], history.at_end(frozen["period"]["end"])
    changes_by_line: dict[LineKey, list[Change]] = {}
    for change in settled.changes:
        changes_by_line.setdefault((change.key[0], change.key[3], change.key[4]), []).append(change)
    wanted = set(changes_by_line) | (_listed(terms, period) if frozen["kind"] == "scheduled" else set())
    ordered = sorted(wanted, key=lambda key: _place(history, key))
    lines = [
        _line(history, number, key, changes_by_line.get(key, []), settled.nothing.get((key[0], key[2])))
        for number, key in enumerate(ordered, start=1)
    ]
    newest = history.newest
    return {
        "termsVersion": terms.version,
        "currency": newest.currency,
        "kind": frozen["kind"],
        "period": period,
        "lines": lines,
        "totals": _totals(newest, lines),
        "total": newest.money(sum(amount(change.figures) for change in settled.changes)),
    }


def _listed(terms: Terms, period: Mapping[str, str]) -> set[LineKey]:
    """Every rule, at the prices that hold in the period; else at the first."""
    keys: set[LineKey] = set()
    for code, rule in terms.rules.items():
        prices = terms.prices(rule)
        valid = [minor for start, end, minor in prices if start < period["end"] and period["start"] < end]
        some: Sequence[int | None] = valid or [minor for *_, minor in prices[:1]] or [None]
        keys |= {(code, price, rule["payee"]) for price in some}
    return keys


def _place(history: History, key: LineKey) -> tuple[int, int, int, str]:
    code, price, payee = key
    prices: list[int | None] = [minor for *_, minor in history.prices_of(code)]
    return history.places[code], prices.index(price) if price in prices else len(prices), price or 0, payee


def _line(
    history: History, number: int, key: LineKey, changes: Sequence[Change], nothing: str | None
) -> dict[str, Any]:
    code, price, payee = key
    first = min(changes, key=lambda change: change.achieved_on, default=None)
    rule = history.version(first.version).rules[code] if first else history.rules[code]
    figures = NOTHING
    shares = dict.fromkeys(history.newest.payers, 0)
    for change in changes:
        figures = plus(figures, change.figures)
        for payer, minor in change.shares.items():
            shares[payer] = shares.get(payer, 0) + minor
    money = history.newest.money
    line: dict[str, Any] = {"number": number, "rule": code, "kind": rule["kind"]}
    if price is not None:
        line["price"] = money(price)
    line |= {
        "people": _people(history, code, changes),
        "units": figures[0],
        "amount": money(amount(figures)),
        "cut": [{"cap": cap, "amount": money(minor)} for cap, minor in zip(CUTS, figures[2:], strict=True) if minor],
        "payee": payee,
        "nature": rule["nature"],
        "shares": [{"payer": payer, "amount": money(minor)} for payer, minor in shares.items()],
    }
    if nothing is not None and not amount(figures):
        line["state"] = nothing.replace("-", "_")
    return line


def _people(history: History, code: str, changes: Iterable[Change]) -> int:
    """Distinct participants where single ones are paid for, else how many the figures are about."""
    if pays_for_people(history, code):
        return len({change.key[1] for change in changes})
    return max((change.people_count for change in changes), default=0)


def _totals(terms: Terms, lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What each payee gets, by what the money is."""
    sums: dict[tuple[str, str], int] = {}
    for line in lines:
        place = line["payee"], line["nature"]
        sums[place] = sums.get(place, 0) + terms.minor(line["amount"])
    return [
        {"payee": payee, "nature": nature, "amount": terms.money(minor)}
        for (payee, nature), minor in sorted(sums.items())
    ]


def sha256(document: Mapping[str, Any]) -> str:
    """Over the canonical JSON (RFC 8785): every key here is ASCII and every number an integer."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
