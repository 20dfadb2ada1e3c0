"""Domain: one figure from verified claims, by a measure of the terms (domain.md, section 3.2)."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from uuid import UUID

from services.core.terms.measures import Fixed, Measure, VerifiedCount
from services.core.terms.outcomes import Arm
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.measure_scope import MeasureScope
from settlement_service.domain.mechanisms.working import Node, computed, leaf, not_measured, term

Z: Mapping[str, str] = MappingProxyType(
    {
        "0.80": "1.281552",
        "0.90": "1.644854",
        "0.95": "1.959964",
        "0.975": "2.241403",
        "0.99": "2.575829",
        "0.995": "2.807034",
    }
)
"""Half the width of a two-sided confidence interval in standard errors, by its level: quantiles of the standard normal
distribution, to six decimals. They stand here as text, so that every machine computes the same bound."""


def measured(measure: Measure, terms: Terms, outcomes: OutcomeData) -> Node:
    """The figure and how it came about. It is not yet measured while nothing was decided that it rests on."""
    node = _BASES[measure.basis](MeasureScope(measure, terms, outcomes))
    if measure.rounding is None:
        return node
    return computed("rounded", node, mode=measure.rounding.mode, places=measure.rounding.places)


def _claims(value: Fraction | int, what: str, claims: Sequence[Claim], metric: str) -> Node:
    return leaf("claims", Fraction(value), what=what, metric=metric, claims=[str(claim.id) for claim in claims])


def _count(scope: MeasureScope) -> Node:
    """Subjects, each once, or units of all verified claims. It is 0 where something was decided and nothing held, and
    not yet measured where nothing was decided."""
    verified = scope.verified()
    if not verified and not scope.decided(scope.metric.code):
        return not_measured(metric=scope.metric.code)
    if scope.measure.counting == "units":
        return _claims(sum(claim.units for claim in verified), "units", verified, scope.metric.code)
    return _claims(len({claim.subject_id for claim in verified}), "subjects", verified, scope.metric.code)


def _share(scope: MeasureScope) -> Node:
    """Subjects with a verified claim over the denominator. Of 162 enrolled 2 left for a neutral reason, and 48 have a
    verified claim: 48 / 160 is 0.30."""
    exits = scope.exits()
    # Who is out of the denominator is out of the numerator too: else a share could be more than 1.
    verified = [claim for claim in scope.verified() if claim.subject_id not in exits]
    decided = scope.decided(scope.metric.code)
    if not verified and not decided:
        return not_measured(metric=scope.metric.code)
    subjects = {claim.subject_id for claim in verified}
    numerator = _claims(len(subjects), "subjects", verified, scope.metric.code)
    return computed("quotient", numerator, _denominator(scope, exits))


def _denominator(scope: MeasureScope, exits: frozenset[UUID]) -> Node:
    """A fixed number, the subjects with a verified claim on another metric, or everybody who was ever enrolled but
    neutral exits. Where who was not measured is excluded, only those of them count on whom something was decided."""
    denominator = scope.measure.denominator
    if isinstance(denominator, Fixed):
        return term("denominator", denominator.number)
    if isinstance(denominator, VerifiedCount):
        counted = [claim for claim in scope.decided(denominator.metric) if claim.counts]
        return _claims(len({claim.subject_id for claim in counted}), "subjects", counted, denominator.metric)
    people = scope.enrolled - exits
    if scope.measure.missing == "excluded":
        people &= {claim.subject_id for claim in scope.decided(scope.metric.code)}
    cohorts = list(scope.measure.cohorts or ())
    return leaf("enrolled", Fraction(len(people)), cohorts=cohorts, neutral_exits=len(scope.enrolled & exits))


def _mean_of(scope: MeasureScope, arm: Arm) -> Node:
    """The mean of an arm, each value weighted by its n: 10 measured on 20 people and 16 on 40 give 840 / 60 = 14."""
    verified = scope.verified(arm)
    if not verified:
        return not_measured(metric=scope.metric.code, arm=arm)
    if scope.metric.subject == "cohort" and scope.measure.missing != "excluded":
        # One cohort without its value leaves the mean unmeasured: no zero can stand for a whole cohort.
        measured_cohorts = {claim.subject_id for claim in verified}
        missing = sorted(code for subject, code in scope.cohorts.items() if subject not in measured_cohorts)
        if missing:
            return not_measured(map(value_of, verified), metric=scope.metric.code, arm=arm, missing=missing)
    if scope.metric.subject == "participant":
        return _mean_of_people(scope, verified)
    if len(verified) == 1:
        return value_of(verified[0])
    weights = [number_of(claim) for claim in verified]
    weighted = [computed("product", value_of(claim), n) for claim, n in zip(verified, weights, strict=True)]
    return computed("quotient", computed("sum", *weighted), computed("sum", *weights))


def _mean_of_people(scope: MeasureScope, verified: Sequence[Claim]) -> Node:
    """Each value by its n. Where who was not measured counts as a failure, each of them is one more value of 0: with
    10, 20 and 30 measured of 4 enrolled the mean is 60 / 4 = 15. One leaf stands for all values, so that a working does
    not grow with the number of people."""
    numbers = [number_of(claim).number for claim in verified]
    total = sum((value_of(claim).number * n for claim, n in zip(verified, numbers, strict=True)), Fraction(0))
    counted = _claims(sum(numbers, Fraction(0)), "values counted", verified, scope.metric.code)
    return computed(
        "quotient", _claims(total, "values", verified, scope.metric.code), _and_missing(scope, counted, verified)
    )


def _and_missing(scope: MeasureScope, counted: Node, verified: Sequence[Claim]) -> Node:
    """The number of values, and of people without one where they count as failures."""
    missing = scope.enrolled - {claim.subject_id for claim in verified}
    if scope.measure.missing != "as_failure" or not missing:
        return counted
    cohorts = list(scope.measure.cohorts or ())
    return computed("sum", counted, leaf("enrolled", Fraction(len(missing)), cohorts=cohorts, what="not measured"))


def _mean(scope: MeasureScope) -> Node:
    return _mean_of(scope, "intervention")


def _difference(scope: MeasureScope) -> Node:
    """0.42 in the intervention arm and 0.30 in the comparison: 0.12."""
    return computed("difference", _mean(scope), _mean_of(scope, scope.measure.against or "comparison"))


def _relative_change(scope: MeasureScope) -> Node:
    """0.42 in the intervention arm and 0.30 in the comparison: 0.12 / 0.30 = 0.40."""
    return computed("quotient", _difference(scope), _mean_of(scope, scope.measure.against or "comparison"))


def _paired_change(scope: MeasureScope) -> Node:
    """The mean change of each person against the own baseline: 5 to 8 and 6 to 7 give (3 + 1) / 2 = 2. A person without
    a baseline has no change."""
    baselines = {claim.subject_id: claim for claim in scope.verified("baseline")}
    values = [claim for claim in scope.verified("intervention") if claim.subject_id in baselines]
    pairs = [(claim, baselines[claim.subject_id]) for claim in values]
    if not pairs:
        return not_measured(metric=scope.metric.code)
    total = sum((value_of(claim).number - value_of(baseline).number for claim, baseline in pairs), Fraction(0))
    claims = [claim for pair in pairs for claim in pair]
    counted = _claims(len(pairs), "changes counted", claims, scope.metric.code)
    return computed(
        "quotient", _claims(total, "changes", claims, scope.metric.code), _and_missing(scope, counted, claims)
    )


def _lower_bound(scope: MeasureScope) -> Node:
    """The lower end of the estimate's two-sided confidence interval. Of a mean of 0.30 with a standard error of 0.05 it
    is, at the level 0.95, 0.30 - 1.959964 x 0.05 = 0.2020018. The errors of two arms are independent, and add up in
    squares: 0.03 and 0.04 are 0.05."""
    bound = scope.measure.bound
    assert bound is not None
    estimate = _mean(scope) if bound.of == "mean" else _difference(scope)
    errors = [_error_of(scope, "intervention")]
    if bound.of == "difference":
        errors.append(_error_of(scope, scope.measure.against or "comparison"))
    spread = computed("root_of_squares", *errors) if len(errors) > 1 else errors[0]
    width = term("standard errors below the estimate", Fraction(Z[bound.level]), level=bound.level)
    return computed("difference", estimate, computed("product", width, spread))


def _error_of(scope: MeasureScope, arm: Arm) -> Node:
    """The standard error of an arm's mean: as reported, or pooled from those of its cohorts by their n. 0.06 of 100
    people and 0.02 of 300 give the root of (6 x 6 + 6 x 6) over 400: 0.0212."""
    verified = scope.verified(arm)
    if not verified or not all(map(_has_error, verified)):
        return not_measured(metric=scope.metric.code, arm=arm, what="standard error")
    errors = [_error_in(claim) for claim in verified]
    if len(errors) == 1:
        return errors[0]
    weights = [number_of(claim) for claim in verified]
    squares = [computed("product", error, n) for error, n in zip(errors, weights, strict=True)]
    return computed("quotient", computed("root_of_squares", *squares), computed("sum", *weights))


def _has_error(claim: Claim) -> bool:
    return claim.measurement is not None and claim.measurement.standard_error is not None


def value_of(claim: Claim) -> Node:
    """The value that a claim reports."""
    assert claim.measurement is not None
    return _figure(claim, Fraction(claim.measurement.value), "value")


def number_of(claim: Claim) -> Node:
    """The number that a claim's value was measured on: 1 where it says none."""
    assert claim.measurement is not None
    return _figure(claim, Fraction(1 if claim.measurement.n is None else claim.measurement.n), "n")


def _error_in(claim: Claim) -> Node:
    assert claim.measurement is not None
    assert claim.measurement.standard_error is not None
    return _figure(claim, Fraction(claim.measurement.standard_error), "standard error")


def _figure(claim: Claim, value: Fraction, what: str) -> Node:
    assert claim.measurement is not None
    return leaf(
        "claim",
        value,
        what=what,
        claims=[str(claim.id)],
        metric=claim.metric,
        occurrence=claim.occurrence,
        arm=claim.measurement.arm,
        subject=str(claim.subject_id),
    )


_BASES: Mapping[str, Callable[[MeasureScope], Node]] = MappingProxyType(
    {
        "count": _count,
        "share": _share,
        "mean": _mean,
        "difference": _difference,
        "relative_change": _relative_change,
        "paired_change": _paired_change,
        "lower_bound": _lower_bound,
    }
)
