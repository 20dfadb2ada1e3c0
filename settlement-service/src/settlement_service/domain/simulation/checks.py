"""Domain: faults of scenarios, each with its field and what would be allowed."""

import re
from collections.abc import Iterator, Sequence

from services.core.errors import FieldError, Invalid
from services.core.terms.checks import TermsNotValid, check_terms
from services.core.terms.faults.plain import decimal, fault, named, once, within
from services.core.terms.mechanisms.table import mechanism_of
from services.core.terms.model import Agreement
from services.core.terms.outcomes import MAX_SUBJECTS, Metric
from settlement_service.domain.simulation.chance_checks import MOST_SUBJECTS, faults_of_chance
from settlement_service.domain.simulation.scenario import Model, Outcome, Question, Scenario
from settlement_service.domain.simulation.subjects import over_enrolled

SITE = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
MOST_SCENARIOS = 20
MOST_OUTCOMES = 200
MOST_YEARS = 60
"""How far from its start a simulation may go."""


class ScenarioNotValid(Invalid):
    """Hypothetical outcomes that these terms do not know."""

    code = "scenario-not-valid"
    title = "These outcomes do not go with the terms"


def check_hypothetical(agreement: Agreement) -> None:
    """Errors: `terms-not-valid`, with pointers into the body of a simulation."""
    try:
        check_terms(agreement)
    except TermsNotValid as error:
        faults = [FieldError(f"/terms{each.pointer}", each.code, each.detail) for each in error.errors]
        raise TermsNotValid(errors=faults) from None


def check_question(model: Model, question: Question) -> None:
    """Errors: `scenario-not-valid` with every fault found."""
    faults = list(_end(model))
    if question.terms is not None and question.from_ == "now":
        faults.append(fault("/from", "from-not-expected", "Left out: what is known was achieved under terms in force."))
    faults += within(len(question.scenarios), 1, MOST_SCENARIOS, "/scenarios")
    faults += once((scenario.name for scenario in question.scenarios), "/scenarios", "/name")
    for place, scenario in enumerate(question.scenarios[:MOST_SCENARIOS]):
        faults += _of_scenario(model, scenario, f"/scenarios/{place}")
    faults += faults_of_chance(
        question.monte_carlo, {scenario.name: scenario.outcomes for scenario in question.scenarios}
    )
    if faults:
        raise ScenarioNotValid(errors=faults)


def _end(model: Model) -> Iterator[FieldError]:
    if not (model.begins < model.ends and model.ends.year - model.begins.year <= MOST_YEARS):
        allowed = f"After {model.begins}, and at most {MOST_YEARS} years later."
        yield fault("/end", "date-outside-period", allowed)


def _of_scenario(model: Model, scenario: Scenario, at: str) -> Iterator[FieldError]:
    faults = [*named(scenario.name, f"{at}/name"), *within(len(scenario.outcomes), 0, MOST_OUTCOMES, f"{at}/outcomes")]
    for code, people in scenario.enrolled.items():
        if code not in model.history.newest.cohorts:
            faults.append(fault(f"{at}/enrolled", "cohort-unknown", "Codes of cohorts of these terms."))
        faults += within(people, 0, MOST_SUBJECTS, f"{at}/enrolled")
    for place, outcome in enumerate(scenario.outcomes[:MOST_OUTCOMES]):
        faults += _of_outcome(model, outcome, f"{at}/outcomes/{place}")
    yield from faults or _together(model, scenario, at)


def _together(model: Model, scenario: Scenario, at: str) -> Iterator[FieldError]:
    """Faults that outcomes have together, where each by itself has none."""
    taken: set[tuple[str | None, ...]] = set()
    for place, outcome in enumerate(scenario.outcomes):
        key = (outcome.metric, outcome.cohort, outcome.site, model.occurrence(outcome), outcome.series)
        if outcome.people is None and outcome.sites is None:
            if key in taken:
                yield fault(f"{at}/outcomes/{place}", "stands-twice", "Each subject is measured once a point.")
            taken.add(key)
    for place in over_enrolled(model, scenario):
        allowed = "Together at most as many people as are enrolled."
        yield fault(f"{at}/outcomes/{place}/people", "people-over-enrolled", allowed)


