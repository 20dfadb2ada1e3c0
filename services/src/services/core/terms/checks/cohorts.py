"""Core: faults of cohorts."""

from collections.abc import Iterator

from services.core.errors import FieldError
from services.core.terms.checks.declared import Declared
from services.core.terms.checks.faults import coded, fault, named, once, span, within

MAX_SUBJECTS = 10_000_000


def cohorts(declared: Declared) -> Iterator[FieldError]:
    """Somebody can be enrolled."""
    declared_cohorts = declared.agreement.outcomes.cohorts
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
