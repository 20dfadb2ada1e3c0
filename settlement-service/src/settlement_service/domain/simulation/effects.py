"""Domain: what each rule pays, and each cap cuts, when a simulation is settled."""

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
from settlement_service.domain.simulation.run import SimulationRun
from settlement_service.domain.simulation.scenario import Model
from settlement_service.domain.statement.position import by_rule


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """One rule. `people` is how many its amount is about. `state` is why it gives nothing at all. `not_paid` counts the
    outcomes that it pays nothing for, by the reason."""

    rule: str
    people: int
    figures: Figures
    state: Reason | None
    not_paid: tuple[tuple[Reason, int], ...]


@dataclass(frozen=True, slots=True)
class CapEffect:
    """One cap where it applies to something: a rule, a period of the calendar, a payer. `used_minor` is what is used of
    it there, `cut_minor` what caps of its kind cut there, in minor units. `people_at_limit`, of a cap on a person, is
    how many have reached it. A cap on a payer has no cut: what the payer does not pay goes to the next one, or is in
    the figures of the rules."""

    cap: str
    applies_to: str | None
    limit_minor: int
    used_minor: int | None
    cut_minor: int | None
    people_at_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """Rules in the order of lines, caps in the order of the terms."""

    rules: tuple[RuleEffect, ...]
    caps: tuple[CapEffect, ...]


def effects_of(model: Model, run: SimulationRun) -> Effects:
    """What stands when the last settlement is posted."""
    now = due_before(run.basis, model.ends)
    not_paid = _not_paid(now.items, model)
    nothing = {code: run.last.nothing.get((code, rule.payee)) for code, rule in model.history.rules.items()}
    rules = (
        RuleEffect(
            rule=position.rule,
            people=position.people,
            figures=position.figures,
            state=None if position.figures.amount_minor else nothing.get(position.rule),
            not_paid=not_paid.get(position.rule, ()),
        )
        for position in by_rule(model.history, now.due, {})
    )
    limits = model.history.at_end(model.ends).limits
    return Effects(tuple(rules), tuple(effect for limit in limits for effect in _of_limit(limit, now.due, run)))


def _not_paid(items: Sequence[Item], model: Model) -> Mapping[str, tuple[tuple[Reason, int], ...]]:
    """Outcomes of single subjects that rules pay nothing for, by rule."""
    counted: Counter[tuple[str, Reason]] = Counter(
        (item.key.rule, item.reason)
        for item in items
        if item.reason is not None and item.claim_id is not None and item.achieved_on < model.ends
    )
    by_code: dict[str, tuple[tuple[Reason, int], ...]] = {}
    for (rule, reason), count in sorted(counted.items()):
        by_code[rule] = (*by_code.get(rule, ()), (reason, count))
    return by_code


def _of_limit(limit: Limit, due: Sequence[Shared], run: SimulationRun) -> Iterator[CapEffect]:
    cap = limit.definition
    if cap.kind == "person":
        cut = sum(shared.due.figures.taken("person") for shared in due)
        yield CapEffect(cap.kind, None, limit.minor, None, cut, people_at(limit, due))
    elif cap.kind == "payer":
        yield CapEffect(cap.kind, cap.payer, limit.minor, used_by_payer(limit, due), None)
    elif cap.period_basis == "settled" and cap.every is not None:
        for name, minor in sorted(run.basis.settled.items()):
            if minor and is_name_of(name, cap.every):
                yield CapEffect(cap.kind, name, limit.minor, minor, None)
    else:
        yield from _of_groups(limit, due)


def _of_groups(limit: Limit, due: Sequence[Shared]) -> Iterator[CapEffect]:
    cut: Counter[str] = Counter()
    for shared in due:
        item = shared.due.item
        group = group_of(limit, item.key.rule, item.key.subject_id, item.achieved_on)
        if group is not None:
            cut[group[1]] += shared.due.figures.taken(limit.definition.kind)
    for group_name, minor in used_by_group(limit, due).items():
        yield CapEffect(limit.definition.kind, group_name or None, limit.minor, minor, cut[group_name])
