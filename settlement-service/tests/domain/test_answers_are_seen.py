"""Tests: each answer in the rows of a mechanism is seen by somebody: where it is another, something differs.

Each answer of the toy is exchanged for another one, and what shall differ then is looked at. Where it is the same,
nobody asks, or the toy says that other thing already.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from services.core.terms.checks import TermsNotValid, check_terms
from services.core.terms.faults.plain import fault
from services.core.terms.mechanisms import mechanism as core
from services.core.terms.naming import components_on
from services.core.terms.prices import PriceList
from settlement_service.domain.agreement.history import history_of
from settlement_service.domain.mechanisms import mechanism
from settlement_service.domain.mechanisms.counts import NO_COUNT
from settlement_service.domain.mechanisms.once import paid_once
from settlement_service.domain.mechanisms.scale import Scale
from settlement_service.domain.mechanisms.working import term
from settlement_service.domain.settling.stages import STAGES, unsettles
from settlement_service.domain.settling.unpaid import why_nothing
from settlement_service.domain.simulation.run import steps_for_total
from settlement_service.domain.simulation.work import work_of

from ..books import Books
from ..builders import INVESTOR, PAYER, YEAR, a_claim, a_metric, a_price, a_rule
from ..mechanisms import a_component, a_contract, a_limit, a_measure, a_threshold, agreement_of, kr, lines
from ..rows import disagreements
from ..supposing import jobs, model_over, simulated
from ..toy_mechanism import CORE_ROW, DOMAIN_ROW, add, an_advance, answer

ADVANCE = an_advance(kr(5_000), payee=INVESTOR)
HOME = a_rule("home", 10_000, payee=INVESTOR)
METRICS = [a_metric("job"), a_metric("home")]
COUNTED = a_measure("job", "count", missing="as_failure")


@pytest.fixture(autouse=True)
def seventh(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are seven mechanisms."""
    add(monkeypatch)


def the_terms() -> Any:
    return a_contract(HOME, ADVANCE, metrics=METRICS)


def the_books() -> Books:
    """Four have a job by the end of June, nine others have a home in August."""
    books = Books(the_terms())
    books.verify(*(a_claim(n, "job", day="2026-06-01") for n in range(1, 5)))
    books.verify(*(a_claim(n, "home", day="2026-08-01") for n in range(11, 20)))
    return books


def faults() -> set[str]:
    try:
        check_terms(agreement_of(a_contract(HOME, replace(ADVANCE, amount=kr(-1)), metrics=METRICS)))
    except TermsNotValid as refused:
        return {each.code for each in refused.errors}
    return set()


def items() -> Any:
    """Rule, reason and amount of each item by claim on the metric of the advance."""
    of_jobs = [item for item in the_books().basis.items if item.metric == "job"]
    return [(item.key.rule, item.reason, item.gross_minor) for item in of_jobs]


def the_lines() -> Any:
    return lines(the_books().settle())


def prices() -> Any:
    return [line.price for line in the_books().settle().statement.lines]


def purses() -> Any:
    return list(components_on(the_terms().payment, "job"))


def stages() -> Any:
    """What each stage says of the terms: whether it looks at others, and whether it unsettles."""
    newest = history_of([the_terms()]).newest
    asked = {stage.name: (stage.looks_at_others(newest), stage.unsettles(newest)) for stage in STAGES}
    return {name: answers for name, answers in asked.items() if any(answers)}


def shown_to_an_investor() -> Any:
    return [line.get("rule") for line in the_books().settle().shown_to(INVESTOR).content["lines"]]


def before_anything() -> Any:
    """Why the rule gives nothing before it gave any item."""
    books = Books(the_terms())
    return dict(why_nothing(books.history, (), books.basis.outcomes, YEAR.end))


def distances() -> Any:
    outcomes = (jobs(4, "2026-06-01"), jobs(9, "2026-08-01", metric="home"))
    distances = simulated(model_over(history_of([the_terms()])), *outcomes).distances
    return [each.rule for each in distances.thresholds], [each.rule for each in distances.bands]


def work() -> Any:
    size = work_of(model_over(history_of([the_terms()])))
    return size.of_claim, size.of_person, size.of_nothing


def steps() -> Any:
    """The settlements that a simulation needs under one cap on the contract."""
    history = history_of([a_contract(HOME, ADVANCE, metrics=METRICS, caps=[a_limit("contract", 1)])])
    return len(steps_for_total(model_over(history)))


def _one_fault(declared: object, placed: object) -> Iterator[Any]:
    yield fault("/payment/rules", "together", "Less.")


def _no_faults(declared: object, rule: object, at: str) -> Iterator[Any]:
    yield from ()


def _one_more_item(terms: Any, rule: Any, outcomes: Any, ends: date) -> Iterator[Any]:
    yield paid_once(terms, rule.code, "job", term("more", 1), 100, outcomes, ends)


