"""Tests: what is paid by where a measured value falls."""

from typing import Any

import pytest

from services.core.terms.mechanisms.bands import Bands

from ..books import Books
from ..mechanisms import COHORTS, a_contract, a_measure, flat, kr, lines, measured_metric, point, rate, reading
from ..mechanisms import some_bands as bands

MEAN = a_measure()
FLAT = bands(MEAN, "flat", flat(None, "5", 0), flat("5", "10", 10_000), flat("10", None, 25_000))
MARGINAL = bands(MEAN, "marginal", rate("0", "10", 1_000), rate("10", "20", 2_000), rate("20", None, 500))
POINTS = bands(MEAN, "interpolated", point("0", 0), point("10", 10_000), point("20", 40_000))
TWO_SIDED = bands(MEAN, "marginal", rate(None, "10", 300), rate("10", None, 1_000), origin="10", two_sided=True)


def paid(rule: Bands, value: str, **terms: Any) -> int:
    books = Books(a_contract(rule, metrics=[measured_metric()], **terms))
    books.verify(reading(books, value))
    return books.settle().total


@pytest.mark.parametrize(
    ("value", "expected"),
    [("-3", 0), ("4.999", 0), ("5", 10_000), ("9.999", 10_000), ("10", 25_000), ("1000", 25_000)],
)
def test_flat_bands_begin_at_their_start_and_end_before_their_end(value: str, expected: int) -> None:
    assert paid(FLAT, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0", 0), ("0.5", 500), ("10", 10_000), ("15", 20_000), ("20", 30_000), ("22", 31_000), ("-5", 0)],
)
def test_marginal_bands_pay_each_part_at_its_rate(value: str, expected: int) -> None:
    assert paid(MARGINAL, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("-1", 0), ("0", 0), ("2.5", 2_500), ("10", 10_000), ("15", 25_000), ("20", 40_000), ("99", 40_000)],
)
def test_interpolated_amounts_lie_on_the_line_between_two_points(value: str, expected: int) -> None:
    assert paid(POINTS, value) == expected


@pytest.mark.parametrize(("value", "expected"), [("13", 3_000), ("10", 0), ("4", -1_800), ("0", -3_000)])
def test_from_an_origin_a_two_sided_rule_goes_both_ways(value: str, expected: int) -> None:
    assert paid(TWO_SIDED, value) == expected


@pytest.mark.parametrize(
    ("limits", "value", "expected"),
    [
        ({"floor": kr(2_000)}, "0", 2_000),
        ({"ceiling": kr(8_000)}, "30", 8_000),
        ({"floor": kr(2_000), "ceiling": kr(8_000)}, "5", 5_000),
    ],
)
def test_floor_and_ceiling(limits: dict[str, Any], value: str, expected: int) -> None:
    rule = bands(MEAN, "marginal", rate("0", None, 1_000), **limits)
    assert paid(rule, value) == expected


def test_a_floor_below_zero_is_how_much_can_be_owed_back() -> None:
    rule = bands(MEAN, "marginal", rate(None, None, 1_000), origin="10", two_sided=True, floor=kr(-4_000))
    assert paid(rule, "0") == -4_000


@pytest.mark.parametrize(("mode", "expected"), [("half_up", 334), ("floor", 333), ("ceil", 334)])
def test_an_amount_is_rounded_once_by_the_rule_of_the_terms(mode: str, expected: int) -> None:
    rule = bands(MEAN, "marginal", rate("0", None, 1_000))
    assert paid(rule, "0.3335", rounding=mode) == expected


def test_a_value_that_no_band_holds_pays_nothing_and_says_so() -> None:
    books = Books(a_contract(bands(MEAN, "flat", flat("5", "10", 100)), metrics=[measured_metric()]))
    books.verify(reading(books, "3"))
    assert lines(books.settle()) == {"bands": (0, "no-band")}


def test_pooled_over_cohorts_by_their_n() -> None:
    books = Books(a_contract(FLAT, metrics=[measured_metric()], cohorts=COHORTS[:2]))
    books.verify(reading(books, "4", "a", n=10), reading(books, "12", "b", n=30))
    assert books.settle().total == 25_000, "(4 x 10 + 12 x 30) / 40 = 10"