def _of_outcome(model: Model, outcome: Outcome, at: str) -> Iterator[FieldError]:
    metric = model.metric(outcome.metric)
    if metric is None:
        yield fault(f"{at}/metric", "metric-unknown", "The code of a metric of these terms.")
        return
    points = [point.code for point in metric.measurement_points]
    if model.occurrence(outcome) is None or (outcome.occurrence is not None and not _is_of(outcome.occurrence, points)):
        allowed = f"One of {', '.join(points)}." if points else "A number from 1."
        yield fault(f"{at}/occurrence", "occurrence-unknown", allowed)
    period = model.history.newest.outcome_period
    for field, number, lowest in (
        ("people", outcome.people, 0),
        ("sites", outcome.sites, 0),
        ("units", outcome.units, 1),
    ):
        if number is not None:
            yield from within(number, lowest, MOST_SUBJECTS, f"{at}/{field}")
    if outcome.achieved_on is not None and not period.holds(outcome.achieved_on):
        allowed = f"From {period.start} up to, not including, {period.end}."
        yield fault(f"{at}/achievedOn", "date-outside-period", allowed)
    yield from _subject(model, metric, outcome, at)
    yield from (_measured if metric.reports == "measurement" else _counted)(model, outcome, at)


def _is_of(occurrence: str, points: Sequence[str]) -> bool:
    return occurrence in points if points else bool(re.fullmatch(r"[1-9][0-9]{0,3}", occurrence, re.ASCII))


def _subject(model: Model, metric: Metric, outcome: Outcome, at: str) -> Iterator[FieldError]:
    """Participants are counted; a cohort is named; sites are counted, and one that is measured is named."""
    measured = metric.reports == "measurement"
    wanted = {"participant": "people", "cohort": "cohort", "site": "site" if measured else "sites"}[metric.subject]
    if getattr(outcome, wanted) is None:
        yield fault(f"{at}/{wanted}", "field-missing", f"This metric is about a {metric.subject}: say `{wanted}`.")
    for field in ("people", "cohort", "site", "sites"):
        allowed = {wanted, "cohort"} if metric.subject == "participant" else {wanted}
        if field not in allowed and getattr(outcome, field) is not None:
            yield fault(f"{at}/{field}", "field-not-expected", f"Left out: this metric takes `{wanted}`.")
    if outcome.cohort is not None and outcome.cohort not in model.history.newest.cohorts:
        yield fault(f"{at}/cohort", "cohort-unknown", "The code of a cohort of these terms.")
    if outcome.site is not None and not SITE.fullmatch(outcome.site):
        yield fault(f"{at}/site", "code-not-valid", f"Must match {SITE.pattern}.")


def _counted(model: Model, outcome: Outcome, at: str) -> Iterator[FieldError]:
    of_measurements = {
        "value": outcome.value,
        "arm": None if outcome.arm == "intervention" else outcome.arm,
        "n": outcome.n,
        "standardError": outcome.standard_error,
        "component": outcome.component,
    }
    for field, value in of_measurements.items():
        if value is not None:
            yield fault(f"{at}/{field}", "field-not-expected", "Left out: this metric reports units.")


def _measured(model: Model, outcome: Outcome, at: str) -> Iterator[FieldError]:
    if outcome.value is None:
        yield fault(f"{at}/value", "field-missing", "This metric reports measurements: say the value.")
    if outcome.units is not None:
        yield fault(f"{at}/units", "field-not-expected", "Left out: this metric reports measurements.")
    for field, text in (("value", outcome.value), ("standardError", outcome.standard_error)):
        yield from decimal(text or "0", f"{at}/{field}")
    if outcome.n is not None:
        yield from within(outcome.n, 1, MAX_SUBJECTS, f"{at}/n")
    components = _components(model, outcome.metric)
    if (outcome.component not in components) if components else (outcome.component is not None):
        allowed = f"One of {', '.join(components)}." if components else "Left out: no savings are computed from this."
        yield fault(f"{at}/component", "component-unknown", allowed)


def _components(model: Model, metric: str) -> list[str]:
    """The purses that savings are computed from by a metric."""
    rules = [rule.definition for terms in model.history.versions for rule in terms.rules.values()]
    components = [component for rule in rules for component in mechanism_of(rule).components(rule)]
    return list(dict.fromkeys(component.code for component in components if component.metric == metric))
