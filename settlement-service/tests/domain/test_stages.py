"""Tests: each stage says by the terms alone whether it looks at subjects together."""

from datetime import date
from typing import Any

import pytest

from services.core.terms.payment import Retention
from settlement_service.domain.agreement.history import history_of
from settlement_service.domain.settling import settle, stages
from settlement_service.domain.settling.accruals import accrues
from settlement_service.domain.settling.stages import STAGES

from ..builders import PAYER, a_metric, a_rule
from ..mechanisms import (
    PAYERS,
    a_contract,
    a_fee,
    a_gate,
    a_limit,
    a_measure,
    a_milestone,
    a_pause,
    a_threshold,
    flat,
    maxima,
    some_bands,
    weights,
)

JOB = a_rule("job", 10_000)
COUNTED = a_threshold(a_measure("job", "count"), "ge", "3")
SHARED: dict[str, Any] = {"payers": PAYERS, "split": weights(*((payer, 1) for payer in PAYERS))}
PLAIN: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "a price": ((JOB,), {}),
    "a milestone": ((a_milestone("job"),), {}),
    "a cap on a person, and caps that all share": ((JOB,), {"caps": [a_limit("person", 1), a_limit("contract", 9)]}),
    "shares by weight": ((JOB,), SHARED),
}
TOGETHER: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "a gate": ("evaluate", (JOB, a_gate(COUNTED)), {}),
    "a fee": ("evaluate", (JOB, a_fee()), {}),
    "bands by subject": (
        "evaluate",
        (some_bands(a_measure("job", "count"), "flat", flat("0", None, 1), per="subject"),),
        {},
    ),
    "a condition": ("condition", (a_rule("job", 10_000, when=COUNTED),), {}),
    "units in all": ("condition", (a_rule("job", 10_000, max_units=5),), {}),
    "a pause": ("condition", (JOB,), {"windows": (a_pause(date(2026, 3, 1), date(2026, 4, 1), True),)}),
    "prices below zero": ("keep negatives", (a_rule("job", -10_000, two_sided=True),), {}),
    "a cap by date": ("cap", (JOB,), {"caps": [a_limit("contract", 9, headroom="by_date")]}),
    "a retention": ("retain", (JOB,), {"retention": Retention(share="0.1", release_on=date(2026, 12, 1))}),
    "maxima in order": ("share", (JOB,), {**SHARED, "split": maxima(*((payer, 9) for payer in PAYERS))}),
    "a cap on a payer": ("share", (JOB,), {"caps": [a_limit("payer", 9, payer=PAYER, overflow="lost")]}),
}


def test_every_stage_of_the_pipeline_is_described() -> None:
    names = [stage.name.replace(" ", "_") for stage in STAGES]
    assert names[-1] == settle.difference.__name__
    assert all(callable(getattr(stages, name)) for name in names[:-1])


@pytest.mark.parametrize("terms", PLAIN)
def test_plain_terms_are_settled_subject_by_subject(terms: str) -> None:
    rules, more = PLAIN[terms]
    history = history_of([a_contract(*rules, metrics=[a_metric("job")], **more)])
    assert [stage.name for stage in STAGES if stage.scope(history.newest) != "per subject"] == []
    assert accrues(history)


@pytest.mark.parametrize("terms", TOGETHER)
def test_what_looks_at_several_subjects_says_at_which_stage(terms: str) -> None:
    wanted, rules, more = TOGETHER[terms]
    history = history_of([a_contract(*rules, metrics=[a_metric("job")], **more)])
    assert wanted in [stage.name for stage in STAGES if stage.scope(history.newest) == "over the contract"]
    assert not accrues(history)
