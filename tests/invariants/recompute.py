"""Tests: every settlement of a contract computed anew from facts alone, byte for byte (invariant 5)."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .claims import Claim, fold, noun_of
from .entitled import Key, PostedKey, cut_by_caps, payable
from .said import Fact
from .terms import CAPS, Terms

CONTRACTS, OUTCOMES, SETTLEMENT = (f"urn:enzym:{name}-service" for name in ("contracts", "outcomes", "settlement"))
Figures = tuple[int, ...]
NOTHING: Figures = (0, 0, 0, 0, 0)


@dataclass
class Posted:
    """What all settlements so far have posted, by key; and for which date and claim at last."""

    figures: dict[PostedKey, Figures] = field(default_factory=dict)
    achieved_on: dict[PostedKey, str] = field(default_factory=dict)

    def net(self) -> dict[Key, int]:
        """Minor units for each item, over its prices."""
        net: dict[Key, int] = {}
        for key, figures in self.figures.items():
            net[key[:3]] = net.get(key[:3], 0) + amount(figures)
        return net


@dataclass(frozen=True)
class Change:
    """What one settlement changes for one key."""

    key: PostedKey
    achieved_on: str
    figures: Figures


def amount(figures: Figures) -> int:
    """Minor units that are left of gross after the cuts."""
    return figures[1] - sum(figures[2:])


def recompute(facts: Sequence[Fact]) -> tuple[list[str], Posted]:
    """5: each settlement of one contract, computed from the facts that it froze, says what was calculated: what does
    not, and what must stand posted after all of them."""
    posted, findings, terms = Posted(), [], _terms(facts)
    if terms is None:
        return [], posted
    told = _by_settlement(facts)
    for settlement_id in _in_order_of_posting(facts):
        frozen, calculated, is_posted = (told[settlement_id].get(noun) for noun in ("frozen", "calculated", "posted"))
        if frozen is None or calculated is None:
            continue
        changes = _changes(terms, facts, frozen, posted)
        mine = content(terms, frozen, changes)
        if sha256(mine) != calculated["contentSha256"]:
            findings.append(f"5: settlement {settlement_id} says {_short(calculated)}; computed anew: {_short(mine)}")
        if is_posted is not None:
            _post(posted, changes)
    return findings, posted


def _post(posted: Posted, changes: Iterable[Change]) -> None:
    for change in changes:
        before = posted.figures.get(change.key, NOTHING)
        posted.figures[change.key] = tuple(a + b for a, b in zip(before, change.figures, strict=True))
        posted.achieved_on[change.key] = change.achieved_on


def _terms(facts: Iterable[Fact]) -> Terms | None:
    said = [json.loads(fact.body) for fact in facts if noun_of(fact.type) == "contract.activated"]
    return Terms(said[-1]) if said else None


def _by_settlement(facts: Iterable[Fact]) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {}
    for fact in facts:
        noun, _, participle = noun_of(fact.type).partition(".")
        if noun == "settlement":
            body = json.loads(fact.body)
            told.setdefault(body["settlementId"], {})[participle] = body
    return told


def _in_order_of_posting(facts: Iterable[Fact]) -> list[str]:
    """Settlements as they were frozen: one unposted at a time, so it is the order of posting too."""
    frozen = sorted(
        (fact for fact in facts if noun_of(fact.type) == "settlement.frozen"), key=lambda fact: fact.sequence
    )
    return [json.loads(fact.body)["settlementId"] for fact in frozen]


def known_claims(facts: Iterable[Fact], frozen: Mapping[str, Any]) -> dict[str, Claim]:
    """Claims as far as a settlement has frozen the facts of outcomes-service."""
    return fold((fact.type, json.loads(fact.body)) for fact in _known(facts, frozen, OUTCOMES))


def _known(facts: Iterable[Fact], frozen: Mapping[str, Any], source: str) -> list[Fact]:
    last = {position["source"]: position["sequence"] for position in frozen["known"]}
    rows = [fact for fact in facts if fact.source == source and fact.sequence <= last.get(source, 0)]
    return sorted(rows, key=lambda fact: fact.sequence)


def _changes(terms: Terms, facts: Sequence[Fact], frozen: Mapping[str, Any], posted: Posted) -> list[Change]:
    ends = frozen["period"]["end"]
    terminated = [
        json.loads(fact.body)["terminatedOn"]
        for fact in _known(facts, frozen, CONTRACTS)
        if noun_of(fact.type) == "contract.terminated"
    ]
    items = payable(terms, known_claims(facts, frozen).values(), terminated[-1] if terminated else None)
    items = [item for item in items if item.claim.achieved_on < ends]
    keys = {item.key for item in items}
    later = {key for key, day in posted.achieved_on.items() if day >= ends and key[:3] not in keys}
    net = {key: figure for key, figure in posted.net().items() if key not in {one[:3] for one in later}}
    cut_by_caps(terms, items, net, {key: figure for key, figure in posted.net().items() if key not in net})
    now = {(*item.key, item.price): (item.claim.achieved_on, item.figures) for item in items}
    changes = []
    for key in now.keys() | (posted.figures.keys() - later):
        day, figures = now.get(key, (posted.achieved_on.get(key, ""), NOTHING))
        before = posted.figures.get(key, NOTHING)
        if figures != before:
            changes.append(Change(key, day, tuple(a - b for a, b in zip(figures, before, strict=True))))
    return changes


def content(terms: Terms, frozen: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """What a statement over `changes` says, as its content hash covers it."""
    behind: dict[tuple[str, int], list[Change]] = {}
    for change in changes:
        behind.setdefault((change.key[0], change.key[3]), []).append(change)
    period = frozen["period"]
    lines: list[dict[str, Any]] = []
    for rule in terms.rules:
        prices = [minor for *_, minor in terms.prices(rule)]
        listed = [m for start, end, m in terms.prices(rule) if start < period["end"] and period["start"] < end]
        wanted = {price for code, price in behind if code == rule["code"]}
        if frozen["kind"] == "scheduled":
            wanted |= set(listed or prices[:1])
        for price in sorted(wanted, key=lambda price: prices.index(price) if price in prices else len(prices)):
            lines.append(_line(terms, len(lines) + 1, rule, price, behind.get((rule["code"], price), [])))
    total = sum(amount(change.figures) for change in changes)
    return {
        "termsVersion": terms.said["version"],
        "currency": terms.currency,
        "kind": frozen["kind"],
        "period": period,
        "lines": lines,
        "total": terms.money(total),
    }


def _line(terms: Terms, number: int, rule: Mapping[str, Any], price: int, changes: Sequence[Change]) -> dict[str, Any]:
    figures = [sum(column) for column in zip(NOTHING, *(change.figures for change in changes), strict=True)]
    left = terms.money(amount(tuple(figures)))
    return {
        "number": number,
        "rule": rule["code"],
        "price": terms.money(price),
        "people": len({change.key[1] for change in changes}),
        "units": figures[0],
        "amount": left,
        "cut": [
            {"cap": cap, "amount": terms.money(minor)} for cap, minor in zip(CAPS, figures[2:], strict=True) if minor
        ],
        "payee": rule["payee"],
        "shares": [{"payer": terms.payer, "amount": left}],
    }


def sha256(document: Mapping[str, Any]) -> str:
    """Over the canonical JSON (RFC 8785): every key here is ASCII and every number an integer."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _short(statement: Mapping[str, Any]) -> str:
    rows = [f"{line['rule']} {line['units']} {line['amount']['amount']}" for line in statement["lines"]]
    return f"total {statement['total']['amount']}, " + ", ".join(rows)
