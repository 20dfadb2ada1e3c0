"""Domain: what each rule gives for each verified claim, or why it gives nothing. A pure function, before caps."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from uuid import UUID

from settlement_service.domain.claims import Claim
from settlement_service.domain.items import Item, ItemKey, NotPayable
from settlement_service.domain.terms import Rule, Terms

NO_RULE = ""


def evaluate(terms: Terms, terminated_on: date | None, claims: Iterable[Claim]) -> list[Item]:
    """The items of all claims; each verified claim has one a rule, or one that says why there is none."""
    groups: dict[tuple[UUID, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[claim.subject_id, claim.metric].append(claim)
    return [item for group in groups.values() for item in evaluate_person(terms, terminated_on, group)]


def evaluate_person(terms: Terms, terminated_on: date | None, claims: Iterable[Claim]) -> list[Item]:
    """The items of all claims of one person on one metric: no other claim has a say in them, so they may be
    evaluated as facts arrive. Limits go by the date of achievement, never by the order of arrival."""
    counting = [claim for claim in claims if claim.counts]
    if not counting:
        return []
    metric = counting[0].metric
    rules = terms.rules_on(metric)
    if not rules:
        return [_item(claim, NO_RULE, "no-rule") for claim in counting]
    rank = terms.metrics[metric].rank
    counting.sort(key=lambda claim: (claim.achieved_on, rank(claim.occurrence), claim.order_key, str(claim.id)))
    return [item for rule in rules for item in _under_rule(terms, rule, terminated_on, counting)]


def _under_rule(terms: Terms, rule: Rule, terminated_on: date | None, claims: list[Claim]) -> list[Item]:
    payments = 1 if rule.first_only else terms.metrics[rule.metric].max_payments_per_person
    units_left = rule.max_units_per_person
    paid: set[str] = set()
    items = []
    for claim in claims:
        price = rule.price_on(claim.achieved_on)
        reason = _reason(rule, claim, terminated_on, paid, payments)
        if reason is None and units_left == 0:
            reason = "over-units-per-person"
        if reason is None and price is None:
            reason = "no-price"
        if reason is not None or price is None:
            items.append(_item(claim, rule.code, reason))
            continue
        units = claim.units if units_left is None else min(claim.units, units_left)
        units_left = None if units_left is None else units_left - units
        paid.add(claim.occurrence)
        item = _item(claim, rule.code, None)
        items.append(replace(item, price_minor=price, units=units, gross_minor=price * units))
    return items


def _reason(rule: Rule, claim: Claim, terminated_on: date | None, paid: set[str], payments: int) -> NotPayable | None:
    if terminated_on is not None and claim.achieved_on >= terminated_on:
        return "after-termination"
    if claim.occurrence in paid:
        return "same-occurrence"
    if len(paid) >= payments:
        return "not-first-occurrence" if rule.first_only else "over-payments-per-person"
    return None


def _item(claim: Claim, rule: str, reason: NotPayable | None) -> Item:
    return Item(
        key=ItemKey(rule, claim.subject_id, claim.occurrence),
        claim_id=claim.id,
        metric=claim.metric,
        achieved_on=claim.achieved_on,
        order_key=claim.order_key,
        claimed_units=claim.units,
        reason=reason,
        decided_by=claim.decided_by,
        decided_at=claim.decided_at,
    )
