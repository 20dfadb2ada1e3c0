"""Domain: what is posted in sum, and what of it is not among the items that a settlement looks at."""

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
    """What is posted under a rule to a payee for what was achieved in a month (`2026-03`), in minor units; with a
    payer, what it pays of it."""

    rule: str
    payee: str
    month: str
    payer: str
    under_caps_minor: int
    amount_minor: int


def by_payee(totals: Iterable[Total]) -> Mapping[RuleAndPayee, int]:
    """What is posted by rule and payee, in minor units."""
    found: Counter[RuleAndPayee] = Counter()
    for total in totals:
        found[total.rule, total.payee] += 0 if total.payer else total.amount_minor
    return found


def taken_besides(limits: Iterable[Limit], totals: Iterable[Total], seen: Iterable[Posted]) -> Counter[Group]:
    """What everything posted takes up under each cap, but for what is `seen`. Not for caps on a person: of those who
    are not looked at nothing is asked."""
    caps, taken = tuple(limits), Counter[Group]()
    for total in totals:
        if total.payer:
            taken["payer", total.payer] += total.amount_minor
        else:
            _add(taken, caps, total.rule, total.month, total.under_caps_minor)
    for one in seen:
        month = name_of(one.achieved_on, "month")
        _add(taken, caps, one.key.item.rule, month, -one.figures.under_caps_minor)
        for payer, minor in one.shares:
            taken["payer", payer] -= minor
    return taken


def _add(taken: Counter[Group], caps: Iterable[Limit], rule: str, month: str, minor: int) -> None:
    for limit in caps:
        said = limit.definition
        match said.kind:
            case "contract":
                taken[CONTRACT] += minor
            case "rule":
                if said.rule == rule:
                    taken["rule", rule] += minor
            case "period":
                assert said.every is not None
                taken["period", name_of(date.fromisoformat(f"{month}-01"), said.every)] += minor
            case "person" | "payer":
                pass
            case _:
                assert_never(said.kind)
