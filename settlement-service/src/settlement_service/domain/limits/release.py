"""Domain: whether what is held back by a version of the terms is released."""

from datetime import date

from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.conditions import decided


def released_versions(history: History, outcomes: OutcomeData, ends: date) -> frozenset[int]:
    """The versions of the terms whose retention is over, by what was achieved before `ends`. A version that holds
    nothing back is among them."""
    known = outcomes.before(ends)
    return frozenset(terms.version for terms in history.versions if _is_released(terms, known, ends))


def released_by_all_known(history: History, outcomes: OutcomeData) -> frozenset[int]:
    """The versions whose retention is over by all that is known. What was released by a later fact is not held back
    again when an earlier period is settled once more."""
    return frozenset(terms.version for terms in history.versions if _is_released(terms, outcomes, date.max))


def _is_released(terms: Terms, outcomes: OutcomeData, ends: date) -> bool:
    retention = terms.retention
    if retention is None:
        return True
    if retention.release_on is not None:
        return retention.release_on < ends
    assert retention.release_when is not None
    return decided(retention.release_when, terms, outcomes).value is True
