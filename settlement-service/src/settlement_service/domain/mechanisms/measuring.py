"""Domain: one figure from verified claims, as a measure of the terms asks for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from uuid import UUID

from services.core.terms.measures import AsEnrolled, Fixed, Measure, VerifiedCount
from services.core.terms.outcomes import Arm, Metric
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.outcome_data import OutcomeData
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
"""Half the width of a two-sided confidence interval in standard errors, by its level (quantiles of the standard normal
distribution, to six decimals)."""


def measured(measure: Measure, terms: Terms, outcomes: OutcomeData) -> Node:
    """The figure and how it came about; not yet measured while nothing was decided that it rests on."""
    node = _BASES[measure.basis](_Question(measure, terms, outcomes))
    if measure.rounding is None:
        return node
    return computed("rounded", node, mode=measure.rounding.mode, places=measure.rounding.places)


class _Question:
    """A measure, with what it is asked of."""

    def __init__(self, measure: Measure, terms: Terms, outcomes: OutcomeData) -> None:
        self.measure, self.terms, self.outcomes = measure, terms, outcomes
        self.metric: Metric = terms.metrics[measure.metric]
        self.enrolled = outcomes.enrolled_in(measure.cohorts)
        self.cohorts = outcomes.cohort_ids(measure.cohorts or terms.cohorts)

    def in_scope(self, claims: Iterable[Claim]) -> list[Claim]:
        """The claims on subjects that are asked about."""
        if self.metric.subject == "site":
            return list(claims)
        if self.metric.subject == "cohort":
            return [claim for claim in claims if claim.subject_id in self.cohorts]
        asked = self.measure.cohorts is None
        return [claim for claim in claims if asked or claim.subject_id in self.enrolled]

    def decided(self, metric: str) -> list[Claim]:
        """The claims in scope that were decided, at the point that is asked about."""
        at = self.measure.at if metric == self.metric.code else None
        return [
            claim
            for claim in self.in_scope(self.outcomes.on(metric))
            if claim.is_decided and at in (None, claim.occurrence)
        ]

    def verified(self, arm: Arm | None = None) -> list[Claim]:
        """Those that hold, of one arm if it is named; with `carried`, that of the point before for who has none."""
        at, code = self.measure.at, self.metric.code
        claims = [claim for claim in self.in_scope(self.outcomes.on(code)) if _is_of(claim, arm)]
        if at is None or arm == "baseline":
            return [claim for claim in claims if claim.counts]
        here = [claim for claim in claims if claim.occurrence == at]
        found = [claim for claim in here if claim.counts]
        if self.measure.missing != "carried":
            return found
        known = {claim.subject_id for claim in here if claim.is_decided}
        before: dict[UUID, Claim] = {}
        for claim in claims:
            rank = self.terms.rank(code, claim.occurrence)
            if claim.counts and claim.subject_id not in known and rank < self.terms.rank(code, at):
                last = before.get(claim.subject_id)
                if last is None or rank >= self.terms.rank(code, last.occurrence):
                    before[claim.subject_id] = claim
        return found + list(before.values())

    def neutral(self) -> frozenset[UUID]:
        """Who was taken out of the denominator for a neutral reason."""
        kind = self.measure.denominator
        exits = kind.neutral_exits if isinstance(kind, AsEnrolled) else ()
        return frozenset(claim.subject_id for code in exits for claim in self.outcomes.on(code) if claim.counts)


def _is_of(claim: Claim, arm: Arm | None) -> bool:
    return arm is None or (claim.measurement is not None and claim.measurement.arm == arm)


def _claims(value: Fraction | int, what: str, claims: Sequence[Claim], metric: str) -> Node:
    return leaf("claims", Fraction(value), what=what, metric=metric, claims=[str(claim.id) for claim in claims])


def _count(ask: _Question) -> Node:
    verified = ask.verified()
    if not verified and not ask.decided(ask.metric.code):
        return not_measured(metric=ask.metric.code)
    if ask.measure.counting == "units":
        return _claims(sum(claim.units for claim in verified), "units", verified, ask.metric.code)
    return _claims(len({claim.subject_id for claim in verified}), "subjects", verified, ask.metric.code)


def _share(ask: _Question) -> Node:
    out = ask.neutral()
    verified = [claim for claim in ask.verified() if claim.subject_id not in out]
    decided = ask.decided(ask.metric.code)
    if not verified and not decided:
        return not_measured(metric=ask.metric.code)
    over = {claim.subject_id for claim in verified}
    return computed("quotient", _claims(len(over), "subjects", verified, ask.metric.code), _denominator(ask, out))


def _denominator(ask: _Question, out: frozenset[UUID]) -> Node:
    kind = ask.measure.denominator
    if isinstance(kind, Fixed):
        return term("denominator", kind.number)
    if isinstance(kind, VerifiedCount):
        counted = [claim for claim in ask.decided(kind.metric) if claim.counts]
        return _claims(len({claim.subject_id for claim in counted}), "subjects", counted, kind.metric)
    people = ask.enrolled - out
    if ask.measure.missing == "excluded":
        people &= {claim.subject_id for claim in ask.decided(ask.metric.code)}
    cohorts = list(ask.measure.cohorts or ())
    return leaf("enrolled", Fraction(len(people)), cohorts=cohorts, neutral_exits=len(ask.enrolled & out))


def _mean_of(ask: _Question, arm: Arm) -> Node:
    verified = ask.verified(arm)
    if not verified:
        return not_measured(metric=ask.metric.code, arm=arm)
    if ask.metric.subject == "cohort" and ask.measure.missing != "excluded":
        there = {claim.subject_id for claim in verified}
        missing = sorted(code for subject, code in ask.cohorts.items() if subject not in there)
        if missing:
            return not_measured(map(value_of, verified), metric=ask.metric.code, arm=arm, missing=missing)
    if ask.metric.subject == "participant":
        return _mean_of_people(ask, verified)
    if len(verified) == 1:
        return value_of(verified[0])
    weights = [number_of(claim) for claim in verified]
    weighted = [computed("product", value_of(claim), n) for claim, n in zip(verified, weights, strict=True)]
    return computed("quotient", computed("sum", *weighted), computed("sum", *weights))


def _mean_of_people(ask: _Question, verified: Sequence[Claim]) -> Node:
    """Each value by its n; who was enrolled and not measured counts as zero, once, where that is a failure."""
    numbers = [number_of(claim).number for claim in verified]
    total = sum((value_of(claim).number * n for claim, n in zip(verified, numbers, strict=True)), Fraction(0))
    counted = _claims(sum(numbers, Fraction(0)), "values counted", verified, ask.metric.code)
    return computed(
        "quotient", _claims(total, "values", verified, ask.metric.code), _and_missing(ask, counted, verified)
    )


def _and_missing(ask: _Question, counted: Node, verified: Sequence[Claim]) -> Node:
    """So many values, and those who have none where they count as failures."""
    missing = ask.enrolled - {claim.subject_id for claim in verified}
    if ask.measure.missing != "as_failure" or not missing:
        return counted
    cohorts = list(ask.measure.cohorts or ())
    return computed("sum", counted, leaf("enrolled", Fraction(len(missing)), cohorts=cohorts, what="not measured"))


def _mean(ask: _Question) -> Node:
    return _mean_of(ask, "intervention")


def _difference(ask: _Question) -> Node:
    return computed("difference", _mean(ask), _mean_of(ask, ask.measure.against or "comparison"))


def _relative_change(ask: _Question) -> Node:
    return computed("quotient", _difference(ask), _mean_of(ask, ask.measure.against or "comparison"))


def _paired_change(ask: _Question) -> Node:
    before = {claim.subject_id: claim for claim in ask.verified("baseline")}
    pairs = [(claim, before[claim.subject_id]) for claim in ask.verified("intervention") if claim.subject_id in before]
    if not pairs:
        return not_measured(metric=ask.metric.code)
    total = sum((value_of(now).number - value_of(then).number for now, then in pairs), Fraction(0))
    claims = [claim for pair in pairs for claim in pair]
    counted = _claims(len(pairs), "changes counted", claims, ask.metric.code)
    return computed("quotient", _claims(total, "changes", claims, ask.metric.code), _and_missing(ask, counted, claims))


def _lower_bound(ask: _Question) -> Node:
    bound = ask.measure.bound
    assert bound is not None
    estimate = _mean(ask) if bound.of == "mean" else _difference(ask)
    errors = [_error_of(ask, "intervention")]
    if bound.of == "difference":
        errors.append(_error_of(ask, ask.measure.against or "comparison"))
    spread = computed("root_of_squares", *errors) if len(errors) > 1 else errors[0]
    width = term("standard errors below the estimate", Fraction(Z[bound.level]), level=bound.level)
    return computed("difference", estimate, computed("product", width, spread))


def _error_of(ask: _Question, arm: Arm) -> Node:
    """The standard error of an arm's mean: as reported, or pooled from those of its cohorts by their n."""
    verified = ask.verified(arm)
    if not verified or any(one.measurement is None or one.measurement.standard_error is None for one in verified):
        return not_measured(metric=ask.metric.code, arm=arm, what="standard error")
    errors = [_error_in(claim) for claim in verified]
    if len(errors) == 1:
        return errors[0]
    weights = [number_of(claim) for claim in verified]
    squares = [computed("product", error, n) for error, n in zip(errors, weights, strict=True)]
    return computed("quotient", computed("root_of_squares", *squares), computed("sum", *weights))


def value_of(claim: Claim) -> Node:
    """The value that a claim reports."""
    assert claim.measurement is not None
    return _figure(claim, Fraction(claim.measurement.value), "value")


def number_of(claim: Claim) -> Node:
    """The number that a claim's value was measured on; 1 where none is said."""
    assert claim.measurement is not None
    return _figure(claim, Fraction(1 if claim.measurement.n is None else claim.measurement.n), "n")


def _error_in(claim: Claim) -> Node:
    assert claim.measurement is not None
    assert claim.measurement.standard_error is not None
    return _figure(claim, Fraction(claim.measurement.standard_error), "standard error")


def _figure(claim: Claim, value: Fraction, what: str) -> Node:
    assert claim.measurement is not None
    told = {"metric": claim.metric, "occurrence": claim.occurrence, "arm": claim.measurement.arm}
    told |= {"subject": str(claim.subject_id)}
    return leaf("claim", value, what=what, claims=[str(claim.id)], **told)


_BASES: Mapping[str, Callable[[_Question], Node]] = MappingProxyType(
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
