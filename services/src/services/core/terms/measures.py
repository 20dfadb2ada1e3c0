"""Core: measures, thresholds over them, conditions made of thresholds, and which metrics they look at."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from services.core.values import BY_KIND, value

Basis: TypeAlias = Literal["count", "share", "mean", "difference", "relative_change", "paired_change", "lower_bound"]
BoundOf: TypeAlias = Literal["mean", "difference"]
Missing: TypeAlias = Literal["as_failure", "excluded", "carried"]
Comparator: TypeAlias = Literal["ge", "gt", "le", "lt"]
RoundingMode: TypeAlias = Literal["none", "half_up", "floor", "ceil"]
MAX_NESTING = 8
"""How deep conditions may stand in each other."""


@value
class Fixed:
    """So many, whatever happens."""

    kind: Literal["fixed"]
    number: int


@value
class AsEnrolled:
    """Everybody who was ever enrolled: leaving, moving, death or erasure never shrink it. Only a verified claim on one
    of the metrics `neutral_exits` takes a person out, so that the verifier decides who left for a neutral reason."""

    kind: Literal["as_enrolled"]
    neutral_exits: tuple[str, ...] = ()


@value
class VerifiedCount:
    """The subjects with a verified claim on another metric."""

    kind: Literal["verified_count"]
    metric: str


Denominator: TypeAlias = Annotated[Fixed | AsEnrolled | VerifiedCount, BY_KIND]


@value
class Rounding:
    """How an exact figure is rounded before it is compared or paid by: decimals, and which way."""

    mode: RoundingMode
    places: int = 0


@value
class Bound:
    """The lower bound of an estimate's two-sided confidence interval: `of` which estimate, at which `level` ("0.95").
    That of a difference is `against` an arm, as the difference is."""

    of: BoundOf
    level: str


@value
class Measure:
    """One figure from verified claims on one metric.

    `count`: subjects (or, with `counting` units, payable units) with a verified claim. `share`: that count over
    `denominator` (everybody enrolled, when it is left out). `mean`: of the values, each weighted by its n.
    `difference` and `relative_change`: mean of the intervention arm against the arm `against`: a - b, and (a - b) / b.
    `paired_change`: mean over persons of value minus their own baseline. `lower_bound`: of the estimate that `bound`
    names. Over the cohorts named, pooled; over all when none is named. `at` names a measurement point; left out, every
    occurrence counts. `missing` says what becomes of who was not measured: counted as failure, left out, or with the
    value of the point before.
    """

    metric: str
    basis: Basis
    missing: Missing
    at: str | None = None
    cohorts: tuple[str, ...] | None = None
    counting: Literal["subjects", "units"] = "subjects"
    denominator: Denominator | None = None
    against: Literal["comparison", "baseline"] | None = None
    bound: Bound | None = None
    rounding: Rounding | None = None


@value
class AlsoStated:
    """The same threshold in the other wording that a contract gives for it."""

    basis: Literal["count", "share"]
    comparator: Comparator
    value: str


@value
class Threshold:
    """A measure held against a value (a decimal). A contract may state it in two wordings: then both decide every
    count alike, or `prevails` says which one counts."""

    kind: Literal["threshold"]
    measure: Measure
    comparator: Comparator
    value: str
    also_stated_as: AlsoStated | None = None
    prevails: Literal["this", "also_stated_as"] | None = None


@value
class AllOf:
    """Holds when every one of its conditions holds."""

    kind: Literal["all_of"]
    conditions: "tuple[Condition, ...]"


@value
class AnyOf:
    """Holds when one of its conditions holds."""

    kind: Literal["any_of"]
    conditions: "tuple[Condition, ...]"


Condition: TypeAlias = Annotated[Threshold | AllOf | AnyOf, BY_KIND]


def measures_in(condition: Condition) -> Iterator[Measure]:
    """The measures of a condition's thresholds, in their order."""
    if isinstance(condition, Threshold):
        yield condition.measure
        return
    for part in condition.conditions:
        yield from measures_in(part)


def metrics_of(measure: Measure) -> Iterator[str]:
    """Codes of the metrics whose claims a measure looks at: its own, and those that its denominator names."""
    yield measure.metric
    if isinstance(measure.denominator, AsEnrolled):
        yield from measure.denominator.neutral_exits
    if isinstance(measure.denominator, VerifiedCount):
        yield measure.denominator.metric


def counts_enrolled(measure: Measure) -> bool:
    """Whether a measure looks at who is enrolled."""
    by_default = measure.basis == "share" and measure.denominator is None
    fails = measure.missing == "as_failure" and measure.basis not in ("count", "share")
    return by_default or fails or isinstance(measure.denominator, AsEnrolled) or measure.cohorts is not None
