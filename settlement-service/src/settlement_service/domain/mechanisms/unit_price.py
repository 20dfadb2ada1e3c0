"""Domain: the mechanism unit price: price x units of each verified claim."""

from collections.abc import Mapping

from services.core.terms.mechanisms.unit_price import UnitPrice
from services.core.terms.outcomes import Metric
from settlement_service.domain.mechanisms import mechanism
from settlement_service.domain.mechanisms.counts import Counts, RateByCount, counts_outcomes_of_cohort
from settlement_service.domain.mechanisms.items import NotPayable
from settlement_service.domain.mechanisms.mechanism import Mechanism, Occasion, Payment


def _most_payments(rule: UnitPrice, metric: Metric) -> tuple[int, NotPayable]:
    """The first occurrence alone where the rule pays for that one, else as often as the metric is paid for."""
    if rule.occurrences == "first":
        return 1, "not-first-occurrence"
    return mechanism.payments_of_metric(rule, metric)


def _payment_for(rule: UnitPrice, occasion: Occasion) -> Payment | NotPayable:
    """The price of the day for each unit that the person may still be paid for. Of 5 units claimed, where 3 of 6 were
    paid for before, 3 are payable: at 1,000.00 they give 3,000.00."""
    most, claimed = rule.max_units_per_person, occasion.claim.units
    if most is not None and occasion.used.units >= most:
        return "over-units-per-person"
    price = occasion.rule.price_on(occasion.claim.achieved_on)
    if price is None:
        return "no-price"
    units = claimed if most is None else min(claimed, most - occasion.used.units)
    return Payment(units, price * units, price_minor=price)


def _depends_on_others(rule: UnitPrice) -> bool:
    """By a limit on the units of all together, or by an amount below zero that gives other items room under a cap."""
    return rule.two_sided or rule.max_units is not None


def _max_units(rule: UnitPrice) -> int | None:
    return rule.max_units


def _counts_people(rule: UnitPrice, metrics: Mapping[str, Metric]) -> bool:
    return counts_outcomes_of_cohort(metrics[rule.metric])


def _rate(terms: object, rule: UnitPrice) -> RateByCount | None:
    """None: the units of its line are the count."""
    return None


UNIT_PRICE = Mechanism(
    shape=UnitPrice,
    looks_at=mechanism.every_claim,
    most_payments=_most_payments,
    payment_for=_payment_for,
    items_of_contract=mechanism.no_items_of_contract,
    items_over_rules=mechanism.no_items_over_rules,
    is_paid_once=False,
    depends_on_others=_depends_on_others,
    may_be_below_zero=mechanism.two_sided,
    max_units=_max_units,
    each_minor=mechanism.varies,
    reason_without_items=mechanism.no_reason,
    counts=Counts(counts_people=_counts_people, told_by_units=True, rate=_rate),
    condition=mechanism.no_condition,
    scale=mechanism.no_scale,
    work_alone=mechanism.one_claim,
)
