"""Tests: settlement's table of mechanisms: a row for each shape in the union, and an answer in it to every question."""

from dataclasses import MISSING, fields, replace
from types import MappingProxyType
from typing import Any, get_args

import pytest

from services.core.terms.mechanisms import mechanism as core
from services.core.terms.mechanisms import table as core_table
from services.core.terms.mechanisms.bands import Bands
from services.core.terms.mechanisms.gate import Gate
from services.core.terms.mechanisms.milestone import Milestone
from services.core.terms.mechanisms.table import MechanismMissing
from services.core.terms.mechanisms.unit_price import UnitPrice
from services.core.terms.rules import PaymentRule
from settlement_service.domain.agreement.history import history_of
from settlement_service.domain.mechanisms import mechanism, table
from settlement_service.domain.mechanisms.counts import NO_COUNT
from settlement_service.domain.mechanisms.mechanism import Mechanism, no_items_over_rules
from settlement_service.domain.mechanisms.unit_price import UNIT_PRICE
from settlement_service.domain.settling.accruals import accrues
from settlement_service.domain.settling.settle import settle

from ..books import Books
from ..builders import YEAR, a_claim, a_metric, a_rule, activated
from ..mechanisms import a_contract, a_milestone, lines
from ..rows import disagreements

SHAPES: tuple[type[Any], ...] = get_args(get_args(PaymentRule)[0])
QUESTIONS = [question.name for question in fields(Mechanism)]


def test_both_tables_have_the_rows_of_the_union() -> None:
    """A shape that one of them lacks would be drafted and never paid, or shown without what hides its count."""
    open_ = [f"{shape.__name__}: {name}" for shape in SHAPES if shape not in table.MECHANISMS for name in QUESTIONS]
    assert not open_, "\n".join(open_)
    assert tuple(table.MECHANISMS) == tuple(core_table.MECHANISMS) == SHAPES
    assert all(row.shape is shape for shape, row in table.MECHANISMS.items())


@pytest.mark.parametrize("shape", table.MECHANISMS)
def test_the_answers_of_a_row_agree(shape: type[Any]) -> None:
    disagreeing = disagreements(core_table.MECHANISMS[shape], table.MECHANISMS[shape])
    assert not disagreeing, "\n".join(disagreeing)


def test_what_each_row_tells_of_a_count() -> None:
    """Told by units, a count of few stands in the line. Hidden, a line that counts nobody is merged for no reason."""
    assert {shape for shape, row in table.MECHANISMS.items() if row.counts.told_by_units} == {UnitPrice}
    counting = {shape for shape, row in table.MECHANISMS.items() if row.counts is not NO_COUNT}
    assert counting == {UnitPrice, Bands}


NOWHERE: dict[str, Any] = {
    "payment_for": mechanism.nothing_by_claim,
    "items_of_contract": mechanism.no_items_of_contract,
    "items_over_rules": mechanism.no_items_over_rules,
}
APART: dict[str, tuple[type[Any], dict[str, Any], dict[str, Any], str]] = {
    "nothing anywhere": (Gate, {}, NOWHERE, "Gate: gives items neither"),
    "nothing by claim": (UnitPrice, {}, NOWHERE, "UnitPrice: gives items neither"),
    "a claim that is not asked for": (
        Milestone,
        {"pays_each_subject": core.subjects_together},
        {},
        "Milestone: payment_for is never asked",
    ),
    "a claim that gives nothing": (
        Gate,
        {"pays_each_subject": core.subjects_alone},
        {},
        "Gate: pays_each_subject is yes, and payment_for gives nothing",
    ),
    "all subjects, unread": (
        Bands,
        {"pays_each_subject": core.subjects_alone},
        {},
        "Bands: items_of_contract looks at subjects whose claims are not read",
    ),
    "other rules, unsaid": (
        UnitPrice,
        {"pays_over_rules": True},
        {},
        "UnitPrice: pays_over_rules is not what items_over_rules does",
    ),
    "a reason that accrues": (
        Bands,
        {},
        {"depends_on_others": mechanism.never},
        "Bands: reason_without_items ends with the claim of anybody",
    ),
}


@pytest.mark.parametrize("case", APART)
def test_answers_that_do_not_agree_are_refused_by_name(case: str) -> None:
    shape, of_terms, answers, beginning = APART[case]
    disagreeing = disagreements(
        replace(core_table.MECHANISMS[shape], **of_terms), replace(table.MECHANISMS[shape], **answers)
    )
    assert any(each.startswith(beginning) for each in disagreeing), disagreeing


def _answer(monkeypatch: pytest.MonkeyPatch, shape: type[Any], **answers: Any) -> None:
    rows = {**table.MECHANISMS, shape: replace(table.MECHANISMS[shape], **answers)}
    monkeypatch.setattr(table, "MECHANISMS", MappingProxyType(rows))


@pytest.mark.parametrize("people", [0, 2])
def test_a_row_of_shared_answers_alone_gives_a_line_with_a_reason(monkeypatch: pytest.MonkeyPatch, people: int) -> None:
    """Such a line once said 0 and nothing else, as if nobody had achieved anything."""
    _answer(monkeypatch, Milestone, **NOWHERE)
    terms = a_contract(a_rule("job"), a_milestone("plan"), metrics=[a_metric("job"), a_metric("plan")])
    books = Books(terms)
    books.verify(*(a_claim(n, "plan") for n in range(people)))
    assert lines(books.settle()) == {"job": (0, None), "milestone": (0, "no-rule")}
    assert not accrues(books.history)


def test_a_rule_that_says_why_before_anything_is_reported_does_not_accrue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A settlement from accruals has no reasons, so it would say other than one over everything."""
    assert accrues(history_of([activated()]))
    _answer(monkeypatch, UnitPrice, reason_without_items=lambda rule: "not-yet-measured")
    assert lines(Books(activated()).settle()) == {"job": (0, "not-yet-measured")}
    assert not accrues(history_of([activated()]))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_row_that_leaves_a_question_open_is_not_accepted(question: str) -> None:
    (field,) = (field for field in fields(Mechanism) if field.name == question)
    assert (field.default, field.default_factory) == (MISSING, MISSING)
    answers = {name: getattr(UNIT_PRICE, name) for name in QUESTIONS if name != question}
    with pytest.raises(TypeError, match=question):
        Mechanism(**answers)


def test_who_has_no_row_is_settled_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(activated())
    books.verify(a_claim(1))
    basis = books.basis
    rows = {shape: row for shape, row in table.MECHANISMS.items() if shape is not UnitPrice}
    monkeypatch.setattr(table, "MECHANISMS", MappingProxyType(rows))
    with pytest.raises(MechanismMissing, match=f"UnitPrice has no row .* open are {', '.join(QUESTIONS)}"):
        settle(basis, YEAR.end)


def test_no_mechanism_of_a_contract_looks_at_the_amounts_of_others() -> None:
    """Where one does, a settlement looks at everything (`stages.STAGES`), and posting takes longer."""
    assert all(row.items_over_rules is no_items_over_rules for row in table.MECHANISMS.values())


def test_terms_are_read_without_a_look_at_settlement_s_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MECHANISMS", MappingProxyType({}))
    assert history_of([activated()]).newest.rules["job"].prices
