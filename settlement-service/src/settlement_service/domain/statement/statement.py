"""Domain: a statement: one line for each rule and price, each the sum of its items, and what it says in JSON."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from uuid import UUID

from services.core.money import format_minor
from services.core.period import Period
from services.core.terms.mechanisms.table import pays_each_subject
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Rule
from settlement_service.domain.facts.figures import Figures, LineKey, Shares
from settlement_service.domain.mechanisms.table import mechanism_of
from settlement_service.domain.settling.change import Change, place_of_line
from settlement_service.domain.settling.reasons import Reason
from settlement_service.domain.settling.settle import Settled
from settlement_service.domain.settling.sums import Sum, Sums, sums_of
from settlement_service.domain.statement.counting import Tells

Kind: TypeAlias = Literal["scheduled", "correction"]
Content: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One rule at one price: the sum of what its items changed. Units, cuts and amount are differences to what was
    posted."""

    rule: str
    kind: str
    price_minor: int | None
    payee: str
    nature: str
    by_person: bool
    """Whether it pays for single participants."""
    sample_subject_ids: frozenset[UUID]
    """The participants that it pays for, or some of them where they are very many; none where it pays for no single
    one."""
    subject_count: int
    """How many these are: 131."""
    measured_people: int
    """How many people its figures are about where it pays for no single one: 240 in two villages."""
    figures: Figures
    shares: Shares
    """Each payer's share of the amount, in minor units, in party order."""
    state: Reason | None = None
    """Why a rule gives nothing as a whole."""
    each_minor: int = 0
    """What one unit gives where it has no price and never varies, in minor units."""
    contract_changes: tuple[Change, ...] = ()
    """What rests on no single claim in it."""
    tells: Tells | None = None
    """What it gives away of a number of people, found out for who may not be told few."""

    @property
    def price(self) -> int:
        """What one unit gives, in minor units: its price, or the one amount of a deliverable; 0 where it varies."""
        return self.price_minor or self.each_minor

    @property
    def people_count(self) -> int:
        """How many people stand behind it."""
        return self.subject_count if self.by_person else self.measured_people


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
    """The statement over what is settled."""
    return statement_over(history, kind, period, Sums(sums_of(settled.changes), settled.nothing, settled.unchanged))


def statement_over(history: History, kind: Kind, period: Period, sums: Sums) -> Statement:
    """The statement over sums by line. A scheduled one lists every rule, also at zero, and why it gives nothing; a
    correction what changed."""
    terms = history.at_end(period.end)
    wanted = set(sums.by_line)
    if kind == "scheduled":
        wanted |= {(rule.code, price, rule.payee) for rule in terms.rules.values() for price in _listed(rule, period)}
    ordered = sorted(wanted, key=lambda key: place_of_line(history, key))
    stands = {change.line: change for change in sums.unchanged}
    lines = (
        _line(history, key, sums.by_line.get(key), sums.nothing.get((key[0], key[2])), stands.get(key))
        for key in ordered
    )
    return Statement(history, terms.version, kind, period, tuple(lines))


def _listed(rule: Rule, period: Period) -> list[int | None]:
    """The prices that a scheduled statement lists: those valid in its period, else the first."""
    if not rule.prices:
        return [None]
    valid: list[int | None] = [
        price.minor for price in rule.prices if price.start < period.end and period.start < price.end
    ]
    return valid or [rule.prices[0].minor]


def _line(history: History, key: LineKey, found: Sum | None, nothing: Reason | None, stands: Change | None) -> Line:
    code, price, payee = key
    rule = history.version(found.version).rules[code] if found else history.rules[code]
    of = found or Sum(0, Figures(), {}, frozenset(), 0)
    shares: Counter[str] = Counter(dict.fromkeys(history.newest.payers(), 0))
    shares.update(of.shares)
    by_person = is_by_person(history, rule)
    return Line(
        rule=code,
        kind=rule.kind,
        price_minor=price,
        payee=payee,
        nature=rule.definition.nature,
        by_person=by_person,
        sample_subject_ids=of.sample_subject_ids if by_person else frozenset(),
        subject_count=of.subject_count if by_person else 0,
        measured_people=of.measured_people,
        figures=of.figures,
        shares=tuple(shares.items()),
        state=None if of.figures.amount_minor else nothing,
        each_minor=mechanism_of(rule.definition).each_minor(rule.definition),
        contract_changes=of.contract_changes or ((stands,) if stands else ()),
    )


def is_by_person(history: History, rule: Rule) -> bool:
    """Whether a rule pays for single participants."""
    return pays_each_subject(rule.definition) and any(
        history.metrics[code].subject == "participant" for code in rule.metrics
    )


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
        "people": line.people_count,
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
