from typing import Any

import pytest

from ..builders import GONE, a_measure, a_metric, a_rule, changed, money
from .deciding import Row, faults_of, table

R = "/payment/rules"
COUNT = f"{R}/0/when/measure"
SHARE = f"{R}/1/measure"
MEAN = f"{R}/2/measure"
DIFFERENCE = f"{R}/3/measure"
BOUND = f"{R}/4/condition/conditions/1/conditions/1/measure"
EXITS = f"{SHARE}/denominator/neutralExits"
OF_MEAN = {"of": "mean", "level": "0.95"}
FIXED = {"kind": "fixed", "number": 100}
OVER = {"kind": "verified_count", "metric": "course"}
WRONG: list[Row] = [
    ({f"{MEAN}/metric": "unknown"}, f"{MEAN}/metric", "metric-unknown"),
    ({f"{COUNT}/basis": "mean"}, f"{COUNT}/basis", "basis-does-not-fit"),
    (
        {f"{COUNT}/basis": "lower_bound", f"{COUNT}/bound": {"of": "mean", "level": "0.95"}},
        f"{COUNT}/basis",
        "basis-does-not-fit",
    ),
    ({f"{MEAN}/basis": "count"}, f"{MEAN}/basis", "basis-does-not-fit"),
    (
        {f"{DIFFERENCE}/basis": "paired_change", f"{DIFFERENCE}/against": GONE},
        f"{DIFFERENCE}/basis",
        "basis-needs-participants",
    ),
    ({f"{COUNT}/at": "24m"}, f"{COUNT}/at", "point-unknown"),
    ({f"{MEAN}/at": "6m"}, f"{MEAN}/at", "point-unknown"),
    ({f"{COUNT}/cohorts/1": "third"}, f"{COUNT}/cohorts/1", "cohort-unknown"),
    ({f"{COUNT}/cohorts/1": "first"}, f"{COUNT}/cohorts/1", "stands-twice"),
    ({f"{COUNT}/cohorts": []}, f"{COUNT}/cohorts", "cohorts-missing"),
    ({COUNT: a_measure("village", "count", cohorts=["first"])}, f"{COUNT}/cohorts", "cohorts-not-expected"),
    ({f"{SHARE}/missing": "carried", f"{SHARE}/metric": "course"}, f"{SHARE}/missing", "carried-needs-points"),
    ({f"{DIFFERENCE}/against": GONE}, f"{DIFFERENCE}/against", "against-missing"),
    (
        {f"{DIFFERENCE}/basis": "relative_change", f"{DIFFERENCE}/against": GONE},
        f"{DIFFERENCE}/against",
        "against-missing",
    ),
    ({f"{MEAN}/against": "comparison"}, f"{MEAN}/against", "against-not-expected"),
    ({f"{COUNT}/against": "baseline"}, f"{COUNT}/against", "against-not-expected"),
    ({f"{MEAN}/basis": "paired_change", f"{MEAN}/against": "baseline"}, f"{MEAN}/against", "against-not-expected"),
    ({f"{BOUND}/against": GONE}, f"{BOUND}/against", "against-missing"),
    ({f"{BOUND}/bound/of": "mean"}, f"{BOUND}/against", "against-not-expected"),
    ({f"{MEAN}/basis": "lower_bound"}, f"{MEAN}/bound", "bound-missing"),
    ({f"{MEAN}/bound": OF_MEAN}, f"{MEAN}/bound", "bound-not-expected"),
    ({f"{BOUND}/bound/level": "0.950"}, f"{BOUND}/bound/level", "level-not-valid"),
    ({f"{BOUND}/bound/level": "95 %"}, f"{BOUND}/bound/level", "level-not-valid"),
    ({f"{COUNT}/denominator": FIXED}, f"{COUNT}/denominator", "denominator-not-expected"),
    ({f"{MEAN}/denominator": OVER}, f"{MEAN}/denominator", "denominator-not-expected"),
    ({f"{SHARE}/denominator": {"kind": "fixed", "number": 0}}, f"{SHARE}/denominator/number", "number-out-of-range"),
    (
        {f"{SHARE}/denominator": {"kind": "fixed", "number": 10**14}},
        f"{SHARE}/denominator/number",
        "number-out-of-range",
    ),
    ({SHARE: a_measure("village", "share")}, f"{SHARE}/denominator", "denominator-needs-participants"),
    (
        {SHARE: a_measure("village", "share", denominator={"kind": "as_enrolled"})},
        f"{SHARE}/denominator",
        "denominator-needs-participants",
    ),
    ({f"{SHARE}/denominator": {**OVER, "metric": "unknown"}}, f"{SHARE}/denominator/metric", "metric-unknown"),
    ({f"{SHARE}/denominator": {**OVER, "metric": "wellbeing"}}, f"{SHARE}/denominator/metric", "metric-does-not-fit"),
    ({f"{SHARE}/denominator": {**OVER, "metric": "village"}}, f"{SHARE}/denominator/metric", "subject-differs"),
    ({f"{EXITS}/0": "unknown"}, f"{EXITS}/0", "metric-unknown"),
    (
        {f"{EXITS}/0": "village"},
        f"{EXITS}/0",
        "neutral-exit-not-valid",
    ),
    ({f"{EXITS}/-": "moved"}, f"{EXITS}/1", "stands-twice"),
    ({"/outcomes/metrics/2/use": "paid"}, f"{EXITS}/0", "neutral-exit-not-valid"),
    ({f"{SHARE}/metric": "moved"}, f"{EXITS}/0", "neutral-exit-not-valid"),
    ({f"{MEAN}/counting": "units"}, f"{MEAN}/counting", "counting-not-expected"),
    ({f"{SHARE}/counting": "units"}, f"{SHARE}/counting", "counting-not-expected"),
    ({f"{MEAN}/rounding": {"mode": "half_up", "places": 13}}, f"{MEAN}/rounding/places", "number-out-of-range"),
    ({f"{MEAN}/rounding": {"mode": "floor", "places": -1}}, f"{MEAN}/rounding/places", "number-out-of-range"),
]


