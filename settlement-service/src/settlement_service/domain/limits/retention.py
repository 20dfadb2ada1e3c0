"""Domain: what is held back of an amount until it is released."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.core.money import round_minor
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.figures import NOTHING, Figures, ItemKey
from settlement_service.domain.limits.caps import Due


@dataclass(frozen=True, slots=True)
class RetentionState:
    """Which retentions are over: `released` are the versions of the terms whose retention is over by the settlement's
    end, `later` those of which it is by all that is known. `posted` are the figures of each item so far."""

    released: frozenset[int]
    later: frozenset[int]
    posted: Mapping[ItemKey, Figures]


def retain_of(history: History, due: Sequence[Due], state: RetentionState) -> list[Due]:
    """The amounts with what is held back of each, by the version of the terms that governs it. Nothing is held back of
    an amount below zero: that would be paid out."""
    retained = []
    for amount in due:
        minor = _retained(history.version(amount.item.version), amount, state)
        retained.append(Due(amount.item, amount.figures.with_taken("retention", minor)) if minor else amount)
    return retained


def _retained(terms: Terms, due: Due, state: RetentionState) -> int:
    """What is held back of one amount, in minor units: 10 percent of 1,000.00 is 100.00. Once a later fact has released
    it, nothing of the 1,000.00 that were posted is held back again: of 1,200.00 that are due now, 20.00 is."""
    retention, minor = terms.retention, due.figures.under_caps_minor
    if retention is None or minor <= 0 or (retention.rules is not None and due.item.key.rule not in retention.rules):
        return 0
    if terms.version in state.released:
        return 0
    share = Fraction(retention.share)
    held = round_minor(minor * share, terms.rounding)
    if terms.version not in state.later:
        return held
    before = state.posted.get(due.item.key, NOTHING)
    new = max(0, minor - before.under_caps_minor)
    return min(held, before.taken("retention") + round_minor(new * share, terms.rounding))
