"""Tests: scenarios of hypothetical outcomes, as short as a test needs them."""

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from services.core.money import from_minor
from services.core.terms.measures import Measure, Threshold
from services.core.terms.mechanisms.gate import Gate
from services.core.terms.nature import Vat
from services.core.terms.outcomes import Cohort
from services.core.terms.rules import PaymentRule
from services.kit.process.dice import dice
from settlement_service.domain.agreement.history import History, history_of
from settlement_service.domain.simulation.checks import check_question
from settlement_service.domain.simulation.scenario import Model, Outcome, Question, Scenario
from settlement_service.domain.simulation.simulate import Simulated, simulate

from .builders import CURRENCY, PROVIDER, activated

WHO: dict[str, Any] = {
    "payee": PROVIDER,
    "nature": "service",
    "vat": Vat(category="outside_scope", prices_include_vat=False),
}


def kr(major: int) -> Any:
    return from_minor(major * 100, CURRENCY)


def a_share(metric: str = "job", **changed: Any) -> Measure:
    return Measure(**{"metric": metric, "basis": "share", "missing": "as_failure", **changed})


def at_least(value: str, measure: Measure) -> Threshold:
    return Threshold(kind="threshold", measure=measure, comparator="ge", value=value)


def a_gate(condition: Threshold, code: str = "gate") -> Gate:
    return Gate(kind="gate", code=code, condition=condition, amount=kr(1_000), **WHO)


def model_of(*rules: PaymentRule, size: int | None = None, **terms: Any) -> Model:
    activation = activated(rules, **terms)
    if size is not None:
        cohorts = (Cohort(code="first", name="First", size=size),)
        activation = replace(activation, outcomes=replace(activation.outcomes, cohorts=cohorts))
    return model_over(history_of([activation]))


def model_over(history: History, **changed: Any) -> Model:
    period = history.newest.outcome_period
    return Model(**{"history": history, "begins": period.start, "ends": period.end, **changed})


def of(*outcomes: Outcome, **enrolled: int) -> Scenario:
    return Scenario(name="one", outcomes=outcomes, enrolled=enrolled)


def jobs(people: int, on: str | None = None, metric: str = "job", **more: Any) -> Outcome:
    return Outcome(metric=metric, people=people, achieved_on=date.fromisoformat(on) if on else None, **more)


def simulated(model: Model, *outcomes: Outcome, **enrolled: int) -> Simulated:
    question = Question(scenarios=(of(*outcomes, **enrolled),))
    check_question(model, question)
    [found] = simulate(model, question, partial(dice, 0))
    return found


def total(found: Simulated) -> int:
    return sum(found.payments.values())


def by_year(found: Simulated) -> dict[str, int]:
    return {year: sum(paid.values()) for year, paid in found.years.items()}
