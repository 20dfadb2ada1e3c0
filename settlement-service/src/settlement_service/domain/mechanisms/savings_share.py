"""Domain: the mechanism savings share: baseline less actual less deductible, purse by purse, period by period."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from services.core.money import to_minor
from services.core.terms.components import AggregateBaseline, MeasuredBaseline, PerPersonDayBaseline, SavingsComponent
from services.core.terms.mechanisms.savings_share import SavingsShare
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.figures import ItemKey
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms import mechanism
from settlement_service.domain.mechanisms.amounts import amount_term, minor_of, scale_of, to_whole_minor
from settlement_service.domain.mechanisms.conditions import claims_under, last_day, measured_people
from settlement_service.domain.mechanisms.counts import NO_COUNT
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.measuring import number_of, value_of
from settlement_service.domain.mechanisms.mechanism import Mechanism
from settlement_service.domain.mechanisms.working import Node, computed, not_measured, term


def _items(terms: Terms, rule: SavingsShare, outcomes: OutcomeData, ends: date) -> Iterator[Item]:
    """An item for each period (measurement point) of the components' metrics, in their order. A period gives nothing
    until every component is measured in it; where savings are cumulative, the periods after it wait too."""
    before: list[Node] = []
    for point in _points(terms, rule):
        saving = _saving(terms, rule, point, outcomes)
        item = _item(terms, rule, point, outcomes, saving, ends)
        if saving.value is None or (rule.accumulation == "cumulative" and None in [node.value for node in before]):
            yield replace(item, reason="not-yet-measured", working=saving)
        else:
            amount = _amount(terms, rule, before if rule.accumulation == "cumulative" else (), saving)
            yield replace(item, units=1, gross_minor=minor_of(terms, amount), working=amount)
        before.append(saving)


def _points(terms: Terms, rule: SavingsShare) -> list[str]:
    metrics = [terms.metrics[component.metric] for component in rule.components]
    return list(dict.fromkeys(point.code for metric in metrics for point in metric.measurement_points))


def _item(terms: Terms, rule: SavingsShare, point: str, outcomes: OutcomeData, saving: Node, ends: date) -> Item:
    claims = claims_under(saving)
    day = last_day(claims, outcomes) or min(ends, terms.outcome_period.end) - date.resolution
    # The n of a baseline a person-day counts days: how many people were measured is not known from it.
    in_days = any(isinstance(component.baseline, PerPersonDayBaseline) for component in rule.components)
    people = 0 if in_days else measured_people(terms, claims, outcomes)
    return Item(
        key=ItemKey(rule.code, terms.contract_id, point),
        claim_id=None,
        metric=rule.components[0].metric,
        version=terms.version,
        achieved_on=day,
        order_key="",
        measured_people=people,
    )


def _saving(terms: Terms, rule: SavingsShare, point: str, outcomes: OutcomeData) -> Node:
    """What one period saved in all components, less the deductible, in major units.

    1,000,000.00 were expected in a purse, 700,000.00 were spent, and the state gives back 0.4 of it: net of that,
    300,000.00 x 0.6 = 180,000.00 were saved. With a deductible of 30,000.00 the period's saving is 150,000.00.
    """
    parts = [_component(terms, component, point, outcomes) for component in rule.components]
    saving = computed("sum", *parts)
    if rule.deductible is None:
        return saving
    return computed("difference", saving, amount_term(terms, "deductible", rule.deductible))


def _component(terms: Terms, component: SavingsComponent, point: str, outcomes: OutcomeData) -> Node:
    """What one purse saved in a period: less cost, or more revenue, than its baseline."""
    actual = _claims(component, point, outcomes, "intervention")
    if not actual:
        return not_measured(metric=component.metric, occurrence=point, component=component.code)
    spent = computed("sum", *(_amount_of(terms, claim) for claim in actual))
    baseline = _baseline(terms, component, point, outcomes, actual)
    sides = (baseline, spent) if component.flow == "cost" else (spent, baseline)
    saving = computed("difference", *sides, component=component.code)
    if component.basis == "gross" or component.reimbursed is None:
        return saving
    kept = term("share that is not reimbursed", 1 - Fraction(component.reimbursed))
    return computed("product", saving, kept)


def _amount_of(terms: Terms, claim: Claim) -> Node:
    """The value that a claim reports, which is an amount in the contract's currency."""
    value = value_of(claim)
    return replace(value, about={**value.about, "currency": terms.currency})


