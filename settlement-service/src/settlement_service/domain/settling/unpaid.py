"""Domain: why a rule gives nothing, as its line of the statement says it: no line of zero is without a reason."""

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
"""The reasons of items that are the reason of their rule, the first of them that an item has. Others, such as
`withdrawn`, are the reason of one item alone."""


def why_nothing(
    history: History, items: Iterable[Item], outcomes: OutcomeData, ends: date
) -> Mapping[RuleAndPayee, Reason]:
    """Why a rule gives nothing, by rule and payee. A rule over the contract has the reason of its last item; a rule by
    subject has one only when it gives nothing for any subject: where one of three items is payable it has none. `items`
    are those that the reader sees."""
    over_contract: dict[RuleAndPayee, Reason | None] = {}
    by_subject: dict[RuleAndPayee, set[Reason | None]] = {}
    for item in items:
        if item.achieved_on >= ends or not item.key.rule:
            continue
        rule = (item.key.rule, history.payee_of(item.key.rule, item.version))
        if item.claim_id is None:
            over_contract[rule] = _reason(history, item, ends)
        else:
            by_subject.setdefault(rule, set()).add(_reason(history, item, ends))
    reported = {rule: _reported(reasons) for rule, reasons in by_subject.items()}
    without_items = _without_items(history, {*over_contract, *by_subject}, outcomes, ends)
    # A rule may stand in both: an amendment may have made one by subject of one over the contract.
    return {**_with_reason(over_contract), **_with_reason(reported), **without_items}


def _with_reason(reasons: Mapping[RuleAndPayee, Reason | None]) -> dict[RuleAndPayee, Reason]:
    return {rule: reason for rule, reason in reasons.items() if reason is not None}


def _reason(history: History, item: Item, ends: date) -> Reason | None:
    """Why an item gives nothing now; None where it is payable."""
    return item.reason or (None if is_ready(history, item, ends) else "in-pause")


def _reported(reasons: Set[Reason | None]) -> Reason | None:
    """The reason of a rule by subject; None where an item of it is payable, or no reason of its items is the rule's."""
    if None in reasons:
        return None
    return next((reason for reason in REPORTED_REASONS if reason in reasons), None)


def _without_items(
    history: History, known: Set[RuleAndPayee], outcomes: OutcomeData, ends: date
) -> Mapping[RuleAndPayee, Reason]:
    """The reasons of rules on which nothing was reported yet: their condition does not hold, or what they pay for is
    not measured."""
    terms = history.at_end(ends)
    rules = {
        (code, rule.payee): rule.definition for code, rule in terms.rules.items() if (code, rule.payee) not in known
    }
    closed: Mapping[tuple[int, str], Reason] = {}
    if any(definition.when is not None for definition in rules.values()):
        closed = closed_rules(history, outcomes.before(ends))
    return _with_reason(
        {
            rule: closed.get((terms.version, rule[0])) or mechanism_of(definition).reason_without_items(definition)
            for rule, definition in rules.items()
        }
    )
