"""Tests: how far a scenario is from what is not reached, and who the people of a scenario are."""

from dataclasses import replace
from fractions import Fraction

from services.core.terms.measures import AsEnrolled, Measure
from services.core.terms.mechanisms.bands import Band, Bands
from services.core.terms.outcomes import Cohort, Outcomes
from services.core.terms.payment import Retention
from settlement_service.domain.agreement.history import history_of
from settlement_service.domain.simulation.scenario import Outcome
from settlement_service.domain.simulation.subjects import hypothetical_outcomes

from ..builders import a_metric, a_rule, activated
from ..supposing import WHO, a_gate, a_share, at_least, jobs, kr, model_of, model_over, of, simulated, total


class TestDistances:
    def test_a_threshold_says_what_is_measured_what_is_needed_and_what_is_missing(self) -> None:
        terms = model_of(a_gate(at_least("0.31", a_share())), size=162)
        found = simulated(terms, jobs(50))
        [distance] = found.distances.thresholds
        assert (distance.rule, distance.stands_in, distance.metric, distance.basis) == (
            "gate",
            "condition",
            "job",
            "share",
        )
        assert (distance.measured, distance.needed, distance.holds) == (Fraction(50, 162), Fraction("0.31"), False)
        assert (distance.missing, distance.missing_subjects) == (Fraction("0.31") - Fraction(50, 162), 1)
        assert [(one.rule, one.state) for one in found.effects.rules] == [("gate", "gate-not-met")]
        assert found.one_more == (("job", 100_000),)

    def test_one_that_holds_misses_nothing(self) -> None:
        found = simulated(model_of(a_gate(at_least("0.31", a_share())), size=162), jobs(51))
        [distance] = found.distances.thresholds
        assert (distance.holds, distance.missing, distance.missing_subjects) == (True, Fraction(0), 0)
        assert total(found) == 100_000

    def test_what_is_not_measured_has_no_distance_yet(self) -> None:
        found = simulated(model_of(a_gate(at_least("0.31", a_share())), size=162))
        [distance] = found.distances.thresholds
        assert (distance.measured, distance.holds, distance.missing) == (None, None, None)
        assert [one.state for one in found.effects.rules] == ["not-yet-measured"]

    def test_nobody_is_a_count_too(self) -> None:
        found = simulated(model_of(a_gate(at_least("0.31", a_share())), size=162), jobs(0))
        [distance] = found.distances.thresholds
        assert (distance.measured, distance.missing_subjects) == (Fraction(0), 51)
        assert found.one_more == (("job", 0),)

    def test_the_condition_of_a_rule_and_of_the_retention_are_thresholds_too(self) -> None:
        count = Measure(metric="job", basis="count", missing="as_failure")
        rule = a_rule("job", 10_000, when=at_least("3", count))
        activation = activated([rule])
        held = Retention(share="0.5", release_when=at_least("5", count))
        history = history_of([replace(activation, payment=replace(activation.payment, retention=held))])
        found = simulated(model_over(history), jobs(4))
        assert [(one.rule, one.stands_in, one.missing_subjects) for one in found.distances.thresholds] == [
            ("job", "when", 0),
            (None, "releaseWhen", 1),
        ]
        assert total(found) == 20_000
        assert found.one_more == (("job", 30_000),), "what was held back comes with it"

    def test_bands_say_how_far_the_next_is(self) -> None:
        rule = Bands(
            kind="bands",
            code="hba1c",
            measure=Measure(metric="level", basis="mean", missing="excluded"),
            method="flat",
            bands=(
                Band(to="48", amount=kr(500)),
                Band(from_="48", to="53", amount=kr(200)),
                Band(from_="53", amount=kr(0)),
            ),
            **WHO,
        )
        metric = a_metric("level", subject="cohort", reports="measurement", unit="point")
        terms = model_of(rule, metrics=[metric])
        found = simulated(terms, Outcome(metric="level", cohort="first", value="49.5", n=40))
        [band] = found.distances.bands
        assert (band.measured, band.below, band.above) == (Fraction("49.5"), Fraction(48), Fraction(53))
        assert total(found) == 20_000
        assert found.one_more == (), "a measurement is not one more"
        assert found.effects.rules[0].people == 40


class TestPeople:
    def test_size_of_the_cohort_is_who_is_enrolled_unless_it_is_said(self) -> None:
        terms = model_of(a_gate(at_least("0.5", a_share())), size=100)
        assert total(simulated(terms, jobs(49))) == 0
        assert total(simulated(terms, jobs(49), first=98)) == 100_000
        assert total(simulated(terms, jobs(101))) == 100_000, "more than the size: then so many are enrolled"

    def test_where_only_the_measured_count_everybody_else_was(self) -> None:
        terms = model_of(a_gate(at_least("0.5", a_share(missing="excluded"))), size=100)
        [distance] = simulated(terms, jobs(20)).distances.thresholds
        assert distance.measured == Fraction(20, 100)

    def test_neutral_exits_are_those_who_did_not_achieve_it(self) -> None:
        denominator = AsEnrolled(kind="as_enrolled", neutral_exits=("moved",))
        metrics = [a_metric("job"), a_metric("moved", use="observed")]
        terms = model_of(a_gate(at_least("0.5", a_share(denominator=denominator))), size=100, metrics=metrics)
        [distance] = simulated(terms, jobs(40), jobs(20, metric="moved")).distances.thresholds
        assert distance.measured == Fraction(40, 80)

    def test_people_of_no_cohort_are_of_all_in_their_order(self) -> None:
        cohorts = tuple(Cohort(code=code, name=code, size=10) for code in ("a", "b"))
        gates = [a_gate(at_least("0.5", a_share(cohorts=(code,))), code) for code in ("a", "b")]
        activation = activated(gates, outcomes=Outcomes(metrics=(a_metric("job"),), cohorts=cohorts))
        terms = model_over(history_of([activation]))
        shares = [one.measured for one in simulated(terms, jobs(12)).distances.thresholds]
        assert shares == [1, Fraction(2, 10)]
        of_b = [one.measured for one in simulated(terms, jobs(4, cohort="b"), jobs(12)).distances.thresholds]
        assert of_b == [1, Fraction(6, 10)], "nobody twice"

    def test_sites_are_counted_and_measured(self) -> None:
        terms = model_of(a_rule("well", 10_000), metrics=[a_metric("well", subject="site")])
        found = simulated(terms, Outcome(metric="well", sites=3), Outcome(metric="well", sites=2, units=4))
        assert total(found) == 11 * 10_000
        assert found.one_more == (("well", 4 * 10_000),)

    def test_the_same_scenario_is_the_same_people(self) -> None:
        terms = model_of(a_rule("job"))
        assert hypothetical_outcomes(terms, of(jobs(5))) == hypothetical_outcomes(terms, of(jobs(5)))
