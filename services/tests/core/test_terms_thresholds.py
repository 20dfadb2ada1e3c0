from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.terms.faults.wordings import first_difference
from services.core.terms.figures import compare, rounded
from services.core.terms.measures import MAX_NESTING, Threshold
from services.kit.doors import shapes

from ..builders import GONE, a_threshold, changed
from .deciding import Row, faults_of, table

GATE = "/payment/rules/4/condition"
REACHED = f"{GATE}/conditions/1/conditions/0"
FEWER = f"{GATE}/conditions/0"
WHEN = "/payment/rules/0/when"


def aarhus(share: str, count: str, whole: int, **other: Any) -> dict[str, Any]:
    """A share of a fixed number, also stated as a count."""
    also = {"basis": "count", "comparator": "ge", "value": count}
    denominator = {"kind": "fixed", "number": whole}
    return a_threshold("employed", "share", "ge", share, denominator=denominator, alsoStatedAs=also, **other)


IMPROVED, COMPLETED = aarhus("0.31", "50", 162), aarhus("0.36", "162", 450)
SHARE = {"basis": "share", "comparator": "ge", "value": "0.31"}
OVER = {"kind": "verified_count", "metric": "course"}
WRONG: list[Row] = [
    ({f"{WHEN}/value": "ten"}, f"{WHEN}/value", "quantity-not-valid"),
    ({f"{WHEN}/value": "1e3"}, f"{WHEN}/value", "quantity-not-valid"),
    ({f"{WHEN}/value": "9" * 16}, f"{WHEN}/value", "quantity-not-valid"),
    ({f"{WHEN}/value": "10.5"}, f"{WHEN}/value", "value-not-whole"),
    ({f"{WHEN}/value": "-1"}, f"{WHEN}/value", "value-out-of-range"),
    ({f"{FEWER}/value": "-.1"}, f"{FEWER}/value", "quantity-not-valid"),
    ({WHEN: a_threshold("employed", "share", "ge", "31")}, f"{WHEN}/value", "value-out-of-range"),
    ({WHEN: a_threshold("employed", "share", "ge", "-0.1")}, f"{WHEN}/value", "value-out-of-range"),
    ({f"{REACHED}/alsoStatedAs/value": "36"}, f"{REACHED}/alsoStatedAs/value", "value-out-of-range"),
    ({f"{REACHED}/alsoStatedAs/value": "36 %"}, f"{REACHED}/alsoStatedAs/value", "quantity-not-valid"),
    (
        {WHEN: IMPROVED | {"alsoStatedAs": {"basis": "share", "comparator": "ge", "value": "0.31"}}},
        f"{WHEN}/alsoStatedAs/basis",
        "also-stated-basis",
    ),
    (
        {f"{FEWER}/alsoStatedAs": {"basis": "count", "comparator": "ge", "value": "1"}},
        f"{FEWER}/alsoStatedAs/basis",
        "also-stated-basis",
    ),
    ({f"{REACHED}/measure/counting": "units"}, f"{REACHED}/measure/counting", "counting-not-expected"),
    ({f"{REACHED}/measure/denominator/number": 0}, f"{REACHED}/measure/denominator/number", "number-out-of-range"),
    ({f"{WHEN}/prevails": "this"}, f"{WHEN}/prevails", "prevails-not-expected"),
    ({WHEN: IMPROVED}, f"{WHEN}/alsoStatedAs", "threshold-contradictory"),
    ({WHEN: aarhus("0.36", "161", 450)}, f"{WHEN}/alsoStatedAs", "threshold-contradictory"),
    ({f"{REACHED}/comparator": "gt"}, f"{REACHED}/alsoStatedAs", "threshold-contradictory"),
    ({f"{REACHED}/comparator": "le"}, f"{REACHED}/alsoStatedAs", "threshold-contradictory"),
    ({f"{REACHED}/measure/denominator": GONE}, f"{REACHED}/alsoStatedAs", "threshold-contradictory"),
    (
        {f"{REACHED}/measure/denominator": {"kind": "verified_count", "metric": "course"}},
        f"{REACHED}/alsoStatedAs",
        "threshold-contradictory",
    ),
    ({f"{GATE}/conditions": []}, f"{GATE}/conditions", "conditions-missing"),
    ({f"{GATE}/conditions/1/conditions": []}, f"{GATE}/conditions/1/conditions", "conditions-missing"),
]


