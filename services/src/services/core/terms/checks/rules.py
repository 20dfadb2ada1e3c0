"""Core: faults of payment rules: of each what all have in common, then what its mechanism finds."""

import re
from collections.abc import Iterator

from services.core.errors import FieldError
from services.core.terms.faults.conditions import condition
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.plain import coded, fault, once, payee, within
from services.core.terms.mechanisms.table import mechanism_of
from services.core.terms.model import Agreement
from services.core.terms.payment import Payment
from services.core.terms.rules import PaymentRule

POSTING_PATTERN = r"[a-z0-9-]{1,32}:[A-Za-z0-9._-]{1,64}"
MAX_POSTING = 20
MAX_RULES = 1000

Placed = tuple[str, PaymentRule]
"""A rule beside its JSON pointer."""


def rules(declared: Declared, agreement: Agreement) -> Iterator[FieldError]:
    """Every rule by itself, then those of one mechanism together."""
    payment = agreement.payment
    if not 1 <= len(payment.rules) <= MAX_RULES:
        yield fault("/payment/rules", "rule-count", f"From 1 to {MAX_RULES} rules.")
    yield from once((rule.code for rule in payment.rules[:MAX_RULES]), "/payment/rules", "/code")
    yield from within(payment.due_days, 0, 365, "/payment/dueDays")
    of_a_shape: dict[type[PaymentRule], list[Placed]] = {}
    for at, rule in placed_rules(payment):
        yield from _in_common(declared, rule, at)
        yield from mechanism_of(rule).faults(declared, rule, at)
        of_a_shape.setdefault(type(rule), []).append((at, rule))
    for placed in of_a_shape.values():
        yield from mechanism_of(placed[0][1]).faults_together(declared, placed)


def placed_rules(payment: Payment) -> Iterator[Placed]:
    """The rules with their JSON pointers, as many as are allowed."""
    for place, rule in enumerate(payment.rules[:MAX_RULES]):
        yield f"/payment/rules/{place}", rule


def _in_common(declared: Declared, rule: PaymentRule, at: str) -> Iterator[FieldError]:
    yield from coded(rule.code, at)
    yield from payee(declared, rule.payee, at)
    yield from _posting(rule.posting, f"{at}/posting")
    if rule.when is not None:
        yield from condition(declared, rule.when, f"{at}/when")


def _posting(dimensions: tuple[str, ...], at: str) -> Iterator[FieldError]:
    if len(dimensions) > MAX_POSTING:
        yield fault(at, "posting-count", f"At most {MAX_POSTING} dimensions.")
        return
    for place, dimension in enumerate(dimensions):
        if not re.fullmatch(POSTING_PATTERN, dimension):
            yield fault(f"{at}/{place}", "posting-not-valid", f"Must match {POSTING_PATTERN}.")
    yield from once((dimension.partition(":")[0] for dimension in dimensions), at)
