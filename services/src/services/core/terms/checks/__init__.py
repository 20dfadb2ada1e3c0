"""Core: whether terms can be decided from verified claims; each fault names its field and what would be allowed."""

from collections.abc import Callable, Iterator

from services.core.errors import FieldError, Invalid
from services.core.terms.checks.caps import caps
from services.core.terms.checks.cohorts import cohorts
from services.core.terms.checks.frame import first_day, frame, parties, readers
from services.core.terms.checks.metrics import metrics
from services.core.terms.checks.payment import indices, retention
from services.core.terms.checks.rules import rules
from services.core.terms.checks.splits import splits
from services.core.terms.checks.windows import windows
from services.core.terms.faults.declared import Declared
from services.core.terms.model import Agreement


class TermsNotValid(Invalid):
    """Terms that cannot be decided as they stand."""

    code = "terms-not-valid"
    title = "These terms cannot be decided as they stand"


def check_terms(agreement: Agreement, *, amends: bool = False) -> None:
    """`amends`: it is a later version of terms in effect, which may begin on any day that these allow. Errors:
    `terms-not-valid` with every fault found, each with a JSON pointer below the agreement."""
    declared = declared_in(agreement)
    checks = _CHECKS if amends else (*_CHECKS, first_day)
    faults = [fault for check in checks for fault in check(declared, agreement)]
    if faults:
        raise TermsNotValid(errors=faults)


def declared_in(agreement: Agreement) -> Declared:
    """What the agreement declares; of what stands twice, the first."""
    return Declared(
        currency=agreement.currency,
        service_period=agreement.service_period,
        outcome_period=agreement.outcome_period,
        metrics={metric.code: metric for metric in reversed(agreement.outcomes.metrics)},
        cohorts=frozenset(cohort.code for cohort in agreement.outcomes.cohorts),
        roles={party.organisation_id: party.role for party in reversed(agreement.parties)},
        payers=tuple(dict.fromkeys(agreement.payers())),
        rules=frozenset(rule.code for rule in agreement.payment.rules),
        indices=frozenset(index.code for index in agreement.payment.indices),
    )


_CHECKS: tuple[Callable[[Declared, Agreement], Iterator[FieldError]], ...] = (
    parties,
    frame,
    readers,
    metrics,
    cohorts,
    rules,
    caps,
    splits,
    windows,
    indices,
    retention,
)