@table(WRONG)
def test_a_threshold_that_cannot_be_decided_is_refused_at_its_field(
    changes: dict[str, Any], pointer: str, code: str
) -> None:
    assert faults_of(changed(changes)) == [(pointer, code)]


@pytest.mark.parametrize(
    "threshold",
    [
        COMPLETED,
        IMPROVED | {"prevails": "this"},
        IMPROVED | {"prevails": "also_stated_as"},
        aarhus("0.31", "50", 162, rounding={"mode": "half_up", "places": 2}),
        aarhus("0.5", "5000000", 10_000_000),
        aarhus("0", "0", 1),
    ],
)
def test_two_wordings_that_say_the_same_or_which_prevails_pass(threshold: dict[str, Any]) -> None:
    assert faults_of(changed({WHEN: threshold})) == []


def test_two_wordings_over_what_is_not_fixed_pass_if_one_prevails() -> None:
    document = changed({f"{REACHED}/measure/denominator": GONE, f"{REACHED}/prevails": "also_stated_as"})
    assert faults_of(document) == []


@pytest.mark.parametrize(
    ("threshold", "first"),
    [(IMPROVED, 50), (COMPLETED, None), (aarhus("0.36", "163", 450), 162), (aarhus("0.5", "3", 10_000_000), 3)],
)
def test_the_first_count_that_is_decided_differently_is_found(threshold: dict[str, Any], first: int | None) -> None:
    read = shapes.read(Threshold, threshold)
    assert first_difference(read, threshold["measure"]["denominator"]["number"]) == first


COMPARATORS = st.sampled_from(["ge", "gt", "le", "lt"])
ROUNDING = st.fixed_dictionaries(
    {"mode": st.sampled_from(["none", "half_up", "floor", "ceil"]), "places": st.integers(0, 3)}
)


@given(st.integers(1, 60), COMPARATORS, st.integers(0, 20), COMPARATORS, st.integers(0, 61), ROUNDING)
def test_it_is_the_one_that_trying_every_count_finds(
    whole: int, comparator: str, twentieths: int, count_comparator: str, count: int, rounding: dict[str, Any]
) -> None:
    share = f"{twentieths * 5 // 100}.{twentieths * 5 % 100:02}"
    document = aarhus(share, str(count), whole, rounding=rounding)
    document["comparator"], document["alsoStatedAs"]["comparator"] = comparator, count_comparator
    threshold = shapes.read(Threshold, document)
    assert first_difference(threshold, whole) == next(
        (n for n in range(whole + 1) if differ(threshold, n, whole)), None
    )


def differ(threshold: Threshold, count: int, whole: int) -> bool:
    """Whether the two wordings decide this count differently, each written out."""
    assert threshold.also_stated_as is not None
    share = rounded(Fraction(count, whole), threshold.measure.rounding)
    as_share = compare(share, threshold.comparator, Fraction(threshold.value))
    other = threshold.also_stated_as
    return as_share != compare(Fraction(count), other.comparator, Fraction(other.value))


@pytest.mark.parametrize("kind", ["all_of", "any_of"])
@pytest.mark.parametrize(("levels", "deep"), [(MAX_NESTING, False), (MAX_NESTING + 1, True), (60, True)])
def test_conditions_stand_so_deep_in_each_other_and_no_deeper(kind: str, levels: int, deep: bool) -> None:
    condition = a_threshold("employed", "count", "ge", "1")
    for _ in range(levels):
        condition = {"kind": kind, "conditions": [condition]}
    pointer = WHEN + "/conditions/0" * MAX_NESTING
    assert faults_of(changed({WHEN: condition})) == ([(pointer, "nesting-too-deep")] if deep else [])
