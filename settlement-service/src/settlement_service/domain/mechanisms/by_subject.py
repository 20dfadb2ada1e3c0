"""Domain: what rules give each subject by itself, or why they give nothing. A pure function, before caps."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.core.terms.mechanisms.table import pays_each_subject
from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.mechanisms.items import Item, NotPayable
from settlement_service.domain.mechanisms.mechanism import Occasion, Used
from settlement_service.domain.mechanisms.payable import has_prerequisite, item_of, reason_of_day
from settlement_service.domain.mechanisms.table import mechanism_of

NO_RULE = ""


def evaluate(history: History, terminated_on: date | None, claims: Iterable[Claim]) -> list[Item]:
    """The items of all claims. A verified claim has one item for each rule that pays for it by itself: with an amount,
    or with the reason why there is none. What rests on several subjects together is computed in `of_contract`."""
    by_subject: dict[UUID, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_subject[claim.subject_id].append(claim)
    return [item for of_subject in by_subject.values() for item in evaluate_subject(history, terminated_on, of_subject)]


def evaluate_subject(history: History, terminated_on: date | None, claims: Iterable[Claim]) -> list[Item]:
    """The items of all claims of one subject. No claim of another subject changes them, so they are evaluated as facts
    arrive. Limits go by the date of achievement, never by the order of arrival."""
    by_metric: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.counts:
            by_metric[claim.metric].append(claim)
    subject = _Subject(history, terminated_on, by_metric)
    return [item for metric in by_metric for item in subject.items_on(metric)]


class _Subject:
    """One subject's verified claims by metric."""

    def __init__(self, history: History, terminated_on: date | None, claims: Mapping[str, Sequence[Claim]]) -> None:
        self._history, self._terminated_on, self._claims = history, terminated_on, claims

    def items_on(self, metric: str) -> Iterator[Item]:
        """Items of its claims on a metric, in the order in which limits look at them."""
        on_metric, used = self._claims[metric], defaultdict[str, Used](Used)
        for claim in sorted(on_metric, key=self._place):
            terms = self._history.governing(claim.achieved_on)
            rules = terms.rules_on(metric)
            if not rules:
                yield item_of(claim, NO_RULE, terms, "no-rule")
            for rule in rules:
                definition = rule.definition
                if pays_each_subject(definition) and mechanism_of(definition).looks_at(definition, claim):
                    yield self._item(Occasion(terms, rule, claim, on_metric, used[rule.code]))

    def _place(self, claim: Claim) -> tuple[date, tuple[int, str], str, str]:
        rank = self._history.rank(claim.metric, claim.occurrence)
        return claim.achieved_on, rank, claim.order_key, str(claim.id)

    def _item(self, occasion: Occasion) -> Item:
        claim, rule, terms, used = occasion.claim, occasion.rule, occasion.terms, occasion.used
        reason = self._reason(occasion)
        payment = reason or mechanism_of(rule.definition).payment_for(rule.definition, occasion)
        if isinstance(payment, str):
            return item_of(claim, rule.code, terms, payment)
        used.occurrences.add(claim.occurrence)
        used.units += payment.units
        return replace(
            item_of(claim, rule.code, terms, None),
            price_minor=payment.price_minor,
            units=payment.units,
            gross_minor=payment.gross_minor,
            working=payment.working,
        )

    def _reason(self, occasion: Occasion) -> NotPayable | None:
        """Why nothing is paid for a claim whatever its rule pays."""
        claim, terms, used = occasion.claim, occasion.terms, occasion.used
        common = reason_of_day(terms, self._terminated_on, claim.achieved_on)
        if common is not None:
            return common
        if not has_prerequisite(terms, claim, self._claims):
            return "prerequisite-missing"
        if claim.occurrence in used.occurrences:
            return "same-occurrence"
        definition = occasion.rule.definition
        most, beyond = mechanism_of(definition).most_payments(definition, terms.metrics[claim.metric])
        return beyond if len(used.occurrences) >= most else None