def test_while_a_cohort_is_missing_the_line_says_not_yet_measured() -> None:
    books = Books(a_contract(FLAT, metrics=[measured_metric()], cohorts=COHORTS[:2]))
    books.verify(reading(books, "40", "a", n=10))
    assert lines(books.settle()) == {"bands": (0, "not-yet-measured")}


class TestPerSubject:
    rule = bands(a_measure(basis="difference", against="baseline"), "flat", flat("5", None, 10_000), per="subject")

    def test_each_cohort_by_its_own_value_against_its_own_baseline(self) -> None:
        books = Books(a_contract(self.rule, metrics=[measured_metric()], cohorts=COHORTS))
        for cohort, now, then in (("a", "20", "15"), ("b", "20", "16"), ("c", "9", "1")):
            books.verify(reading(books, now, cohort), reading(books, then, cohort, arm="baseline"))
        settled = books.settle()
        assert settled.total == 20_000
        assert [change.now.gross_minor for change in settled.changes] == [10_000, 10_000]

    def test_without_its_baseline_a_cohort_is_not_yet_measured(self) -> None:
        books = Books(a_contract(self.rule, metrics=[measured_metric()]))
        books.verify(reading(books, "20"))
        assert lines(books.settle()) == {"bands": (0, "not-yet-measured")}

    def test_before_any_claim_it_is_not_yet_measured_either(self) -> None:
        books = Books(a_contract(self.rule, metrics=[measured_metric()]))
        assert lines(books.settle()) == {"bands": (0, "not-yet-measured")}

    def test_one_occurrence_is_paid_once_whatever_component_its_claims_name(self) -> None:
        rule = bands(MEAN, "flat", flat("5", None, 10_000), per="subject")
        books = Books(a_contract(rule, metrics=[measured_metric()]))
        books.verify(reading(books, "20"), reading(books, "20", component="other"))
        assert books.settle().total == 10_000

    def test_a_prerequisite_must_be_achieved_no_later(self) -> None:
        rule = bands(MEAN, "flat", flat("5", None, 10_000), per="subject")
        metrics = [measured_metric(prerequisite="begun"), measured_metric("begun")]
        books = Books(a_contract(rule, metrics=metrics, cohorts=COHORTS[:2]))
        books.verify(reading(books, "20", "a"), reading(books, "1", "a", metric="begun", day="2026-06-30"))
        books.verify(reading(books, "20", "b"), reading(books, "1", "b", metric="begun", day="2026-07-01"))
        assert books.settle().total == 10_000

    @pytest.mark.parametrize(
        ("most", "expected"), [(1, {"y2": None}), (2, {"y2": None, "y1": None}), (3, {"y2": None, "y1": None})]
    )
    def test_as_often_as_the_metric_is_paid_for_one_subject_the_earliest_first(
        self, most: int, expected: dict[str, Any]
    ) -> None:
        rule = bands(MEAN, "flat", flat("5", None, 10_000), per="subject")
        books = Books(a_contract(rule, metrics=[measured_metric(max_payments_per_person=most)]))
        books.verify(reading(books, "1", occurrence="y3", day="2026-01-01"))
        for occurrence, day in (("y1", "2026-06-30"), ("y2", "2026-05-31")):
            books.verify(reading(books, "20", occurrence=occurrence, day=day))
        reasons = {item.key.occurrence: item.reason for item in books.basis.items}
        assert reasons == {"y1": "over-payments-per-person", "y3": "no-band", **expected}, "no-band pays for none"
        assert books.settle().total == 10_000 * len(expected)

    def test_a_late_reading_of_an_earlier_day_takes_the_place(self) -> None:
        rule = bands(MEAN, "flat", flat("5", "10", 10_000), flat("10", None, 30_000), per="subject")
        books = Books(a_contract(rule, metrics=[measured_metric(max_payments_per_person=1)]))
        books.verify(reading(books, "20", occurrence="y2", day="2026-06-30"))
        assert books.settle().total == 30_000
        books.verify(reading(books, "7", occurrence="y1", day="2026-03-31"))
        assert books.settle().total == -20_000
