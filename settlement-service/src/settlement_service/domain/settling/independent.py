"""Domain: contracts where what one subject is due never depends on another: it is worked out as facts arrive."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.core.disclosure import FEWEST
from services.core.terms.mechanisms.milestone import Milestone
from services.core.terms.mechanisms.unit_price import UnitPrice
from services.core.terms.splits import MaximaInOrder
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Limit, Terms
from settlement_service.domain.mechanisms.items import Figures, LineKey
from settlement_service.domain.settling.difference import Basis, Change
from settlement_service.domain.settling.posted_totals import Total, looks_at_new_alone, taken_besides
from settlement_service.domain.settling.sealing import Sealed, subject_hash
from settlement_service.domain.statement.statement import Sum, sum_of


@dataclass(frozen=True, slots=True)
class DueSubject:
    """A subject who is due something: the last day on which something was achieved that is, whether something was
    posted before (`begun`), and whether it is settled apart from others whatever the end (`apart`): something is taken
    back, and others may have a say in why."""

    id: UUID
    last_on: date
    begun: bool
    apart: bool


@dataclass(frozen=True, slots=True)
class DueLine:
    """What one subject is due under one line: the sums of the changes of its items, and the hash over these. `shares`
    are by payer in party order, in minor units; `taken_minor` is what they take up under caps that people share, at
    most."""

    subject: DueSubject
    key: LineKey
    figures: Figures
    shares: tuple[int, ...]
    taken_minor: int
    sha256: bytes


def is_independent(history: History) -> bool:
    """Whether every item is a price or an amount for what one subject achieved, never below zero, cut by nothing but
    caps that keep what is paid, and shared among payers by weight alone."""
    return len(history.versions) == 1 and looks_at_new_alone(history) and _has_plain_rules(history.newest)


def by_themselves(basis: Basis) -> Basis:
    """What some subjects are due by without a look at others: caps that people share cut nobody, whoever is looked at
    together. Whether they would cut somebody, `fits` says of all that is due."""
    versions = (replace(terms, limits=_of_person(terms.limits)) for terms in basis.history.versions)
    return replace(basis, history=History(tuple(versions)))


def _of_person(limits: Iterable[Limit]) -> tuple[Limit, ...]:
    return tuple(limit for limit in limits if limit.said.kind == "person")


def _has_plain_rules(terms: Terms) -> bool:
    rules = [rule.said for rule in terms.rules.values()]
    by_subject = all(isinstance(rule, UnitPrice | Milestone) for rule in rules)
    two_sided = any(isinstance(rule, UnitPrice) and rule.two_sided for rule in rules)
    in_order = any(isinstance(rule.split, MaximaInOrder) for rule in terms.rules.values())
    payer_caps = any(limit.said.kind == "payer" for limit in terms.limits)
    return by_subject and not (two_sided or in_order or payer_caps)


def due_lines(history: History, items: Iterable[Sealed]) -> list[DueLine]:
    """What subjects are due, line by line. `items` are all of theirs, in their order."""
    payers = history.newest.payers()
    by_subject: dict[UUID, dict[LineKey, list[Sealed]]] = {}
    for one in items:
        by_subject.setdefault(one.item.key.item.subject_id, {}).setdefault(one.item.line, []).append(one)
    found: list[DueLine] = []
    for subject_id, lines in by_subject.items():
        subject = _subject(subject_id, [one.item for some in lines.values() for one in some])
        found.extend(_line(payers, subject, key, some) for key, some in lines.items())
    return found


def _subject(subject_id: UUID, items: Sequence[Change]) -> DueSubject:
    return DueSubject(
        id=subject_id,
        last_on=max(item.achieved_on for item in items),
        begun=any(item.before or item.before_shares for item in items),
        apart=any(item.reason is not None for item in items),
    )


def _line(payers: Sequence[str], subject: DueSubject, key: LineKey, own: Sequence[Sealed]) -> DueLine:
    total = sum_of([one.item for one in own])
    return DueLine(
        subject=subject,
        key=key,
        figures=total.figures,
        shares=tuple(total.shares.get(payer, 0) for payer in payers),
        taken_minor=sum(one.item.now.left_by(("person",)) for one in own),
        sha256=subject_hash(own),
    )


def fits(terms: Terms, totals: Sequence[Total], due: Iterable[Total]) -> bool:
    """Whether no cap that subjects share can cut anything, because all that was posted and all that is due fit under it
    together."""
    return all(
        minor <= limit.minor
        for limit in terms.limits
        if limit.said.kind != "person"
        for (kind, _), minor in taken_besides([limit], [*totals, *due], ()).items()
        if kind == limit.said.kind
    )


def together(one: Mapping[LineKey, Sum], other: Mapping[LineKey, Sum]) -> dict[LineKey, Sum]:
    """The sums of changes of two sets of subjects, none of whom is in both."""
    both = dict(one)
    for key, more in other.items():
        both[key] = _added(both[key], more) if key in both else more
    return both


def _added(one: Sum, more: Sum) -> Sum:
    people = one.people if len(one.people) >= FEWEST else one.people | more.people
    shares = Counter(one.shares)
    shares.update(more.shares)
    return Sum(
        version=min(one.version, more.version),
        figures=one.figures + more.figures,
        shares=shares,
        people=people,
        count=one.count + more.count,
        behind=max(one.behind, more.behind),
    )
