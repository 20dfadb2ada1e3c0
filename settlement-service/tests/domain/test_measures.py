"""Tests: one figure from verified claims, for every basis, denominator and kind of what is missing."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from services.core.terms.measures import AsEnrolled, Bound, Fixed, Measure, Rounding, VerifiedCount
from services.events.outcomes import OutcomeRejected
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.measuring import measured
from settlement_service.domain.mechanisms.working import holds_together

from ..books import Books
from ..builders import NOON, PAYER, a_claim, a_metric, a_rule, claimed
from ..mechanisms import COHORTS, POINTS, a_contract, a_measure, enrolled, measured_metric, own_reading, reading

UNITS = [a_metric(code, measurement_points=POINTS) for code in ("job", "begun", "moved")]
VALUES = [measured_metric("rate"), measured_metric("score", "participant")]


def books_of(*claims: Claim, people: int = 0, others: int = 0) -> Books:
    """`people` are enrolled in cohort a, `others` in cohort b."""
    books = Books(a_contract(a_rule(), metrics=UNITS + VALUES, cohorts=COHORTS[:2]))
    enrolled(books, *range(1, people + 1))
    enrolled(books, *range(100, 100 + others), cohort="b")
    books.verify(*claims)
    return books


def figure(books: Books, measure: Measure) -> Fraction | bool | None:
    state = books.state
    node = measured(measure, books.terms, OutcomeData(books.contract_id, list(state.claims.values()), state.enrolments))
    assert holds_together(node)
    return node.value


class TestCountsAndShares:
    three = [a_claim(n, occurrence="y1", units=2) for n in (1, 2, 3)]

    def share(self, **changed: Any) -> Measure:
        return a_measure("job", "share", **changed)

    def test_subjects_or_units(self) -> None:
        books = books_of(*self.three, a_claim(1, occurrence="y2", units=5))
        assert figure(books, a_measure("job", "count")) == 3
        assert figure(books, a_measure("job", "count", counting="units")) == 11
        assert figure(books, a_measure("job", "count", counting="units", at="y2")) == 5

    def test_over_everybody_ever_enrolled_in_the_cohorts_named(self) -> None:
        books = books_of(*self.three, people=4, others=6)
        assert figure(books, self.share()) == Fraction(3, 10)
        assert figure(books, self.share(cohorts=("a",))) == Fraction(3, 4)
        assert figure(books, self.share(denominator=AsEnrolled(kind="as_enrolled"))) == Fraction(3, 10)

    def test_a_verified_neutral_exit_leaves_both_sides(self) -> None:
        books = books_of(*self.three, a_claim(3, "moved"), a_claim(4, "moved"), people=5)
        leaving = AsEnrolled(kind="as_enrolled", neutral_exits=("moved",))
        assert figure(books, self.share(denominator=leaving)) == Fraction(2, 3)

    def test_over_a_fixed_number_or_another_metric(self) -> None:
        books = books_of(*self.three, *(a_claim(n, "begun") for n in range(1, 5)), people=9)
        assert figure(books, self.share(denominator=Fixed(kind="fixed", number=450))) == Fraction(3, 450)
        assert figure(books, self.share(denominator=VerifiedCount(kind="verified_count", metric="begun"))) == Fraction(
            3, 4
        )

    def test_who_was_not_measured_is_a_failure_or_left_out(self) -> None:
        books = books_of(*self.three, people=10)
        failed = a_claim(4, occurrence="y1", state="rejected")
        books.tell(*_reported(books, failed))
        assert figure(books, self.share()) == Fraction(3, 10)
        assert figure(books, self.share(missing="excluded")) == Fraction(3, 4)

    def test_or_carries_the_value_of_the_point_before(self) -> None:
        claims = [a_claim(1, occurrence="y1"), a_claim(2, occurrence="y1"), a_claim(3, occurrence="y2")]
        books = books_of(*claims, people=4)
        assert figure(books, self.share(at="y2")) == Fraction(1, 4)
        assert figure(books, self.share(at="y2", missing="carried")) == Fraction(3, 4)
        books.tell(*_reported(books, a_claim(1, occurrence="y2", state="rejected")))
        assert figure(books, self.share(at="y2", missing="carried")) == Fraction(2, 4), "who failed now carries nothing"

    def test_nothing_is_measured_before_anything_is_decided(self) -> None:
        books = books_of(people=4)
        assert figure(books, a_measure("job", "count")) is None
        assert figure(books, self.share()) is None

    def test_a_denominator_of_zero_is_not_yet_measured(self) -> None:
        books = books_of(*self.three)
        assert figure(books, self.share()) is None
        assert figure(books, self.share(denominator=VerifiedCount(kind="verified_count", metric="begun"))) is None

    @pytest.mark.parametrize(
        ("mode", "places", "expected"),
        [("none", 0, "50/162"), ("half_up", 2, "0.31"), ("floor", 2, "0.3"), ("ceil", 3, "0.309")],
    )
    def test_rounding(self, mode: Any, places: int, expected: str) -> None:
        fifty = [a_claim(n, occurrence="y1") for n in range(50)]
        measure = self.share(denominator=Fixed(kind="fixed", number=162), rounding=Rounding(mode=mode, places=places))
        assert figure(books_of(*fifty), measure) == Fraction(expected)


def _reported(books: Books, claim: Claim) -> list[Any]:
    decided = OutcomeRejected(
        contract_id=books.contract_id, claim_id=claim.id, decided_by=PAYER, decided_at=NOON, reason="not_achieved"
    )
    return [claimed(books.contract_id, claim), decided]


class TestMeansOfCohorts:
    def both(self) -> Books:
        books = books_of()
        books.verify(
            reading(books, "10", "a", n=100, standard_error="3"),
            reading(books, "20", "b", n=300, standard_error="4"),
            reading(books, "12", "a", arm="comparison", n=100, standard_error="1"),
            reading(books, "24", "b", arm="comparison", n=100, standard_error="1"),
        )
        return books

    def test_are_weighted_by_n(self) -> None:
        books = self.both()
        assert figure(books, a_measure()) == Fraction(10 * 100 + 20 * 300, 400)
        assert figure(books, a_measure(cohorts=("a",))) == 10

    def test_against_another_arm(self) -> None:
        books = self.both()
        assert figure(books, a_measure(basis="difference", against="comparison")) == Fraction("17.5") - 18
        assert figure(books, a_measure(basis="relative_change", against="comparison")) == Fraction("-0.5") / 18
        assert figure(books, a_measure(basis="difference", against="baseline")) is None

    def test_lower_bounds_pool_standard_errors(self) -> None:
        books, z = self.both(), Fraction("1.959964")
        single = a_measure(basis="lower_bound", cohorts=("a",), bound=Bound(of="mean", level="0.95"))
        assert figure(books, single) == 10 - 3 * z
        pooled = a_measure(basis="lower_bound", bound=Bound(of="mean", level="0.95"))
        found = figure(books, pooled)
        assert found is not None
        exact = 17.5 - 1.959964 * ((3 * 100) ** 2 + (4 * 300) ** 2) ** 0.5 / 400
        assert abs(float(found) - exact) < 1e-9
        against = a_measure(
            basis="lower_bound", cohorts=("a",), against="comparison", bound=Bound(of="difference", level="0.90")
        )
        found = figure(books, against)
        assert found is not None
        assert abs(float(found) - (-2 - 1.644854 * (9 + 1) ** 0.5)) < 1e-9

    def test_without_a_standard_error_there_is_no_bound_yet(self) -> None:
        books = books_of()
        books.verify(reading(books, "10", "a"), reading(books, "10", "b", standard_error="1"))
        assert figure(books, a_measure(basis="lower_bound", bound=Bound(of="mean", level="0.95"))) is None

    def test_a_cohort_without_its_measurement_leaves_the_whole_not_measured(self) -> None:
        books = books_of()
        books.verify(reading(books, "10", "a", n=10))
        assert figure(books, a_measure()) is None
        assert figure(books, a_measure(missing="excluded")) == 10
        assert figure(books, a_measure(cohorts=("a",))) == 10

    def test_a_comparison_of_zero_has_no_relative_change(self) -> None:
        books = books_of()
        books.verify(reading(books, "10"), reading(books, "0", arm="comparison"))
        measure = a_measure(basis="relative_change", against="comparison", cohorts=("a",))
        assert figure(books, measure) is None

    def test_carried_from_the_point_before(self) -> None:
        books = books_of()
        books.verify(reading(books, "10", "a", "y1"), reading(books, "30", "b", "y1"), reading(books, "50", "b", "y2"))
        assert figure(books, a_measure(at="y2")) is None
        assert figure(books, a_measure(at="y2", missing="carried")) == 30


class TestMeansOfParticipants:
    def test_over_those_measured_or_everybody(self) -> None:
        books = books_of(own_reading(1, "10"), own_reading(2, "20"), people=4)
        for at in (None, "y1"):
            assert figure(books, a_measure("score", at=at, missing="excluded")) == 15
            assert figure(books, a_measure("score", at=at)) == Fraction(30, 4), "who is missing counts as zero"

    def test_each_value_by_its_n(self) -> None:
        books = books_of(own_reading(1, "10", n=3), own_reading(2, "20", n=1), people=2)
        assert figure(books, a_measure("score", missing="excluded")) == Fraction(50, 4)

    def test_change_of_each_against_its_own_baseline(self) -> None:
        claims = [
            own_reading(1, "10", arm="baseline"),
            own_reading(2, "10", arm="baseline"),
            own_reading(1, "14"),
            own_reading(2, "12"),
            own_reading(3, "99"),
        ]
        books = books_of(*claims, people=4)
        paired = a_measure("score", "paired_change", missing="excluded")
        assert figure(books, paired) == 3
        assert figure(books, replace(paired, missing="as_failure")) == Fraction(6, 4)

    def test_of_two_occurrences_each_change_counts(self) -> None:
        claims = [own_reading(1, "10", arm="baseline"), own_reading(1, "14"), own_reading(1, "16", "y2")]
        books = books_of(*claims, people=1)
        assert figure(books, a_measure("score", "paired_change", missing="excluded")) == 5
        assert figure(books, a_measure("score", "paired_change", missing="excluded", at="y2")) == 6

    def test_without_a_pair_it_is_not_yet_measured(self) -> None:
        assert figure(books_of(own_reading(1, "14"), people=1), a_measure("score", "paired_change")) is None
