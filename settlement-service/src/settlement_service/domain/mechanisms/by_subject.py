"""Domain: what each rule gives for each verified claim, or why it gives nothing. A pure function, before caps."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.core.money import to_minor
from services.core.terms.mechanisms.milestone import Milestone
from services.core.terms.mechanisms.unit_price import UnitPrice
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Rule, Terms
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.mechanisms.bands_by_subject import banded_items
from settlement_service.domain.mechanisms.items import Item, NotPayable
from settlement_service.domain.mechanisms.payable import has_prerequisite, item_of, reason_of_day

NO_RULE = ""


def evaluate(history: History, terminated_on: date | None, claims: Iterable[Claim]) -> list[Item]:
    """The items of all claims: each verified claim that a rule pays for by itself has one a rule, or one that says why
    there is none. What rests on several subjects together is computed elsewhere (`contract_items`)."""
    groups: dict[UUID, list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[claim.subject_id].append(claim)
    return [item for group in groups.values() for item in evaluate_subject(history, terminated_on, group)]


def evaluate_subject(history: History, terminated_on: date | None, claims: Iterable[Claim]) -> list[Item]:
    """The items of all claims of one subject: no other claim has a say in them, so they may be evaluated as facts
    arrive. Limits go by the date of achievement, never by the order of arrival."""
    counting = [claim for claim in claims if claim.counts]
    by_metric: dict[str, list[Claim]] = defaultdict(list)
    for claim in counting:
        by_metric[claim.metric].append(claim)
    subject = _Subject(history, terminated_on, by_metric)
    items = [item for metric in by_metric for item in subject.items_on(metric)]
    return items + list(banded_items(history, terminated_on, by_metric))


@dataclass(slots=True)
class _Used:
    """What a subject has used up under a rule."""

    occurrences: set[str] = field(default_factory=set)
    units: int = 0


class _Subject:
    """One subject's verified claims by metric."""

    def __init__(self, history: History, terminated_on: date | None, claims: Mapping[str, Sequence[Claim]]) -> None:
        self._history, self._terminated_on, self._claims = history, terminated_on, claims

    def items_on(self, metric: str) -> Iterator[Item]:
        """Items of its claims on a metric, in the order in which limits look at them."""
        used: dict[str, _Used] = defaultdict(_Used)
        for claim in sorted(self._claims[metric], key=self._place):
            terms = self._history.governing(claim.achieved_on)
            rules = terms.rules_on(metric)
            if not rules:
                yield item_of(claim, NO_RULE, terms, "no-rule")
            for rule in rules:
                if isinstance(rule.said, UnitPrice | Milestone):
                    yield self._item(terms, rule, claim, used[rule.code])

    def _place(self, claim: Claim) -> tuple[date, tuple[int, str], str, str]:
        rank = self._history.rank(claim.metric, claim.occurrence)
        return claim.achieved_on, rank, claim.order_key, str(claim.id)

    def _item(self, terms: Terms, rule: Rule, claim: Claim, used: _Used) -> Item:
        reason = self._reason(terms, rule, claim, used)
        if reason is not None:
            return item_of(claim, rule.code, terms, reason)
        item = item_of(claim, rule.code, terms, None)
        used.occurrences.add(claim.occurrence)
        if isinstance(rule.said, Milestone):
            return replace(item, units=1, gross_minor=to_minor(rule.said.amount))
        assert isinstance(rule.said, UnitPrice)
        price = rule.price_on(claim.achieved_on)
        assert price is not None
        most = rule.said.max_units_per_person
        units = claim.units if most is None else min(claim.units, most - used.units)
        used.units += units
        return replace(item, price_minor=price, units=units, gross_minor=price * units)

    def _reason(self, terms: Terms, rule: Rule, claim: Claim, used: _Used) -> NotPayable | None:
        common = reason_of_day(terms, self._terminated_on, claim.achieved_on)
        if common is not None:
            return common
        if not has_prerequisite(terms, claim, self._claims):
            return "prerequisite-missing"
        if claim.occurrence in used.occurrences:
            return "same-occurrence"
        first_only = isinstance(rule.said, UnitPrice) and rule.said.occurrences == "first"
        most = 1 if first_only else terms.metrics[claim.metric].max_payments_per_person
        if len(used.occurrences) >= most:
            return "not-first-occurrence" if first_only else "over-payments-per-person"
        return _reason_of_rule(rule, claim, used)


def _reason_of_rule(rule: Rule, claim: Claim, used: _Used) -> NotPayable | None:
    said = rule.said
    if isinstance(said, Milestone):
        is_late = said.due_on is not None and claim.achieved_on > said.due_on
        return "after-due-date" if is_late and said.late == "lost" else None
    assert isinstance(said, UnitPrice)
    if said.max_units_per_person is not None and used.units >= said.max_units_per_person:
        return "over-units-per-person"
    return "no-price" if rule.price_on(claim.achieved_on) is None else None
