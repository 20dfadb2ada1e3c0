"""Domain: a statement: one line for each rule, price and payee, each the sum of its items; and its content as JSON."""

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
    """A line: one rule at one price for one payee, and the sum of the changes of its items. Units, cuts and amount are
    differences to what was posted before."""

    rule: str
    kind: str
    price_minor: int | None
    payee: str
    nature: str
    by_person: bool
    """Whether the rule pays for single participants."""
    sample_subject_ids: frozenset[UUID]
    """The participants that it pays for, or some of them where they are very many; empty unless `by_person`."""
    subject_count: int
    """How many participants it pays for: 131."""
    measured_people: int
    """How many people its figures are about where it pays for no single one: 240 in two villages."""
    figures: Figures
    shares: Shares
    """Each payer's share of the amount, in minor units, in party order."""
    state: Reason | None = None
    """Why the rule gives nothing: `not-yet-measured`."""
    each_minor: int = 0
    """The amount of a unit that has no price and never varies, in minor units: that of a deliverable."""
    contract_changes: tuple[Change, ...] = ()
    """The changes among its items that rest on no single claim."""
    tells: Tells | None = None
    """What it gives away of a count of people; worked out only for an audience from whom small counts are hidden."""

    @property
    def price(self) -> int:
        """The amount of one unit, in minor units: its price, or the amount of a deliverable; 0 where it varies."""
        return self.price_minor or self.each_minor

    @property
    def people_count(self) -> int:
        """How many people stand behind it."""
        return self.subject_count if self.by_person else self.measured_people


@dataclass(frozen=True, slots=True)
class Statement:
    """All lines of a settlement, before they are shown to anyone. `version` is that of the terms in effect at its
    end."""

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
    """The statement over sums by line. A scheduled one lists every rule, also at zero, and why it gives nothing. A
    correction lists what changed."""
    terms = history.at_end(period.end)
    keys = set(sums.by_line)
    if kind == "scheduled":
        keys |= {(rule.code, price, rule.payee) for rule in terms.rules.values() for price in _listed(rule, period)}
    unchanged = {change.line: change for change in sums.unchanged}
    lines = (
        _line(history, key, sums.by_line.get(key), sums.nothing.get((key[0], key[2])), unchanged.get(key))
        for key in sorted(keys, key=lambda key: place_of_line(history, key))
    )
    return Statement(history, terms.version, kind, period, tuple(lines))


def _listed(rule: Rule, period: Period) -> list[int | None]:
    """The prices that a scheduled statement lists a rule at: those valid in its period, or else the first."""
    if not rule.prices:
        return [None]
    valid: list[int | None] = [
        price.minor for price in rule.prices if price.start < period.end and period.start < price.end
    ]
    return valid or [rule.prices[0].minor]


def _line(
    history: History, key: LineKey, line_sum: Sum | None, nothing: Reason | None, unchanged: Change | None
) -> Line:
    """The line of a sum; of zeros where nothing changed. `nothing` is why the rule gives nothing, `unchanged` what
    rests on no single claim and stays as posted."""
    code, price, payee = key
    rule = history.version(line_sum.version).rules[code] if line_sum else history.rules[code]
    total = line_sum or Sum(0, Figures(), {}, frozenset(), 0)
    shares: Counter[str] = Counter(dict.fromkeys(history.newest.payers(), 0))
    shares.update(total.shares)
    by_person = is_by_person(history, rule)
    return Line(
        rule=code,
        kind=rule.kind,
        price_minor=price,
        payee=payee,
        nature=rule.definition.nature,
        by_person=by_person,
        sample_subject_ids=total.sample_subject_ids if by_person else frozenset(),
        subject_count=total.subject_count if by_person else 0,
        measured_people=total.measured_people,
        figures=total.figures,
        shares=tuple(shares.items()),
        state=None if total.figures.amount_minor else nothing,
        each_minor=mechanism_of(rule.definition).each_minor(rule.definition),
        contract_changes=total.contract_changes or ((unchanged,) if unchanged else ()),
    )


def is_by_person(history: History, rule: Rule) -> bool:
    """Whether a rule pays for single participants."""
    return pays_each_subject(rule.definition) and any(
        history.metrics[code].subject == "participant" for code in rule.metrics
    )


def content_of(statement: Statement, shown: Sequence[Mapping[str, Any]], lines: Sequence[Line], total: int) -> Content:
    """The content of a statement with its lines as they are `shown`; totals are of `lines`. It has no id, no instant
    and no sequence: the same facts give the same hash (domain.md, section 5)."""
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
    """What each payee gets, by the nature of the money."""
    sums: Counter[tuple[str, str]] = Counter()
    for line in lines:
        sums[line.payee, line.nature] += line.figures.amount_minor
    return [
        {"payee": payee, "nature": nature, "amount": money(minor, currency)}
        for (payee, nature), minor in sorted(sums.items())
    ]


def line_content(number: int, line: Line, currency: str) -> Content:
    """The content of one line. Its names are hashed and never change."""
    content: Content = {"number": number, "rule": line.rule, "kind": line.kind}
    if line.price_minor is not None:
        content["price"] = money(line.price_minor, currency)
    content |= {
        "people": line.people_count,
        "units": line.figures.units,
        "amount": money(line.figures.amount_minor, currency),
        "cut": [{"cap": cap, "amount": money(minor, currency)} for cap, minor in line.figures.cuts],
        "payee": line.payee,
        "nature": line.nature,
        "shares": [{"payer": payer, "amount": money(minor, currency)} for payer, minor in line.shares],
    }
    return content if line.state is None else content | {"state": line.state.replace("-", "_")}


def money(minor: int, currency: str) -> Content:
    """An amount as JSON: 125000 minor units of DKK are `{"amount": "1250.00", "currency": "DKK"}`."""
    return {"amount": format_minor(minor, currency), "currency": currency}
