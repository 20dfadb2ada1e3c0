"""Tests: a claim says what its metric reports, about what its metric is about; anything else is refused."""

from typing import Any

import pytest

from ..builders import MEASURED, PROVIDER, a_claim, a_key, about_a_cohort, about_a_site
from ..conftest import Ingestion, refused

COST = {"metric": "cost", "occurrence": "1"}


@pytest.mark.parametrize(
    ("row", "code", "pointers"),
    [
        (a_claim(participantKey=None), "subject-not-fitting", ["/participantKey"]),
        (a_claim(cohort="first"), "subject-not-fitting", ["/cohort"]),
        (a_claim(site="village-017"), "subject-not-fitting", ["/site"]),
        (a_claim(participantKey=None, cohort="first"), "subject-not-fitting", ["/participantKey", "/cohort"]),
        (about_a_cohort(cohort=None), "subject-not-fitting", ["/cohort"]),
        (about_a_cohort(participantKey=a_key(1)), "subject-not-fitting", ["/participantKey"]),
        (about_a_cohort(cohort=None, site="first"), "subject-not-fitting", ["/cohort", "/site"]),
        (about_a_site(site=None), "subject-not-fitting", ["/site"]),
        (about_a_site(cohort="first"), "subject-not-fitting", ["/cohort"]),
        (about_a_site(site=None, participantKey=a_key(1)), "subject-not-fitting", ["/participantKey", "/site"]),
        (about_a_cohort(cohort="third"), "cohort-unknown", ["/cohort"]),
        (about_a_site(site="123-45"), "site-not-valid", ["/site"]),
        (about_a_site(site="two words"), "shape-not-allowed", ["/site"]),
        (about_a_site(site="v" * 65), "shape-not-allowed", ["/site"]),
        (about_a_site(site="a-2110625629"), "personal-number", ["/site"]),
        (about_a_site(measurement=MEASURED), "measurement-not-expected", ["/measurement"]),
        (about_a_site(measurement=MEASURED, units="1"), "measurement-not-expected", ["/measurement"]),
        (a_claim(measurement=MEASURED), "measurement-not-expected", ["/measurement"]),
        (about_a_cohort(measurement=None), "measurement-required", ["/measurement"]),
        (about_a_cohort(measurement=None, units="1"), "measurement-required", ["/measurement"]),
        (about_a_cohort(units="1"), "units-not-expected", ["/units"]),
        (about_a_cohort(measurement=MEASURED), "estimator-not-fitting", ["/measurement/estimator"]),
        (
            about_a_cohort(measurement={**MEASURED, "estimator": "canary"}),
            "estimator-not-fitting",
            ["/measurement/estimator"],
        ),
        (
            about_a_site(**COST, measurement={**MEASURED, "estimator": "canary"}),
            "estimator-not-fitting",
            ["/measurement/estimator"],
        ),
        (about_a_site(**COST, measurement={}), "shape-not-allowed", ["/measurement/value"]),
        (about_a_site(**COST, measurement="0.31"), "shape-not-allowed", ["/measurement"]),
        *(
            (about_a_site(**COST, measurement={"value": value}), "quantity-not-valid", ["/measurement/value"])
            for value in ("", "1e3", "+1", "01", ".5", "1,5", "NaN", " 1", "0.1234567890123", "1234567890123456", "٣")
        ),
        (about_a_site(**COST, measurement={"value": 1}), "shape-not-allowed", ["/measurement/value"]),
        (about_a_site(**COST, measurement={"value": "1" * 40}), "shape-not-allowed", ["/measurement/value"]),
        *(
            (
                about_a_site(**COST, measurement={**MEASURED, "standardError": error}),
                "quantity-not-valid",
                ["/measurement/standardError"],
            )
            for error in ("-0.1", "-0", "1e-3")
        ),
        *(
            (about_a_site(**COST, measurement={**MEASURED, **wrong}), "shape-not-allowed", [f"/measurement/{name}"])
            for wrong in (
                {"arm": "control"},
                {"n": "0"},
                {"n": 162},
                {"n": "1.5"},
                {"component": "Purse A"},
                {"component": ""},
                {"canary": "1"},
            )
            for name in wrong
        ),
        (
            about_a_site(**COST, measurement={**MEASURED, "component": "2110625629"}),
            "personal-number",
            ["/measurement/component"],
        ),
        (about_a_site(**COST, measurement={"value": "2110625629"}), "personal-number", ["/measurement/value"]),
        (about_a_site(metric="spent", measurement=MEASURED), "component-required", ["/measurement/component"]),
        (
            about_a_site(metric="spent", measurement={**MEASURED, "component": "canary"}),
            "component-unknown",
            ["/measurement/component"],
        ),
        (
            about_a_site(metric="saved", measurement={**MEASURED, "component": "region"}),
            "component-unknown",
            ["/measurement/component"],
        ),
    ],
)
async def test_what_does_not_fit_the_metric_is_refused_alone_and_as_a_row(
    ingestion: Ingestion, row: dict[str, Any], code: str, pointers: list[str]
) -> None:
    contract = await ingestion.contract(people=1)
    problem = refused(await ingestion.post(PROVIDER, f"{contract}/claims", row), 422, code)
    assert [fault["pointer"] for fault in problem["errors"]] == pointers
    assert "canary" not in str(problem).replace("/canary", "")
    uploaded = await ingestion.upload(PROVIDER, f"{contract}/claims", [row, about_a_cohort(externalId="good")])
    assert uploaded.kinds() == ["refused", "created"]
    assert (uploaded.results[0]["code"], uploaded.results[0]["errors"]) == (code, problem["errors"])


async def test_a_refusal_says_what_would_be_allowed(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    answers = [
        await ingestion.post(PROVIDER, f"{contract}/claims", row)
        for row in (
            about_a_cohort(cohort=None, site="first"),
            about_a_cohort(measurement=MEASURED),
            about_a_site(metric="spent", measurement=MEASURED),
        )
    ]
    details = [answer.json()["errors"][0]["detail"] for answer in answers]
    assert details == [
        "Claims on this metric name cohort, and nothing else that they are about.",
        "matched-did, as agreed.",
        "One of municipality, region.",
    ]


async def test_a_claim_on_savings_names_its_component_unless_the_metric_is_looked_at_for_more(
    ingestion: Ingestion,
) -> None:
    contract = await ingestion.contract()
    rows = [
        about_a_site(metric="spent", measurement={**MEASURED, "component": "region"}),
        about_a_site(metric="saved", externalId="b", measurement={**MEASURED, "component": "state"}),
        about_a_site(metric="saved", externalId="c", measurement=MEASURED),
    ]
    assert (await ingestion.upload(PROVIDER, f"{contract}/claims", rows)).kinds() == ["created"] * 3
