"""Tests: each stage says by the terms alone whether it looks at subjects together."""

from datetime import date
from typing import Any

import pytest

from services.core.terms.payment import Retention
from settlement_service.domain.agreement.history import history_of
from settlement_service.domain.settling import settle, stages
from settlement_service.domain.settling.accruals import accrues
from settlement_service.domain.settling.stages import STAGES, unsettles

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
    a_savings_share,
    a_threshold,
    flat,
    maxima,
    some_bands,
    spent_metric,
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
JOBS = a_measure("job", "count")
PAUSED = a_pause(date(2026, 3, 1), date(2026, 4, 1), True)
METRICS = [a_metric("job"), spent_metric()]
BELOW_ZERO = {"evaluate", "keep negatives"}
TOGETHER: dict[str, tuple[set[str], tuple[Any, ...], dict[str, Any]]] = {
    "a gate": ({"evaluate"}, (JOB, a_gate(COUNTED)), {}),
    "a fee": ({"evaluate"}, (JOB, a_fee()), {}),
    "bands": ({"evaluate"}, (some_bands(JOBS, "flat", flat("0", None, 1)),), {}),
    "bands by subject": ({"evaluate"}, (some_bands(JOBS, "flat", flat("0", None, 1), per="subject"),), {}),
    "bands below zero": (BELOW_ZERO, (some_bands(JOBS, "flat", flat("0", None, -1), two_sided=True),), {}),
    "bands by subject below zero": (
        BELOW_ZERO,
        (some_bands(JOBS, "flat", flat("0", None, -1), per="subject", two_sided=True),),
        {},
    ),
    "savings": ({"evaluate"}, (a_savings_share(),), {}),
    "savings below zero": (BELOW_ZERO, (a_savings_share(two_sided=True),), {}),
    "a condition": ({"condition"}, (a_rule("job", 10_000, when=COUNTED),), {}),
    "units in all": ({"evaluate", "condition"}, (a_rule("job", 10_000, max_units=5),), {}),
    "a pause": ({"condition"}, (JOB,), {"windows": (PAUSED,)}),
    "prices below zero": (BELOW_ZERO, (a_rule("job", -10_000, two_sided=True),), {}),
    "a cap by date": ({"cap"}, (JOB,), {"caps": [a_limit("contract", 9, headroom="by_date")]}),
    "a retention": ({"retain"}, (JOB,), {"retention": Retention(share="0.1", release_on=date(2026, 12, 1))}),
    "maxima in order": ({"share"}, (JOB,), {**SHARED, "split": maxima(*((payer, 9) for payer in PAYERS))}),
    "a cap on a payer": ({"share"}, (JOB,), {"caps": [a_limit("payer", 9, payer=PAYER, overflow="lost")]}),
}
UNSETTLED = {
    "bands by subject": {"evaluate"},
    "bands below zero": BELOW_ZERO,
    "bands by subject below zero": BELOW_ZERO,
    "savings below zero": BELOW_ZERO,
    "a condition": {"condition"},
    "units in all": {"evaluate", "condition"},
    "a pause": {"condition"},
    "prices below zero": BELOW_ZERO,
    "a cap by date": {"cap"},
    "a retention": {"retain"},
}
"""The terms whose amounts, once settled, may change by what becomes of others, with the stages at which they may. Under
all other terms a settlement looks only at subjects of whom something is new."""


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
def test_what_looks_at_several_subjects_says_at_which_stages(terms: str) -> None:
    wanted, rules, more = TOGETHER[terms]
    history = history_of([a_contract(*rules, metrics=METRICS, **more)])
    newest = history.newest
    assert {stage.name for stage in STAGES if stage.scope(newest) == "over the contract"} == wanted
    assert {stage.name for stage in STAGES if stage.unsettles(newest)} == UNSETTLED.get(terms, set())
    assert unsettles(newest) == (terms in UNSETTLED)
    assert not accrues(history)
