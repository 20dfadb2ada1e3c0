"""Domain: the mechanism milestone: a fixed amount for each deliverable that was accepted."""

from services.core.money import to_minor
from services.core.terms.mechanisms.milestone import Milestone
from settlement_service.domain.mechanisms import mechanism
from settlement_service.domain.mechanisms.counts import NO_COUNT
from settlement_service.domain.mechanisms.items import NotPayable
from settlement_service.domain.mechanisms.mechanism import Mechanism, Occasion, Payment


def _payment_for(rule: Milestone, occasion: Occasion) -> Payment | NotPayable:
    """Its amount. Achieved after the day it was due, it gives nothing where the rule says that it is lost then."""
    is_late = rule.due_on is not None and occasion.claim.achieved_on > rule.due_on
    if is_late and rule.late == "lost":
        return "after-due-date"
    return Payment(1, to_minor(rule.amount))


def _each_minor(rule: Milestone) -> int:
    return to_minor(rule.amount)


MILESTONE = Mechanism(
    shape=Milestone,
    looks_at=mechanism.every_claim,
    most_payments=mechanism.payments_of_metric,
    payment_for=_payment_for,
    items_of_contract=mechanism.no_items_of_contract,
    items_over_rules=mechanism.no_items_over_rules,
    is_paid_once=False,
    depends_on_others=mechanism.never,
    may_be_below_zero=mechanism.never,
    max_units=mechanism.no_limit,
    each_minor=_each_minor,
    reason_without_items=mechanism.no_reason,
    counts=NO_COUNT,
    condition=mechanism.no_condition,
    scale=mechanism.no_scale,
    work_alone=mechanism.one_claim,
)
