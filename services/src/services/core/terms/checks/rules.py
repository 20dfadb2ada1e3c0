"""Core: faults of payment rules: what all have in common, and the kinds that pay a price or a fixed amount."""

import re
from collections.abc import Iterator

from services.core.errors import FieldError
from services.core.period import Period
from services.core.terms.checks.amounts import positive
from services.core.terms.checks.conditions import condition
from services.core.terms.checks.dates import inside, whole_period
from services.core.terms.checks.declared import MAX_RULES, Declared
from services.core.terms.checks.faults import coded, fault, once, payee, within
from services.core.terms.checks.metrics import reports
from services.core.terms.checks.prices import paid_in_units, unit_price
from services.core.terms.mechanisms.gate import Gate
from services.core.terms.mechanisms.milestone import Milestone
from services.core.terms.mechanisms.service_fee import ServiceFee
from services.core.terms.mechanisms.unit_price import UnitPrice
from services.core.terms.rules import PaymentRule

POSTING_PATTERN = r"[a-z0-9-]{1,32}:[A-Za-z0-9._-]{1,64}"
MAX_POSTING = 20


def rules(declared: Declared) -> Iterator[FieldError]:
    """Every rule, but what only bands and savings have."""
    payment = declared.agreement.payment
    if not 1 <= len(payment.rules) <= MAX_RULES:
        yield fault("/payment/rules", "rule-count", f"From 1 to {MAX_RULES} rules.")
    yield from once((rule.code for rule in payment.rules[:MAX_RULES]), "/payment/rules", "/code")
    yield from within(payment.due_days, 0, 365, "/payment/dueDays")
    for at, rule in declared.placed_rules():
        yield from coded(rule.code, at)
        yield from payee(declared, rule.payee, at)
        yield from _posting(rule.posting, f"{at}/posting")
        if rule.when is not None:
            yield from condition(declared, rule.when, f"{at}/when")
        yield from _kind(declared, rule, at)


def _kind(declared: Declared, rule: PaymentRule, at: str) -> Iterator[FieldError]:
    if isinstance(rule, UnitPrice):
        yield from unit_price(declared, rule, at)
    elif isinstance(rule, Gate):
        yield from condition(declared, rule.condition, f"{at}/condition")
        yield from positive(declared, rule.amount, f"{at}/amount")
    elif isinstance(rule, Milestone):
        yield from _milestone(declared, rule, at)
    elif isinstance(rule, ServiceFee):
        yield from _service_fee(declared, rule, at)


def _milestone(declared: Declared, rule: Milestone, at: str) -> Iterator[FieldError]:
    yield from paid_in_units(declared, rule.metric, f"{at}/metric")
    yield from positive(declared, rule.amount, f"{at}/amount")
    period = declared.agreement.outcome_period
    if rule.due_on is None and rule.late == "lost":
        yield fault(f"{at}/late", "late-not-expected", "'pays', or a day in dueOn that one can be late for.")
    if rule.due_on is not None and not period.holds(rule.due_on):
        yield fault(f"{at}/dueOn", "date-outside-period", "A day of the outcome period.")


def _service_fee(declared: Declared, rule: ServiceFee, at: str) -> Iterator[FieldError]:
    agreement = declared.agreement
    ends = max(agreement.service_period.end, agreement.outcome_period.end)
    either = Period(start=agreement.service_period.start, end=ends)
    yield from inside(rule.start, rule.until, either, at, ("start", "until"))
    yield from whole_period(rule.start, rule.until, rule.every, f"{at}/until")
    yield from positive(declared, rule.amount, f"{at}/amount")
    if rule.delivery is not None:
        yield from reports(declared.metrics.get(rule.delivery), "units", f"{at}/delivery")


def _posting(dimensions: tuple[str, ...], at: str) -> Iterator[FieldError]:
    if len(dimensions) > MAX_POSTING:
        yield fault(at, "posting-count", f"At most {MAX_POSTING} dimensions.")
        return
    for place, dimension in enumerate(dimensions):
        if not re.fullmatch(POSTING_PATTERN, dimension):
            yield fault(f"{at}/{place}", "posting-not-valid", f"Must match {POSTING_PATTERN}.")
    yield from once((dimension.partition(":")[0] for dimension in dimensions), at)
