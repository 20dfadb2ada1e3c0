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
    """What is held back no more: `released` are the versions of the terms whose retention is over; where it is over by
    all that is known (`later`), of what was `posted` no more is held back than was."""

    released: frozenset[int]
    later: frozenset[int]
    posted: Mapping[ItemKey, Figures]


def retain_of(history: History, due: Sequence[Due], state: RetentionState) -> list[Due]:
    """What is held back of each positive amount, by the version of the terms that governs it."""
    retained = []
    for amount in due:
        minor = _retained(history.version(amount.item.version), amount, state)
        retained.append(Due(amount.item, amount.figures.with_taken("retention", minor)) if minor else amount)
    return retained


def _retained(terms: Terms, due: Due, state: RetentionState) -> int:
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
