"""Domain: what a simulation says of each rule and each cap when all is settled."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from settlement_service.domain.agreement.calendar import is_name_of
from settlement_service.domain.agreement.terms import Limit
from settlement_service.domain.facts.figures import Figures
from settlement_service.domain.limits.cap_use import people_at, used_by_group, used_by_payer
from settlement_service.domain.limits.caps import group_of
from settlement_service.domain.limits.shares import Shared
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.settling.reasons import Reason
from settlement_service.domain.settling.settle import due_before
from settlement_service.domain.simulation.run import Ran
from settlement_service.domain.simulation.scenario import Asked
from settlement_service.domain.statement.position import by_rule


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """One rule: the people behind it, its figures, why it gives nothing as a whole, and how many outcomes it pays
    nothing for, by the reason."""

    rule: str
    people: int
    figures: Figures
    state: Reason | None
    not_paid: tuple[tuple[Reason, int], ...]


@dataclass(frozen=True, slots=True)
class CapEffect:
    """One cap, for each rule, period or payer that it is on (`of`): what is used of it, and what caps of its kind cut
    there, in minor units. For the cap on each person: how many have reached it. What a payer does not pay goes to the
    next one, or is in the figures of the rules."""

    cap: str
    of: str | None
    limit_minor: int
    used_minor: int | None
    cut_minor: int | None
    people_at_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """Rules in the order of lines, caps in the order of the terms."""

    rules: tuple[RuleEffect, ...]
    caps: tuple[CapEffect, ...]


def effects_of(asked: Asked, ran: Ran) -> Effects:
    """What stands when the last settlement is posted."""
    now = due_before(ran.basis, asked.ends)
    found = by_rule(asked.history, now.due, {})
    not_paid = _not_paid(now.items, asked)
    nothing = {rule: ran.last.nothing.get((rule, said.payee)) for rule, said in asked.history.rules.items()}
    rules = (
        RuleEffect(
            rule=one.rule,
            people=one.people,
            figures=one.figures,
            state=None if one.figures.amount_minor else nothing.get(one.rule),
            not_paid=not_paid.get(one.rule, ()),
        )
        for one in found
    )
    limits = asked.history.at_end(asked.ends).limits
    return Effects(tuple(rules), tuple(effect for limit in limits for effect in _of_limit(limit, now.due, ran)))


def _not_paid(items: Sequence[Item], asked: Asked) -> Mapping[str, tuple[tuple[Reason, int], ...]]:
    """Outcomes of single subjects that rules pay nothing for, by rule."""
    counted: Counter[tuple[str, Reason]] = Counter(
        (item.key.rule, item.reason)
        for item in items
        if item.reason is not None and item.claim_id is not None and item.achieved_on < asked.ends
    )
    found: dict[str, tuple[tuple[Reason, int], ...]] = {}
    for (rule, reason), count in sorted(counted.items()):
        found[rule] = (*found.get(rule, ()), (reason, count))
    return found


def _of_limit(limit: Limit, due: Sequence[Shared], ran: Ran) -> Iterator[CapEffect]:
    said = limit.definition
    if said.kind == "person":
        cut = sum(one.due.figures.taken("person") for one in due)
        yield CapEffect(said.kind, None, limit.minor, None, cut, people_at(limit, due))
    elif said.kind == "payer":
        yield CapEffect(said.kind, said.payer, limit.minor, used_by_payer(limit, due), None)
    elif said.period_basis == "settled" and said.every is not None:
        for name, minor in sorted(ran.basis.settled.items()):
            if minor and is_name_of(name, said.every):
                yield CapEffect(said.kind, name, limit.minor, minor, None)
    else:
        yield from _of_groups(limit, due)


def _of_groups(limit: Limit, due: Sequence[Shared]) -> Iterator[CapEffect]:
    cut: Counter[str] = Counter()
    for one in due:
        item = one.due.item
        group = group_of(limit, item.key.rule, item.key.subject_id, item.achieved_on)
        if group is not None:
            cut[group[1]] += one.due.figures.taken(limit.definition.kind)
    for of, minor in used_by_group(limit, due).items():
        yield CapEffect(limit.definition.kind, of or None, limit.minor, minor, cut[of])
