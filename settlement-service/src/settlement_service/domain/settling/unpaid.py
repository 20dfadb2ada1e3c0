"""Domain: why a rule gives nothing, as its line of the statement says it: nothing is never said silently."""

from collections.abc import Iterable, Mapping, Set
from datetime import date

from services.core.terms.mechanisms.bands import Bands
from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.figures import RuleAndPayee
from settlement_service.domain.facts.outcome_data import Facts
from settlement_service.domain.limits.conditioned import closed_rules, is_ready
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.settling.reasons import Reason

SAID: tuple[Reason, ...] = ("not-yet-measured", "condition-not-met", "no-band", "in-pause")
"""Reasons that a rule by subject gives as a whole, when it gives nothing to anybody; the first that there is."""


def why_nothing(history: History, items: Iterable[Item], facts: Facts, ends: date) -> Mapping[RuleAndPayee, Reason]:
    """Of rules that look at several subjects together, what the last of their items says; of rules by subject that
    give nothing for anybody, why: each by who would be paid. `items` are those alone that the reader sees."""
    whole: dict[RuleAndPayee, Reason | None] = {}
    single: dict[RuleAndPayee, set[Reason | None]] = {}
    for item in items:
        if item.achieved_on >= ends or not item.key.rule:
            continue
        rule = (item.key.rule, history.payee_of(item.key.rule, item.version))
        reason = item.reason or (None if is_ready(history, item, ends) else "in-pause")
        if item.claim_id is None:
            whole[rule] = reason
        else:
            single.setdefault(rule, set()).add(reason)
    found = {rule: reason for rule, reason in whole.items() if reason is not None}
    for rule, reasons in single.items():
        said = next((reason for reason in SAID if reason in reasons), None)
        if said is not None and None not in reasons:
            found[rule] = said
    return {**found, **_without_items(history, {*whole, *single}, facts, ends)}


def _without_items(
    history: History, known: Set[RuleAndPayee], facts: Facts, ends: date
) -> Mapping[RuleAndPayee, Reason]:
    """Rules on which nothing was reported yet: what must be measured for them is not."""
    terms = history.at_end(ends)
    left = {(code, rule.payee): rule.said for code, rule in terms.rules.items() if (code, rule.payee) not in known}
    closed: Mapping[tuple[int, str], Reason] = {}
    if any(said.when is not None for said in left.values()):
        closed = closed_rules(history, facts.before(ends))
    found = {rule: closed[terms.version, rule[0]] for rule in left if (terms.version, rule[0]) in closed}
    measured = {rule for rule, said in left.items() if isinstance(said, Bands) and said.per == "subject"}
    return {**dict.fromkeys(measured, "not-yet-measured"), **found}
