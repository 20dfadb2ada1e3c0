"""Domain: what rules give over the amounts of other rules: the net of an advance."""

from collections.abc import Iterator
from datetime import date

from services.core.terms.mechanisms.table import pays_over_rules
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Rule, Terms
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.mechanism import AmountsByRule
from settlement_service.domain.mechanisms.of_contract import items_of_versions
from settlement_service.domain.mechanisms.table import mechanism_of


def items_over_rules(
    history: History, terminated_on: date | None, amounts: AmountsByRule, outcomes: OutcomeData, ends: date
) -> list[Item]:
    """The items of rules that look at what other rules give, by the same versions and days as all items of a contract.
    `amounts` are those after the caps on persons and rules, before the caps on periods and the contract."""
    if not any(map(gives_over_rules, history.versions)):
        return []

    def items(terms: Terms, rule: Rule, known: OutcomeData) -> Iterator[Item]:
        return mechanism_of(rule.definition).items_over_rules(terms, rule.definition, amounts, known, ends)

    return items_of_versions(history, terminated_on, outcomes.before(ends), items)


def gives_over_rules(terms: Terms) -> bool:
    """Whether any rule looks at what other rules give."""
    return any(pays_over_rules(rule.definition) for rule in terms.rules.values())
