"""Domain: where a contract stands: entitled, settled, waiting, and how much room is left under each cap."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from settlement_service.domain.audience import Audience
from settlement_service.domain.caps import NONE_TAKEN, Due, apply_caps, net_of
from settlement_service.domain.items import Figures, Item, Posted
from settlement_service.domain.terms import Terms


@dataclass(frozen=True, slots=True)
class RulePosition:
    """One rule: what verified outcomes give under all caps, and what of it is posted, in minor units."""

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
    """How far a cap is used up by what is due. For the cap on each person: how many have reached it."""

    cap: str
    rule: str | None
    limit_minor: int
    used_minor: int | None
    people_at_limit: int | None = None


@dataclass(frozen=True, slots=True)
class NotPaid:
    """So many verified claims that a rule (or no rule) pays nothing for, and why."""

    rule: str
    reason: str
    claims: int


@dataclass(frozen=True, slots=True)
class ContractPosition:
    """What one party is shown of where its contract stands."""

    rules: tuple[RulePosition, ...]
    headroom: tuple[Headroom, ...]
    not_paid: tuple[NotPaid, ...]


def position_of(terms: Terms, audience: Audience, items: Sequence[Item], posted: Sequence[Posted]) -> ContractPosition:
    """Where the contract stands as far as facts are known, for one party. `items` and `posted` are all there are:
    caps do not end where a party's view does."""
    due = apply_caps(terms, (item for item in items if item.reason is None), net_of(posted), NONE_TAKEN)
    settled: dict[str, int] = defaultdict(int)
    for one in posted:
        settled[one.key.item.rule] += one.figures.amount_minor
    rules = _by_rule(terms, due, settled)
    return ContractPosition(
        rules=tuple(one for one in rules if one.rule in audience.lines),
        headroom=tuple(_headroom(terms, audience, due)),
        not_paid=_not_paid(items, audience),
    )


def _by_rule(terms: Terms, due: Iterable[Due], settled: Mapping[str, int]) -> list[RulePosition]:
    figures: dict[str, Figures] = defaultdict(Figures)
    people: dict[str, set[UUID]] = defaultdict(set)
    for one in due:
        figures[one.item.key.rule] += one.figures
        people[one.item.key.rule].add(one.item.key.subject_id)
    return [RulePosition(code, len(people[code]), figures[code], settled.get(code, 0)) for code in terms.rules]


def _headroom(terms: Terms, audience: Audience, due: Sequence[Due]) -> Iterable[Headroom]:
    for limit in terms.limits if terms.may_read(audience.role, "payment") else ():
        if limit.kind == "contract":
            yield Headroom("contract", None, limit.minor, sum(one.figures.amount_minor for one in due))
        elif limit.kind == "rule" and limit.rule in audience.lines:
            used = sum(one.figures.amount_minor for one in due if one.item.key.rule == limit.rule)
            yield Headroom("rule", limit.rule, limit.minor, used)
        elif limit.kind == "person" and audience.whole:
            of_person: Counter[UUID] = Counter()
            for one in due:
                of_person[one.item.key.subject_id] += one.figures.gross_minor - one.figures.cut_person_minor
            reached = sum(1 for minor in of_person.values() if minor >= limit.minor)
            yield Headroom("person", None, limit.minor, None, reached)


def _not_paid(items: Iterable[Item], audience: Audience) -> tuple[NotPaid, ...]:
    counted = Counter(
        (item.key.rule, item.reason)
        for item in items
        if item.reason and (item.key.rule in audience.items or (audience.whole and not item.key.rule))
    )
    return tuple(NotPaid(rule, reason, count) for (rule, reason), count in sorted(counted.items()))
