"""Domain: totals of what is posted, and how much of them stands for items that a settlement does not look at."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import assert_never

from settlement_service.domain.agreement.calendar import name_of
from settlement_service.domain.agreement.terms import Limit
from settlement_service.domain.facts.figures import Posted, RuleAndPayee
from settlement_service.domain.limits.caps import CONTRACT, Group


@dataclass(frozen=True, slots=True)
class Total:
    """What is posted under a rule to a payee for what was achieved in a month (`2026-03`), in minor units. With a payer
    it is what that payer pays of it; then only the amount counts."""

    rule: str
    payee: str
    month: str
    payer: str
    under_caps_minor: int
    amount_minor: int


def by_payee(totals: Iterable[Total]) -> Mapping[RuleAndPayee, int]:
    """What is posted by rule and payee, in minor units."""
    amounts: Counter[RuleAndPayee] = Counter()
    for total in totals:
        amounts[total.rule, total.payee] += 0 if total.payer else total.amount_minor
    return amounts


def taken_besides(limits: Iterable[Limit], totals: Iterable[Total], seen: Iterable[Posted]) -> Counter[Group]:
    """What all that is posted takes up under each cap, in minor units, without what is `seen`: of 60,000.00 posted, of
    which 15,000.00 is looked at again, 45,000.00. Caps on a person are left out: a settlement that needs them looks at
    all items of that person."""
    caps, taken = tuple(limits), Counter[Group]()
    for total in totals:
        if total.payer:
            taken["payer", total.payer] += total.amount_minor
        else:
            _add(taken, caps, total.rule, total.month, total.under_caps_minor)
    for posted in seen:
        month = name_of(posted.achieved_on, "month")
        _add(taken, caps, posted.key.item.rule, month, -posted.figures.under_caps_minor)
        for payer, minor in posted.shares:
            taken["payer", payer] -= minor
    return taken


def _add(taken: Counter[Group], caps: Iterable[Limit], rule: str, month: str, minor: int) -> None:
    for limit in caps:
        definition = limit.definition
        match definition.kind:
            case "contract":
                taken[CONTRACT] += minor
            case "rule":
                if definition.rule == rule:
                    taken["rule", rule] += minor
            case "period":
                assert definition.every is not None
                # A month lies in one period of any cap: the shortest is a month.
                taken["period", name_of(date.fromisoformat(f"{month}-01"), definition.every)] += minor
            case "person" | "payer":
                pass
            case _:
                assert_never(definition.kind)