def _claims(component: SavingsComponent, point: str, outcomes: OutcomeData, arm: str) -> list[Claim]:
    return [
        claim
        for claim in outcomes.on(component.metric)
        if claim.counts
        and claim.occurrence == point
        and claim.measurement is not None
        and (claim.measurement.arm, claim.measurement.component) == (arm, component.code)
    ]


def _baseline(
    terms: Terms, component: SavingsComponent, point: str, outcomes: OutcomeData, actual: Sequence[Claim]
) -> Node:
    """What would have been spent or earned in a period, in major units: 1,200.00 a person, measured on 30 people, is
    36,000.00."""
    baseline = component.baseline
    if isinstance(baseline, AggregateBaseline):
        return amount_term(terms, "baseline", baseline.amount)
    if isinstance(baseline, MeasuredBaseline):
        claims = _claims(component, point, outcomes, baseline.arm)
        # A saving is of the same subjects on both sides: one that is measured on one side alone would be all saving.
        if {claim.subject_id for claim in claims} != {claim.subject_id for claim in actual}:
            return not_measured(metric=component.metric, occurrence=point, arm=baseline.arm)
        return computed("sum", *(_amount_of(terms, claim) for claim in claims))
    if any(claim.measurement is None or claim.measurement.n is None for claim in actual):
        return not_measured(metric=component.metric, occurrence=point, what="n")
    a_day = isinstance(baseline, PerPersonDayBaseline)
    each = amount_term(terms, "baseline a person-day" if a_day else "baseline a person", baseline.amount)
    return computed("product", each, computed("sum", *map(number_of, actual)))


def _amount(terms: Terms, rule: SavingsShare, before: Sequence[Node], saving: Node) -> Node:
    """The share of this saving, in major units. Where savings are cumulative: what it adds to the share of all before.

    A first period saved 150,000.00, which gives 62,500.00 (see `_shared`). The second one lost 50,000.00. The two
    together saved 100,000.00, which gives 50,000.00: so the second period gives -12,500.00. Both shares are rounded
    before they are subtracted, so that the periods add up to the rounded share of all.
    """
    if not before:
        return to_whole_minor(terms, _shared(terms, rule, saving))
    so_far = to_whole_minor(terms, _shared(terms, rule, computed("sum", *before, saving)))
    earlier = to_whole_minor(terms, _shared(terms, rule, computed("sum", *before)))
    return computed("difference", so_far, earlier)


def _shared(terms: Terms, rule: SavingsShare, saving: Node) -> Node:
    """Each slice of the saving at its share: of 150,000.00, at 0.5 up to 100,000.00 and 0.25 above it, 50,000.00 +
    12,500.00 = 62,500.00. A loss gives nothing; where the rule is two-sided, it gives as much below zero."""
    if saving.number < 0 and not rule.two_sided:
        saving = computed("greatest", saving, term("nothing below zero", 0, currency=terms.currency))
    parts, start = [], Fraction(0)
    for tier in rule.shares:
        end = None if tier.up_to is None else Fraction(to_minor(tier.up_to), scale_of(terms))
        up, down = (str(start), None if end is None else str(end)), (None if end is None else str(-end), str(-start))
        low, high = up if saving.number >= 0 else down
        part = computed("part_of_band", saving, origin="0", **{"from": low, "to": high})
        parts.append(computed("product", part, term("share of the saving", Fraction(tier.share))))
        start = end if end is not None else start
    return computed("sum", *parts)


def _work_alone(rule: SavingsShare, ends: date) -> int:
    """Each component's points are looked at in each component."""
    return len(rule.components) ** 2


SAVINGS_SHARE = Mechanism(
    shape=SavingsShare,
    looks_at=mechanism.every_claim,
    most_payments=mechanism.payments_of_metric,
    payment_for=mechanism.nothing_by_claim,
    items_of_contract=_items,
    items_over_rules=mechanism.no_items_over_rules,
    is_paid_once=False,
    depends_on_others=mechanism.two_sided,
    may_be_below_zero=mechanism.two_sided,
    max_units=mechanism.no_limit,
    each_minor=mechanism.varies,
    reason_without_items=mechanism.no_reason,
    counts=NO_COUNT,
    condition=mechanism.no_condition,
    scale=mechanism.no_scale,
    work_alone=_work_alone,
)
