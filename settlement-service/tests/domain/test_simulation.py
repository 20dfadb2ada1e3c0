"""Tests: what terms would pay for hypothetical outcomes."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.core.terms.components import AggregateBaseline, SavingsComponent
from services.core.terms.mechanisms.savings_share import SavingsShare, Slice
from services.core.terms.mechanisms.service_fee import ServiceFee
from services.core.terms.payment import Cap, Payment
from services.core.terms.splits import Shares, Weight
from settlement_service.domain.agreement.history import history_of
from settlement_service.domain.simulation.run import basis_of, settle_steps, steps_for_total, steps_of, total_of
from settlement_service.domain.simulation.scenario import Outcome
from settlement_service.domain.simulation.simulate import SimulationTooLarge
from settlement_service.domain.simulation.subjects import hypothetical_outcomes

from ..builders import INVESTOR, PAYER, POINTS, PROVIDER, a_cap, a_metric, a_rule, activated
from ..supposing import WHO, a_gate, a_share, at_least, by_year, jobs, kr, model_of, model_over, of, simulated, total
from .test_apollo import CONTRACT_CAP, PAID, PERIOD, PUBLISHED, apollo


def test_the_published_counts_of_apollo_give_the_published_payments() -> None:
    terms = model_over(apollo().history)
    outcomes = [jobs(20 if code == "m17" else people, metric=code) for code, _, people, _ in PUBLISHED]
    found = simulated(terms, *outcomes)
    assert total(found) == PAID * 100
    assert {one.rule: one.figures.amount_minor // 100 for one in found.effects.rules} == {
        code: amount for code, _, _, amount in PUBLISHED
    }
    [cap] = found.effects.caps
    assert (cap.used_minor, cap.limit_minor, cap.cut_minor) == (PAID * 100, CONTRACT_CAP * 100, 0)
    assert dict(found.one_more) == {code: price * 100 for code, price, _, _ in PUBLISHED}
    assert list(found.years) == [str(year) for year in range(PERIOD.start.year, PERIOD.end.year + 1)]


def test_each_year_is_settled_on_top_of_the_one_before() -> None:
    terms = model_of(a_rule("job", 10_000), caps=[a_cap("contract", 70_000)])
    found = simulated(terms, jobs(5, "2026-03-01"), jobs(4, "2028-03-01"))
    assert by_year(found) == {"2026": 50_000, "2027": 0, "2028": 20_000, "2029": 0}
    [rule] = found.effects.rules
    assert (rule.people, rule.figures.units, rule.figures.gross_minor) == (9, 9, 90_000)
    assert rule.figures.cuts == (("contract", 20_000),)
    [cap] = found.effects.caps
    assert (cap.used_minor, cap.cut_minor) == (70_000, 20_000)
    assert found.one_more == (("job", 0),)


def test_nobody_is_counted_twice_and_who_goes_on_was_there_before() -> None:
    rules = [a_rule("job", 10_000), a_rule("stays", 5_000)]
    metrics = [a_metric("job"), a_metric("stays", prerequisite="job")]
    terms = model_of(*rules, metrics=metrics)
    found = simulated(terms, jobs(10, "2026-03-01"), jobs(12, "2026-06-01", "stays"))
    assert [(one.rule, one.people, one.not_paid) for one in found.effects.rules] == [
        ("job", 10, ()),
        ("stays", 10, (("prerequisite-missing", 2),)),
    ]


def test_payers_payees_and_natures_are_told_apart() -> None:
    weights = (Weight(payer=PAYER, weight=1), Weight(payer="0088:9521000000070", weight=2))
    rules = (a_rule("job", 10_000), a_rule("home", 100, payee=INVESTOR, nature="conditional_repayment"))
    activation = activated(rules)
    other = replace(activation.parties[0], organisation_id="0088:9521000000070")
    split = Payment(rules=rules, split=Shares(kind="shares", weights=weights))
    history = history_of([replace(activation, parties=(*activation.parties, other), payment=split)])
    found = simulated(model_over(history), jobs(3), jobs(1, metric="home"))
    assert dict(found.payments) == {
        (PAYER, PROVIDER, "service"): 3 * 3_333,
        ("0088:9521000000070", PROVIDER, "service"): 3 * 6_667,
        (PAYER, INVESTOR, "conditional_repayment"): 33,
        ("0088:9521000000070", INVESTOR, "conditional_repayment"): 67,
    }


def test_savings_and_fees_come_by_the_year() -> None:
    points = tuple(replace(point, code=code) for point, code in zip(POINTS, ("2026", "2027"), strict=True))
    metric = a_metric("spent", subject="cohort", reports="measurement", unit="amount", measurement_points=points)
    component = SavingsComponent(
        code="care",
        metric="spent",
        flow="cost",
        basis="gross",
        baseline=AggregateBaseline(kind="aggregate", amount=kr(10_000)),
    )
    saving = SavingsShare(
        kind="savings_share",
        code="saving",
        components=(component,),
        shares=(Slice(share="0.5"),),
        accumulation="cumulative",
        **WHO,
    )
    fee = ServiceFee(
        kind="service_fee",
        code="fee",
        amount=kr(10),
        every="quarter",
        start=date(2026, 1, 1),
        until=date(2026, 7, 1),
        **WHO,
    )
    terms = model_of(saving, fee, metrics=[metric])
    spent: dict[str, Any] = {"metric": "spent", "cohort": "first", "component": "care"}
    found = simulated(
        terms,
        Outcome(**spent, value="8000", occurrence="2026", achieved_on=date(2026, 12, 31)),
        Outcome(**spent, value="11000", occurrence="2027", achieved_on=date(2027, 12, 31)),
    )
    assert by_year(found) == {"2026": 100_000 + 2_000, "2027": -50_000, "2028": 0, "2029": 0}


def test_what_is_achieved_after_a_termination_is_not_paid() -> None:
    terms = model_over(model_of(a_rule("job", 100)).history, terminated_on=date(2027, 1, 1))
    found = simulated(terms, jobs(3, "2026-12-31"), jobs(4, "2027-01-01"))
    assert total(found) == 300
    assert found.effects.rules[0].not_paid == (("after-termination", 4),)


def test_a_cap_on_what_is_settled_in_a_quarter_is_settled_by_the_quarter() -> None:
    cap = Cap(kind="period", amount=kr(2), every="quarter", period_basis="settled")
    terms = model_of(a_rule("job", 100), caps=[cap])
    found = simulated(terms, jobs(9, "2026-01-15"))
    assert by_year(found)["2026"] == 800
    assert by_year(found)["2027"] == 100
    assert [(one.applies_to, one.used_minor) for one in found.effects.caps][:5] == [
        ("2026-Q1", 200),
        ("2026-Q2", 200),
        ("2026-Q3", 200),
        ("2026-Q4", 200),
        ("2027-Q1", 100),
    ]


def test_what_is_too_large_is_refused_before_it_is_begun() -> None:
    terms = model_of(a_rule("job"))
    with pytest.raises(SimulationTooLarge) as caught:
        simulated(terms, jobs(90_000))
    assert caught.value.errors[0].pointer == "/scenarios"


def test_each_cap_says_what_it_took_and_what_is_left() -> None:
    caps = [
        a_cap("person", 150),
        a_cap("rule", 500, "home"),
        Cap(kind="period", amount=kr(10), every="year", period_basis="achieved"),
        Cap(kind="payer", amount=kr(9), payer=PAYER, overflow="lost"),
    ]
    terms = model_of(a_rule("job", 100), a_rule("home", 100), caps=caps)
    found = simulated(terms, jobs(8, "2026-03-01"), jobs(8, "2026-04-01", "home"), jobs(1, "2027-03-01"))
    assert [
        (one.cap, one.applies_to, one.used_minor, one.cut_minor, one.people_at_limit) for one in found.effects.caps
    ] == [
        ("person", None, None, 400, 8),
        ("rule", "home", 200, 0, None),
        ("period", "2026", 1_000, 200, None),
        ("period", "2027", 100, 0, None),
        ("payer", PAYER, 900, None, None),
    ]
    assert total(found) == 900
    assert [one.figures.cut_payer_minor for one in found.effects.rules] == [100, 100]


def test_outcomes_are_paid_by_the_version_of_their_day() -> None:
    first = activated([a_rule("job", 100)])
    second = activated([a_rule("job", 300)], contract_id=first.contract_id, version=2, effective_from=date(2028, 1, 1))
    found = simulated(model_over(history_of([first, second])), jobs(2, "2027-12-31"), jobs(2, "2028-01-01"))
    assert by_year(found) == {"2026": 0, "2027": 200, "2028": 600, "2029": 0}
    assert found.one_more == (("job", 300),)


def test_a_metric_without_an_outcome_is_worth_its_first() -> None:
    terms = model_of(
        a_rule("job", 100), a_rule("well", 70), metrics=[a_metric("job"), a_metric("well", subject="site")]
    )
    assert simulated(terms).one_more == (("job", 100), ("well", 70))


def test_many_rules_on_one_metric_count_as_many_times() -> None:
    terms = model_of(*(a_rule(f"r{n}", 100, metric="job") for n in range(300)))
    with pytest.raises(SimulationTooLarge) as caught:
        simulated(terms, jobs(1_000))
    assert int(caught.value.errors[0].detail.split()[1]) < 300


def test_a_large_cohort_is_no_work_where_nobody_asks_for_it() -> None:
    assert total(simulated(model_of(a_rule("job", 100), size=1_000_000), jobs(2))) == 200


COUNTS = st.lists(
    st.tuples(st.sampled_from(["job", "home"]), st.integers(0, 12), st.integers(2026, 2029)), min_size=1, max_size=6
)
CAPS = st.lists(
    st.tuples(st.sampled_from(["person", "contract"]), st.integers(1, 100_000)),
    max_size=2,
    unique_by=lambda one: one[0],
)


@settings(max_examples=60, deadline=None)
@given(COUNTS, CAPS, st.sampled_from(["keep_paid", "by_date"]))
def test_years_add_up_and_the_short_way_gives_the_same(counts: Any, caps: Any, headroom: str) -> None:
    limits = [a_cap(kind, minor, headroom=headroom) for kind, minor in caps]
    terms = model_of(a_rule("job", 10_000), a_rule("home", 3_000), a_gate(at_least("0.5", a_share())), caps=limits)
    scenario = of(*(jobs(people, f"{year}-06-01", metric) for metric, people, year in counts))
    basis = basis_of(terms, hypothetical_outcomes(terms, scenario))
    run = settle_steps(basis, steps_of(terms))
    assert sum(total_of(basis, steps_for_total(terms)).values()) == run.total
    assert sum(total_of(basis, steps_of(terms)).values()) == run.total
    assert run.total == sum(one.figures.amount_minor for one in run.basis.posted)
    assert run.total <= min([minor for kind, minor in caps if kind == "contract"], default=run.total)