Flips = Mapping[str, tuple[Any, Callable[[], Any]]]
OF_TERMS: Flips = {
    "faults": (_no_faults, faults),
    "faults_together": (_one_fault, faults),
    "paid_metrics": (lambda rule: frozenset(), items),
    "measures": (core.no_measures, work),
    "components": (lambda rule: (a_component("purse", metric="job"),), purses),
    "pays_each_subject": (core.subjects_alone, the_lines),
    "pays_over_rules": (False, the_lines),
    "contracted_prices": (lambda rule: PriceList((a_price(700),)), prices),
}
IN_SETTLEMENT: Flips = {
    "items_of_contract": (_one_more_item, the_lines),
    "items_over_rules": (mechanism.no_items_over_rules, the_lines),
    "depends_on_others": (mechanism.never, stages),
    "may_be_below_zero": (mechanism.never, stages),
    "max_units": (lambda rule: 5, stages),
    "each_minor": (lambda rule: 12_345, prices),
    "reason_without_items": (lambda rule: "not-yet-measured", before_anything),
    "counts": (NO_COUNT, shown_to_an_investor),
    "condition": (lambda rule: a_threshold(COUNTED, "ge", "3"), distances),
    "scale": (lambda rule: Scale(COUNTED, frozenset({Fraction(3)})), distances),
    "work_alone": (lambda rule, ends: 12_345, work),
}
BY_CLAIM: Flips = {
    "looks_at": (lambda rule, claim: False, items),
    "most_payments": (lambda rule, metric: (0, "over-units"), items),
    "payment_for": (lambda rule, occasion: mechanism.Payment(1, 100), items),
}
"""What is asked only of who pays each subject: so there the toy is taken for one."""
UNASKED = {
    "is_final_by_day": "asked only where each subject is paid, of a payee that is paid no more",
    "kept_by_amendment": "asked by contracts alone, when terms are amended",
    "is_paid_once": "asked only of items over the contract, when a later version of the terms gives another",
}
"""Answers of which nobody asks the toy: they are held as they stand."""


def test_every_answer_is_exchanged() -> None:
    exchanged = {"shape", *OF_TERMS, *IN_SETTLEMENT, *BY_CLAIM, *UNASKED}
    assert {each.name for row in (CORE_ROW, DOMAIN_ROW) for each in fields(row)} == exchanged


@pytest.mark.parametrize("question", OF_TERMS)
def test_another_answer_of_the_terms_is_seen(monkeypatch: pytest.MonkeyPatch, question: str) -> None:
    other, seen = OF_TERMS[question]
    before = seen()
    answer(monkeypatch, replace(CORE_ROW, **{question: other}), DOMAIN_ROW)
    assert seen() != before


@pytest.mark.parametrize("question", IN_SETTLEMENT)
def test_another_answer_in_settlement_is_seen(monkeypatch: pytest.MonkeyPatch, question: str) -> None:
    other, seen = IN_SETTLEMENT[question]
    before = seen()
    answer(monkeypatch, CORE_ROW, replace(DOMAIN_ROW, **{question: other}))
    assert seen() != before


@pytest.mark.parametrize("question", BY_CLAIM)
def test_another_answer_by_claim_is_seen(monkeypatch: pytest.MonkeyPatch, question: str) -> None:
    other, seen = BY_CLAIM[question]
    by_claim = replace(CORE_ROW, pays_each_subject=core.subjects_alone)
    answer(monkeypatch, by_claim, DOMAIN_ROW)
    before = seen()
    answer(monkeypatch, by_claim, replace(DOMAIN_ROW, **{question: other}))
    assert seen() != before


def test_the_toy_s_answers_agree() -> None:
    assert disagreements(CORE_ROW, DOMAIN_ROW) == []


def test_what_nobody_asks_the_toy_is_the_safe_answer() -> None:
    assert CORE_ROW.is_final_by_day is core.open_for_later
    assert CORE_ROW.kept_by_amendment is core.nothing_kept
    assert DOMAIN_ROW.is_paid_once is False


def test_the_answers_as_they_are_seen() -> None:
    """Less 4 x 50.00 of 9 x 100.00, over the contract from the first stage to the caps."""
    assert faults() == {"amount-too-low"}
    assert the_lines() == {"home": (90_000, None), "advance": (-20_000, None)}
    assert items() == []
    assert purses() == []
    assert before_anything() == {}
    assert prices() == [10_000, 0]
    assert stages() == {"evaluate": (True, True), "keep negatives": (True, True), "cap": (True, True)}
    assert unsettles(history_of([the_terms()]).newest)
    assert "advance" not in shown_to_an_investor()
    assert distances() == ([], [])
    assert work() == ({"job": 1, "home": 1}, 1, 1 + 1)
    assert steps() > 1
    assert [line["rule"] for line in the_books().settle().shown_to(PAYER).content["lines"]] == ["home", "advance"]
