"""Core: faults of splits: every amount has payers, and they can pay all that the caps allow."""

from collections.abc import Iterator, Sequence

from services.core.errors import FieldError
from services.core.terms.checks.rules import placed_rules
from services.core.terms.faults.amounts import minor_of, not_negative
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.plain import fault, once, within
from services.core.terms.model import Agreement
from services.core.terms.payment import GrantWindow, Payment
from services.core.terms.splits import Maximum, Shares, Split, Weight

MAX_WEIGHT = 1_000_000_000


def splits(declared: Declared, agreement: Agreement) -> Iterator[FieldError]:
    """The contract's split, and each rule's own. Maxima must cover a cap on the same amounts: that of the rule, or that
    of the contract where no rule has a split of its own."""
    payment = agreement.payment
    if payment.split is not None:
        shared = all(rule.split is None for rule in payment.rules)
        yield from _split(declared, payment.split, _cap(declared, payment, None) if shared else None, "/payment/split")
        yield from _left_out(declared, payment.split, "/payment/split")
    elif len(declared.payers) > 1 and any(isinstance(window, GrantWindow) for window in payment.windows):
        yield fault("/payment/split", "split-missing", "How several payers share a grant.")
    for at, rule in placed_rules(payment):
        if rule.split is not None:
            yield from _split(declared, rule.split, _cap(declared, payment, rule.code), f"{at}/split")
        elif payment.split is None and len(declared.payers) > 1:
            yield fault(f"{at}/split", "split-missing", "How several payers share, here or for the contract.")


def _split(declared: Declared, split: Split, cap: int | None, at: str) -> Iterator[FieldError]:
    if isinstance(split, Shares):
        yield from _weights(declared, split.weights, f"{at}/weights")
    else:
        yield from _maxima(declared, split.maxima, cap, f"{at}/maxima")


def _weights(declared: Declared, weights: Sequence[Weight], at: str) -> Iterator[FieldError]:
    yield from _payers(declared, [weight.payer for weight in weights], at)
    for place, weight in enumerate(weights):
        yield from within(weight.weight, 0, MAX_WEIGHT, f"{at}/{place}/weight")
    if weights and not any(weight.weight for weight in weights):
        yield fault(at, "weights-all-zero", "At least one payer with a weight of 1 or more.")


def _maxima(declared: Declared, maxima: Sequence[Maximum], cap: int | None, at: str) -> Iterator[FieldError]:
    """Maxima that come to at least the cap in minor units: with 300.00 and 500.00 a cap of 1,000.00 would allow 200.00
    that nobody pays."""
    yield from _payers(declared, [maximum.payer for maximum in maxima], at)
    for place, maximum in enumerate(maxima):
        yield from not_negative(declared, maximum.amount, f"{at}/{place}/amount")
    amounts = [minor_of(declared, maximum.amount) for maximum in maxima]
    if amounts and all(amount == 0 for amount in amounts):
        yield fault(at, "maxima-all-zero", "At least one payer that pays something.")
    total = _total(amounts)
    if cap is not None and total is not None and total < cap:
        yield fault(at, "maxima-below-cap", "Maxima that come to at least the cap, so that what it allows has a payer.")


def _left_out(declared: Declared, split: Split, at: str) -> Iterator[FieldError]:
    """Whoever pays nothing by the contract's own split is named in it too: nobody is forgotten."""
    parts: Sequence[Weight | Maximum] = split.weights if isinstance(split, Shares) else split.maxima
    field, zero = ("weights", "the weight 0") if isinstance(split, Shares) else ("maxima", "the amount 0")
    named = {part.payer for part in parts}
    if len(named) == len(parts) and set() < named < set(declared.payers):
        yield fault(f"{at}/{field}", "payer-left-out", f"Every payer; one that pays nothing has {zero}.")


def _payers(declared: Declared, payers: Sequence[str], at: str) -> Iterator[FieldError]:
    if not payers:
        yield fault(at, "payers-missing", "At least one payer.")
    for place, payer in enumerate(payers):
        if not declared.is_payer(payer):
            yield fault(f"{at}/{place}/payer", "payer-unknown", "The organisation id of a party with the role payer.")
    yield from once(payers, at, "/payer")


def _total(amounts: Sequence[int | None]) -> int | None:
    """The sum of amounts; None without any, or where one has a fault of its own."""
    comparable = [amount for amount in amounts if amount is not None]
    return sum(comparable) if comparable and len(comparable) == len(amounts) else None


def _cap(declared: Declared, payment: Payment, rule: str | None) -> int | None:
    """The cap of a rule, or of the contract, in minor units."""
    kind = "contract" if rule is None else "rule"
    return next((minor_of(declared, cap.amount) for cap in payment.caps if cap.kind == kind and cap.rule == rule), None)
