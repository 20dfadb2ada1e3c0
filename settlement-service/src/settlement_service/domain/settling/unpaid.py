"""Domain: why a rule gives nothing, as its line of the statement says it: nothing is never said silently."""

from collections.abc import Iterable, Mapping, Set
from datetime import date

from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.figures import RuleAndPayee
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.limits.conditional import closed_rules, is_ready
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.table import mechanism_of
from settlement_service.domain.settling.reasons import Reason

REPORTED_REASONS: tuple[Reason, ...] = ("not-yet-measured", "condition-not-met", "no-band", "in-pause")
"""Reasons that a rule by subject gives as a whole, when it gives nothing to anybody; the first that there is."""


def why_nothing(
    history: History, items: Iterable[Item], outcomes: OutcomeData, ends: date
) -> Mapping[RuleAndPayee, Reason]:
    """Of rules that look at several subjects together, what the last of their items says; of rules by subject that
    give nothing for anybody, why: each by who would be paid. `items` are those alone that the reader sees."""
    over_contract: dict[RuleAndPayee, Reason | None] = {}
    by_subject: dict[RuleAndPayee, set[Reason | None]] = {}
    for item in items:
        if item.achieved_on >= ends or not item.key.rule:
            continue
        rule = (item.key.rule, history.payee_of(item.key.rule, item.version))
        reason = item.reason or (None if is_ready(history, item, ends) else "in-pause")
        if item.claim_id is None:
            over_contract[rule] = reason
        else:
            by_subject.setdefault(rule, set()).add(reason)
    told = {rule: reason for rule, reason in over_contract.items() if reason is not None}
    for rule, reasons in by_subject.items():
        reported = next((reason for reason in REPORTED_REASONS if reason in reasons), None)
        if reported is not None and None not in reasons:
            told[rule] = reported
    return {**told, **_without_items(history, {*over_contract, *by_subject}, outcomes, ends)}


def _without_items(
    history: History, known: Set[RuleAndPayee], outcomes: OutcomeData, ends: date
) -> Mapping[RuleAndPayee, Reason]:
    """Rules on which nothing was reported yet: what must be measured for them is not."""
    terms = history.at_end(ends)
    rules = {
        (code, rule.payee): rule.definition for code, rule in terms.rules.items() if (code, rule.payee) not in known
    }
    closed: Mapping[tuple[int, str], Reason] = {}
    if any(definition.when is not None for definition in rules.values()):
        closed = closed_rules(history, outcomes.before(ends))
    reasons = {
        rule: closed.get((terms.version, rule[0])) or mechanism_of(definition).reason_without_items(definition)
        for rule, definition in rules.items()
    }
    return {rule: reason for rule, reason in reasons.items() if reason is not None}