@table(WRONG)
def test_a_figure_that_cannot_be_computed_is_refused_at_its_field(
    changes: dict[str, Any], pointer: str, code: str
) -> None:
    assert faults_of(changed(changes)) == [(pointer, code)]


def test_a_neutral_exit_that_reports_measurements_is_refused() -> None:
    observed = a_metric("absent", "participant", "day", "measurement", use="observed")
    document = changed({"/outcomes/metrics/-": observed, f"{EXITS}/0": "absent"})
    assert faults_of(document) == [(f"{EXITS}/0", "metric-does-not-fit")]


@pytest.mark.parametrize(
    "changes",
    [
        {f"{COUNT}/counting": "units"},
        {f"{COUNT}/missing": "carried"},
        {f"{COUNT}/cohorts": GONE, f"{COUNT}/at": GONE},
        {f"{SHARE}/denominator": GONE},
        {f"{SHARE}/denominator": FIXED},
        {f"{SHARE}/denominator": OVER},
        {f"{SHARE}/denominator": {**OVER, "metric": "employed"}, f"{SHARE}/at": "12m"},
        {f"{MEAN}/basis": "paired_change"},
        {f"{MEAN}/basis": "lower_bound", f"{MEAN}/bound": {"of": "mean", "level": "0.80"}},
        {f"{MEAN}/rounding": {"mode": "half_up", "places": 2}},
        {f"{DIFFERENCE}/basis": "relative_change", f"{DIFFERENCE}/cohorts": ["second"]},
        {f"{COUNT}/metric": "course", f"{COUNT}/at": GONE},
    ],
)
def test_a_figure_that_can_be_computed_passes(changes: dict[str, Any]) -> None:
    assert faults_of(changed(changes)) == []


def test_a_share_of_sites_is_over_a_number_or_over_other_sites() -> None:
    measure = a_measure("village", "share", denominator={"kind": "fixed", "number": 1600})
    bands = a_rule("bands", "more", measure=measure, method="flat", bands=[{"from": "0.5", "amount": money("1.00")}])
    assert faults_of(changed({"/payment/rules/-": bands})) == []
