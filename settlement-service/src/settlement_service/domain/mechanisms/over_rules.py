"""Domain: what rules give over the amounts of other rules: the net of an advance."""

from datetime import date

from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.mechanism import AmountsByRule, no_items_over_rules
from settlement_service.domain.mechanisms.of_contract import of_its_day
from settlement_service.domain.mechanisms.table import mechanism_of


def items_over_rules(
    history: History, terminated_on: date | None, amounts: AmountsByRule, outcomes: OutcomeData, ends: date
) -> list[Item]:
    """The items of rules that look at what other rules give. `amounts` are those after the caps on persons and rules,
    before the caps on periods and the contract. They go by the version of the terms whose caps hold at the end."""
    terms = history.at_end(ends)
    if not gives_over_rules(terms):
        return []
    known = outcomes.before(ends)
    return [
        of_its_day(terms, terminated_on, item)
        for rule in terms.rules.values()
        for item in mechanism_of(rule.definition).items_over_rules(terms, rule.definition, amounts, known, ends)
    ]


def gives_over_rules(terms: Terms) -> bool:
    """Whether any rule looks at what other rules give."""
    mechanisms = (mechanism_of(rule.definition) for rule in terms.rules.values())
    return any(mechanism.items_over_rules is not no_items_over_rules for mechanism in mechanisms)
