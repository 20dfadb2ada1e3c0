"""Domain: what a rule of bands gives each participant, cohort or site by its own measured value."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date

from services.core.terms.measures import Measure
from services.core.terms.mechanisms.bands import Bands
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.outcome_data import Facts
from settlement_service.domain.mechanisms.amounts import minor_of
from settlement_service.domain.mechanisms.bands import banded
from settlement_service.domain.mechanisms.items import Item, NotPayable
from settlement_service.domain.mechanisms.measuring import measured
from settlement_service.domain.mechanisms.payable import has_prerequisite, item_of, reason_of_day


def banded_items(history: History, terminated_on: date | None, claims: Mapping[str, Sequence[Claim]]) -> Iterator[Item]:
    """The items of one subject (its verified claims by metric) under every rule of bands that pays by subject: one for
    each occurrence that was measured, as often as the metric is paid for one subject; the earliest achieved first."""
    for metric, on in claims.items():
        used: dict[str, set[str]] = defaultdict(set)
        paid = [claim for claim in on if claim.measurement is None or claim.measurement.arm == "intervention"]
        for claim in sorted(paid, key=lambda one: _place(history, one)):
            terms = history.governing(claim.achieved_on)
            for rule in terms.rules_on(metric):
                said = rule.said
                if isinstance(said, Bands) and said.per == "subject" and said.measure.at in (None, claim.occurrence):
                    reason = _reason(terms, terminated_on, claim, claims) or _used_up(terms, claim, used[rule.code])
                    item = item_of(claim, rule.code, terms, reason) if reason else _of_claim(terms, said, claim, on)
                    if item.reason is None:
                        used[rule.code].add(claim.occurrence)
                    yield item


def _place(history: History, claim: Claim) -> tuple[date, tuple[int, str], str, str]:
    return claim.achieved_on, history.rank(claim.metric, claim.occurrence), claim.order_key, str(claim.id)


def _reason(
    terms: Terms, terminated_on: date | None, claim: Claim, claims: Mapping[str, Sequence[Claim]]
) -> NotPayable | None:
    reason = reason_of_day(terms, terminated_on, claim.achieved_on)
    return reason or (None if has_prerequisite(terms, claim, claims) else "prerequisite-missing")


def _used_up(terms: Terms, claim: Claim, used: Set[str]) -> NotPayable | None:
    if claim.occurrence in used:
        return "same-occurrence"
    return "over-payments-per-person" if len(used) >= terms.metrics[claim.metric].max_payments_per_person else None


def _of_claim(terms: Terms, rule: Bands, claim: Claim, on: Sequence[Claim]) -> Item:
    asked = _of_one(rule.measure, claim.occurrence)
    amount = banded(terms, rule, measured(asked, terms, Facts(terms.contract_id, on, ())))
    if amount.value is None:
        missing = amount.about.get("what") == "no band"
        return item_of(claim, rule.code, terms, "no-band" if missing else "not-yet-measured")
    item = item_of(claim, rule.code, terms, None)
    return replace(item, units=1, gross_minor=minor_of(terms, amount), working=amount)


def _of_one(measure: Measure, occurrence: str) -> Measure:
    """The measure asked of one subject alone: nobody else can be missing."""
    return replace(measure, at=occurrence, cohorts=None, missing="excluded")
