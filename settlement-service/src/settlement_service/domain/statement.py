"""Domain: a statement: one line for each rule and price, each the sum of its items, and what it says in JSON."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from uuid import UUID

from services.core.money import format_minor
from services.core.period import Period
from settlement_service.domain.difference import Change, Settled
from settlement_service.domain.history import History
from settlement_service.domain.items import Figures, Shares
from settlement_service.domain.reasons import Reason
from settlement_service.domain.terms import Rule, is_by_subject

Kind: TypeAlias = Literal["scheduled", "correction"]
Content: TypeAlias = dict[str, Any]
LineKey: TypeAlias = tuple[str, int | None, str]
"""Rule, price where it has one, and who is paid."""


@dataclass(frozen=True, slots=True)
class Line:
    """One rule at one price: the sum of what its items changed. `people` are the distinct participants behind it where
    it pays for single ones (`by_person`), `behind` how many its figures are about where it does not; units, cuts and
    amount are differences to what was posted. `state` says why a rule gives nothing as a whole."""

    rule: str
    kind: str
    price_minor: int | None
    payee: str
    nature: str
    by_person: bool
    people: frozenset[UUID]
    behind: int
    figures: Figures
    shares: Shares
    """Each payer's share of the amount, in minor units, in party order."""
    state: Reason | None = None

    @property
    def price(self) -> int:
        """The price of one unit in minor units; 0 where there is none."""
        return self.price_minor or 0

    @property
    def counted(self) -> int:
        """How many people stand behind it."""
        return len(self.people) if self.by_person else self.behind


@dataclass(frozen=True, slots=True)
class Statement:
    """What a settlement says, before it is told to anyone. `version` is that of the terms in effect at its end."""

    history: History
    version: int
    kind: Kind
    period: Period
    lines: tuple[Line, ...]

    @property
    def currency(self) -> str:
        """The contract's currency."""
        return self.history.newest.currency


def statement_of(history: History, kind: Kind, period: Period, settled: Settled) -> Statement:
    """The statement over what is settled. A scheduled one lists every rule, also at zero; a correction what
    changed."""
    terms = history.at_end(period.end)
    behind: dict[LineKey, list[Change]] = {}
    for change in settled.changes:
        behind.setdefault((change.key.item.rule, change.key.price_minor, change.key.payee), []).append(change)
    wanted = set(behind)
    if kind == "scheduled":
        wanted |= {(rule.code, price, rule.payee) for rule in terms.rules.values() for price in _listed(rule, period)}
    ordered = sorted(wanted, key=lambda key: _place(history, key))
    lines = (_line(history, key, behind.get(key, ()), settled.nothing.get(key[0])) for key in ordered)
    return Statement(history, terms.version, kind, period, tuple(lines))


def _place(history: History, key: LineKey) -> tuple[int, int, int, str]:
    rule, price, payee = key
    return history.positions[rule], history.rules[rule].price_rank(price), price or 0, payee


def _listed(rule: Rule, period: Period) -> list[int | None]:
    """The prices that a scheduled statement lists: those valid in its period, else the first."""
    if not rule.prices:
        return [None]
    valid: list[int | None] = [
        price.minor for price in rule.prices if price.start < period.end and period.start < price.end
    ]
    return valid or [rule.prices[0].minor]


def _line(history: History, key: LineKey, changes: Sequence[Change], nothing: Reason | None) -> Line:
    code, price, payee = key
    rule = history.version(changes[0].version).rules[code] if changes else history.rules[code]
    figures = sum((change.difference for change in changes), Figures())
    shares: Counter[str] = Counter(dict.fromkeys(history.newest.payers(), 0))
    for change in changes:
        shares.update(dict(change.shares))
    by_person = is_by_person(history, rule)
    return Line(
        rule=code,
        kind=rule.kind,
        price_minor=price,
        payee=payee,
        nature=rule.said.nature,
        by_person=by_person,
        people=frozenset(change.key.item.subject_id for change in changes) if by_person else frozenset(),
        behind=max((change.behind for change in changes), default=0),
        figures=figures,
        shares=tuple(shares.items()),
        state=None if figures.amount_minor else nothing,
    )


def is_by_person(history: History, rule: Rule) -> bool:
    """Whether a rule pays for single participants."""
    return is_by_subject(rule.said) and any(history.metrics[code].subject == "participant" for code in rule.metrics)


def content_of(statement: Statement, shown: Sequence[Mapping[str, Any]], lines: Sequence[Line], total: int) -> Content:
    """What a statement says with these lines, as they are `shown`: no id, no instant, no sequence (domain.md,
    section 5)."""
    return {
        "termsVersion": statement.version,
        "currency": statement.currency,
        "kind": statement.kind,
        "period": {"start": statement.period.start.isoformat(), "end": statement.period.end.isoformat()},
        "lines": [dict(line) for line in shown],
        "totals": _totals(lines, statement.currency),
        "total": money(total, statement.currency),
    }


def _totals(lines: Iterable[Line], currency: str) -> list[Content]:
    """What each payee gets, by what the money is."""
    sums: Counter[tuple[str, str]] = Counter()
    for line in lines:
        sums[line.payee, line.nature] += line.figures.amount_minor
    return [
        {"payee": payee, "nature": nature, "amount": money(minor, currency)}
        for (payee, nature), minor in sorted(sums.items())
    ]


def line_content(number: int, line: Line, currency: str) -> Content:
    """What one line says."""
    said: Content = {"number": number, "rule": line.rule, "kind": line.kind}
    if line.price_minor is not None:
        said["price"] = money(line.price_minor, currency)
    said |= {
        "people": line.counted,
        "units": line.figures.units,
        "amount": money(line.figures.amount_minor, currency),
        "cut": [{"cap": cap, "amount": money(minor, currency)} for cap, minor in line.figures.cuts],
        "payee": line.payee,
        "nature": line.nature,
        "shares": [{"payer": payer, "amount": money(minor, currency)} for payer, minor in line.shares],
    }
    return said if line.state is None else said | {"state": line.state.replace("-", "_")}


def money(minor: int, currency: str) -> Content:
    """An amount as it is said outside."""
    return {"amount": format_minor(minor, currency), "currency": currency}
