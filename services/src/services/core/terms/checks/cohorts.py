"""Core: faults of cohorts."""

from collections.abc import Iterator

from services.core.errors import FieldError
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.plain import coded, fault, named, once, span, within
from services.core.terms.model import Agreement
from services.core.terms.outcomes import MAX_SUBJECTS


def cohorts(declared: Declared, agreement: Agreement) -> Iterator[FieldError]:
    """At least one cohort, so that somebody can be enrolled; and each cohort by itself."""
    declared_cohorts = agreement.outcomes.cohorts
    if not declared_cohorts:
        yield fault("/outcomes/cohorts", "cohorts-missing", "At least one cohort.")
    yield from once((cohort.code for cohort in declared_cohorts), "/outcomes/cohorts", "/code")
    for place, cohort in enumerate(declared_cohorts):
        at = f"/outcomes/cohorts/{place}"
        yield from coded(cohort.code, at)
        yield from named(cohort.name, f"{at}/name")
        if cohort.start and cohort.end:
            yield from span(cohort.start, cohort.end, at)
        if cohort.size is not None:
            yield from within(cohort.size, 1, MAX_SUBJECTS, f"{at}/size")
