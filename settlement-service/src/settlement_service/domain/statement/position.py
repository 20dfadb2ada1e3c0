"""Domain: where a contract stands: entitled, settled, waiting, and how much room is left under each cap."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import assert_never
from uuid import UUID

from settlement_service.domain.agreement.audience import Audience
from settlement_service.domain.agreement.calendar import is_name_of, last_day_before, name_of
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Limit
from settlement_service.domain.facts.figures import Figures
from settlement_service.domain.limits.cap_use import people_at, used_by_group, used_by_payer
from settlement_service.domain.limits.shares import Shared
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.settling.basis import Basis
from settlement_service.domain.settling.settle import due_before
from settlement_service.domain.statement.statement import is_by_person


@dataclass(frozen=True, slots=True)
class RulePosition:
    """Where one rule stands: what verified outcomes give under all caps, and what of it is posted, in minor units.
    `people` is how many it is given for, or how many were measured for it."""

    rule: str
    people: int
    figures: Figures
    settled_minor: int

    @property
    def entitled_minor(self) -> int:
        """What is due after all caps."""
        return self.figures.amount_minor

    @property
    def waiting_minor(self) -> int:
        """What the next settlement over everything known would post."""
        return self.entitled_minor - self.settled_minor


@dataclass(frozen=True, slots=True)
class Headroom:
    """How far a cap is used up by what is due, in minor units. It applies to a rule, a period of the calendar or a
    payer; None stands for the contract. For the cap on each person: how many have reached it."""

    cap: str
    applies_to: str | None
    limit_minor: int
    used_minor: int | None
    people_at_limit: int | None = None


@dataclass(frozen=True, slots=True)
class NotPaid:
    """How many items a rule pays nothing for, for one reason; the rule is empty where none pays for the metric."""

    rule: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class ContractPosition:
    """Where a contract stands, as one party is shown it."""

    rules: tuple[RulePosition, ...]
    headroom: tuple[Headroom, ...]
    not_paid: tuple[NotPaid, ...]


def position_of(basis: Basis, audience: Audience, ends: date) -> ContractPosition:
    """Where the contract stands for one party, by all facts that are known and what was achieved before `ends`. `basis`
    is that of the whole contract: items that the party does not see take up room under its caps too."""
    now = due_before(basis, ends)
    settled: dict[str, int] = defaultdict(int)
    for posted in basis.posted:
        if audience.sees_line(posted.key.item.rule, posted.key.payee):
            settled[posted.key.item.rule] += posted.figures.amount_minor
    own = [
        shared
        for shared in now.due
        if audience.sees_line(shared.due.item.key.rule, _payee(basis.history, shared.due.item))
    ]
    rules = by_rule(basis.history, own, settled)
    return ContractPosition(
        rules=tuple(rule for rule in rules if rule.rule in audience.lines),
        headroom=tuple(_headroom(basis, audience, now.due, ends)),
        not_paid=_not_paid(basis.history, now.items, audience),
    )


def _payee(history: History, item: Item) -> str:
    return history.payee_of(item.key.rule, item.version)


def by_rule(history: History, due: Iterable[Shared], settled: Mapping[str, int]) -> list[RulePosition]:
    """The position of every rule; `settled` is what is posted, in minor units, by rule."""
    figures: dict[str, Figures] = defaultdict(Figures)
    people: dict[str, set[UUID]] = defaultdict(set)
    measured: Counter[str] = Counter()
    for shared in due:
        item = shared.due.item
        figures[item.key.rule] += shared.due.figures
        people[item.key.rule].add(item.key.subject_id)
        measured[item.key.rule] = max(measured[item.key.rule], item.measured_people)
    return [
        RulePosition(
            code,
            len(people[code]) if is_by_person(history, rule) else measured[code],
            figures[code],
            settled.get(code, 0),
        )
        for code, rule in history.rules.items()
    ]


def _headroom(basis: Basis, audience: Audience, due: Sequence[Shared], ends: date) -> Iterator[Headroom]:
    """The headroom of each cap that a party may know. Caps on persons and payers are for payers alone: what another
    payer has left, or how many persons reached a cap, is no matter of others."""
    terms = basis.history.at_end(ends)
    if not terms.may_read(audience.role, "payment"):
        return
    for limit in terms.limits:
        if _may_know(audience, limit):
            yield from _of_limit(limit, basis, due, ends)


def _may_know(audience: Audience, limit: Limit) -> bool:
    match limit.definition.kind:
        case "person" | "payer":
            return audience.sees_everything
        case "rule":
            return limit.definition.rule in audience.lines
        case "period" | "contract":
            return True
        case kind:
            assert_never(kind)


def _of_limit(limit: Limit, basis: Basis, due: Sequence[Shared], ends: date) -> Iterator[Headroom]:
    kind = limit.definition.kind
    if kind == "person":
        yield Headroom(kind, None, limit.minor, None, people_at(limit, due))
    elif kind == "payer":
        yield Headroom(kind, limit.definition.payer, limit.minor, used_by_payer(limit, due))
    elif limit.definition.period_basis == "settled":
        yield from _of_settled(limit, basis, due, ends)
    else:
        for name, minor in used_by_group(limit, due).items():
            yield Headroom(kind, name or None, limit.minor, minor)


def _of_settled(limit: Limit, basis: Basis, due: Sequence[Shared], ends: date) -> Iterator[Headroom]:
    """The headroom of a cap on what is settled in a period: what was posted in each, and in the present one what waits
    too. Of 50,000.00 a year, 30,000.00 was posted in 2026 and 5,000.00 waits: 35,000.00 is used."""
    every = limit.definition.every
    assert every is not None
    used = {name: minor for name, minor in basis.settled.items() if is_name_of(name, every)}
    present = name_of(last_day_before(ends), every)
    waits = sum(shared.due.figures.under_caps_minor for shared in due)
    waits -= sum(posted.figures.under_caps_minor for posted in basis.posted)
    used[present] = used.get(present, 0) + waits
    for name, minor in sorted(used.items()):
        yield Headroom(limit.definition.kind, name, limit.minor, minor)


def _not_paid(history: History, items: Iterable[Item], audience: Audience) -> tuple[NotPaid, ...]:
    """How many items give nothing, by rule and reason. What no rule pays for is for who sees everything."""
    counts: Counter[tuple[str, str]] = Counter()
    for item in items:
        rule = item.key.rule
        seen = audience.sees_item(rule, _payee(history, item)) if rule else audience.sees_everything
        if item.reason and seen:
            counts[rule, item.reason] += 1
    return tuple(NotPaid(rule, reason, count) for (rule, reason), count in sorted(counts.items()))
