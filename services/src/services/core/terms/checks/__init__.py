"""Core: whether terms can be decided from verified claims; each fault names its field and what would be allowed."""

from collections.abc import Callable, Iterator

from services.core.errors import FieldError, Invalid
from services.core.terms.checks.bands import bands
from services.core.terms.checks.caps import caps
from services.core.terms.checks.cohorts import cohorts
from services.core.terms.checks.declared import Declared, declared_in
from services.core.terms.checks.frame import first_day, frame, parties, readers
from services.core.terms.checks.metrics import metrics
from services.core.terms.checks.payment import indices, retention
from services.core.terms.checks.rules import rules
from services.core.terms.checks.savings import savings
from services.core.terms.checks.splits import splits
from services.core.terms.checks.windows import windows
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
    faults = [fault for check in checks for fault in check(declared)]
    if faults:
        raise TermsNotValid(errors=faults)


_CHECKS: tuple[Callable[[Declared], Iterator[FieldError]], ...] = (
    parties,
    frame,
    readers,
    metrics,
    cohorts,
    rules,
    bands,
    savings,
    caps,
    splits,
    windows,
    indices,
    retention,
)
