"""Domain: a statement: one line for each rule and price, each the sum of its items, and what it says in JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from uuid import UUID

from services.core.money import format_minor
from services.core.period import Period
from settlement_service.domain.difference import Change
from settlement_service.domain.items import Figures
from settlement_service.domain.terms import Rule, Terms

Kind: TypeAlias = Literal["scheduled", "correction"]
Content: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One rule at one price: the sum of what its items changed. `people` are the distinct participants behind it;
    units, cuts and amount are differences to what was posted, so that price x units - cuts is the amount."""

    rule: str
    price_minor: int
    payee: str
    people: frozenset[UUID]
    figures: Figures
    shares: tuple[tuple[str, int], ...]
    """Each payer's share of the amount, in minor units."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a settlement says, before it is told to anyone."""

    terms: Terms
    kind: Kind
    period: Period
    lines: tuple[Line, ...]


def statement_of(terms: Terms, kind: Kind, period: Period, changes: Iterable[Change]) -> Statement:
    """The statement over `changes`. A scheduled one lists every rule, also at zero; a correction what changed."""
    behind: dict[tuple[str, int], list[Change]] = {}
    for change in changes:
        behind.setdefault((change.key.item.rule, change.key.price_minor), []).append(change)
    wanted = set(behind)
    if kind == "scheduled":
        wanted |= {(rule.code, price) for rule in terms.rules.values() for price in _listed(rule, period)}
    ordered = sorted(wanted, key=lambda key: (terms.rules[key[0]].position, terms.rules[key[0]].price_rank(key[1])))
    lines = (_line(terms, rule, price, behind.get((rule, price), ())) for rule, price in ordered)
    return Statement(terms, kind, period, tuple(lines))


def _listed(rule: Rule, period: Period) -> list[int]:
    """The prices that a scheduled statement lists: those valid in its period, else the first."""
    valid = [price.minor for price in rule.prices if price.start < period.end and period.start < price.end]
    return valid or [rule.prices[0].minor]


def _line(terms: Terms, rule: str, price_minor: int, changes: Sequence[Change]) -> Line:
    figures = sum((change.difference for change in changes), Figures())
    shares = dict.fromkeys(terms.payers(), 0)
    for change in changes:
        shares[change.key.payer] += change.difference.amount_minor
    return Line(
        rule=rule,
        price_minor=price_minor,
        payee=terms.rules[rule].payee,
        people=frozenset(change.key.item.subject_id for change in changes),
        figures=figures,
        shares=tuple(shares.items()),
    )


def content_of(statement: Statement, lines: Sequence[Mapping[str, Any]], total_minor: int) -> Content:
    """What a statement says with these lines: no id, no instant, no sequence (domain.md, section 5)."""
    terms = statement.terms
    return {
        "termsVersion": terms.version,
        "currency": terms.currency,
        "kind": statement.kind,
        "period": {"start": statement.period.start.isoformat(), "end": statement.period.end.isoformat()},
        "lines": [dict(line) for line in lines],
        "total": money(total_minor, terms.currency),
    }


def line_content(number: int, line: Line, currency: str) -> Content:
    """What one line says."""
    return {
        "number": number,
        "rule": line.rule,
        "price": money(line.price_minor, currency),
        "people": len(line.people),
        "units": line.figures.units,
        "amount": money(line.figures.amount_minor, currency),
        "cut": [{"cap": cap, "amount": money(minor, currency)} for cap, minor in line.figures.cuts],
        "payee": line.payee,
        "shares": [{"payer": payer, "amount": money(minor, currency)} for payer, minor in line.shares],
    }


def money(minor: int, currency: str) -> Content:
    """An amount as it is said outside."""
    return {"amount": format_minor(minor, currency), "currency": currency}
