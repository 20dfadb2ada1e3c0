"""Tests: what cannot be simulated, each with its code and its field."""

from copy import deepcopy
from typing import Any

import pytest

from services.core.terms.outcomes import MeasurementPoint

from ..builders import a_metric, a_rule
from ..conftest import Settling, refused
from .test_simulations import BODY, a_contract, ask


def with_outcome(**changed: Any) -> dict[str, Any]:
    """The body with another outcome; what is None is left out."""
    outcome = {"metric": "job", "people": 12, **changed}
    outcomes = [{key: value for key, value in outcome.items() if value is not None}]
    return {"scenarios": [{"name": "as planned", "outcomes": outcomes}]}


OFFENCES: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"metric": "house"}, "metric-unknown", "/metric"),
    ({"cohort": "second"}, "cohort-unknown", "/cohort"),
    ({"occurrence": "0"}, "occurrence-unknown", "/occurrence"),
    ({"achievedOn": "2030-01-01"}, "date-outside-period", "/achievedOn"),
    ({"achievedOn": "2025-12-31"}, "date-outside-period", "/achievedOn"),
    ({"people": -1}, "number-out-of-range", "/people"),
    ({"people": 100_001}, "number-out-of-range", "/people"),
    ({"units": 0}, "number-out-of-range", "/units"),
    ({"people": None}, "field-missing", "/people"),
    ({"sites": 3}, "field-not-expected", "/sites"),
    ({"site": "here"}, "field-not-expected", "/site"),
    ({"value": "1"}, "field-not-expected", "/value"),
    ({"arm": "baseline"}, "field-not-expected", "/arm"),
    ({"metric": "moves", "occurrence": None}, "occurrence-unknown", "/occurrence"),
    ({"metric": "moves", "occurrence": "3m"}, "occurrence-unknown", "/occurrence"),
    ({"metric": "level", "people": None, "value": "1"}, "field-missing", "/cohort"),
    ({"metric": "level", "people": None, "cohort": "first"}, "field-missing", "/value"),
    ({"metric": "level", "people": None, "cohort": "first", "value": "1e3"}, "quantity-not-valid", "/value"),
    ({"metric": "level", "cohort": "first", "value": "1"}, "field-not-expected", "/people"),
    ({"metric": "level", "people": None, "cohort": "first", "value": "1", "n": 0}, "number-out-of-range", "/n"),
    (
        {"metric": "level", "people": None, "cohort": "first", "value": "1", "component": "care"},
        "component-unknown",
        "/component",
    ),
)


@pytest.mark.parametrize(("changed", "code", "below"), OFFENCES)
async def test_an_outcome_that_the_terms_do_not_know_is_refused(
    settling: Settling, changed: dict[str, Any], code: str, below: str
) -> None:
    points = tuple(MeasurementPoint(code=code, name=code) for code in ("6m", "12m"))
    metrics = [
        a_metric("job"),
        a_metric("moves", measurement_points=points),
        a_metric("level", subject="cohort", reports="measurement"),
    ]
    contract = await a_contract(settling, rules=[a_rule("job")], metrics=metrics)
    problem = refused(await ask(settling, contract, with_outcome(**changed)), 422, "scenario-not-valid")
    assert [(error["code"], error["pointer"]) for error in problem["errors"]] == [
        (code, f"/scenarios/0/outcomes/0{below}")
    ]
    assert all(str(value) not in error["detail"] for error in problem["errors"] for value in ("house", "1e3"))


WHOLE: tuple[tuple[dict[str, Any], int, str, str], ...] = (
    ({"scenarios": []}, 422, "scenario-not-valid", "/scenarios"),
    ({"scenarios": BODY["scenarios"] * 2}, 422, "scenario-not-valid", "/scenarios/1/name"),
    ({"scenarios": BODY["scenarios"] * 21}, 422, "scenario-not-valid", "/scenarios"),
    ({**BODY, "end": "2026-01-01"}, 422, "scenario-not-valid", "/end"),
    ({**BODY, "end": "2126-01-01"}, 422, "scenario-not-valid", "/end"),
    ({**BODY, "end": 7}, 422, "shape-not-allowed", "/end"),
    ({**BODY, "from": "then"}, 422, "shape-not-allowed", "/from"),
    ({**BODY, "secret": 1}, 422, "shape-not-allowed", "/secret"),
    ({}, 422, "shape-not-allowed", "/scenarios"),
    (with_outcome(people="12"), 422, "shape-not-allowed", "/scenarios/0/outcomes/0/people"),
    ({**BODY, "terms": {"parties": []}}, 422, "shape-not-allowed", "/terms/outcomes"),
    (
        {**BODY, "monteCarlo": {"seed": 1, "runs": 10_001, "distributions": []}},
        422,
        "scenario-not-valid",
        "/monteCarlo/runs",
    ),
    (
        {
            **BODY,
            "monteCarlo": {
                "seed": 1,
                "runs": 1,
                "distributions": [{"scenario": "as planned", "outcome": 0, "distribution": {"kind": "cauchy"}}],
            },
        },
        422,
        "shape-not-allowed",
        "/monteCarlo/distributions/0/distribution/kind",
    ),
    (with_outcome(people=90_000), 422, "simulation-too-large", "/scenarios"),
)


@pytest.mark.parametrize(("body", "status", "code", "pointer"), WHOLE)
async def test_what_cannot_be_asked_is_refused(
    settling: Settling, body: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    refused(await ask(settling, await a_contract(settling), body), status, code, pointer)


async def test_more_people_than_are_enrolled_are_refused(settling: Settling) -> None:
    body = deepcopy(BODY)
    body["scenarios"][0]["enrolled"] = {"first": 11}
    pointer = "/scenarios/0/outcomes/0/people"
    contract = await a_contract(settling)
    refused(await ask(settling, contract, body), 422, "scenario-not-valid", pointer)
    body["scenarios"][0]["enrolled"] = {"second": 12}
    refused(await ask(settling, contract, body), 422, "scenario-not-valid", "/scenarios/0/enrolled")


async def test_a_personal_number_is_refused(settling: Settling) -> None:
    body = {"scenarios": [{"name": "010190-1234", "outcomes": []}]}
    refused(await ask(settling, await a_contract(settling), body), 422, "personal-number")
