"""Tests: settlement's table of mechanisms: a row for each shape in the union, and an answer in it to every question."""

from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any, get_args

import pytest

from services.core.terms.mechanisms import table as core_table
from services.core.terms.mechanisms.table import MechanismMissing
from services.core.terms.mechanisms.unit_price import UnitPrice
from services.core.terms.rules import PaymentRule
from settlement_service.domain.agreement.history import history_of
from settlement_service.domain.mechanisms import table
from settlement_service.domain.mechanisms.mechanism import Mechanism, no_items_over_rules
from settlement_service.domain.mechanisms.unit_price import UNIT_PRICE
from settlement_service.domain.settling.settle import settle

from ..books import Books
from ..builders import YEAR, a_claim, activated

SHAPES: tuple[type[Any], ...] = get_args(get_args(PaymentRule)[0])
QUESTIONS = [question.name for question in fields(Mechanism)]


def test_both_tables_have_the_rows_of_the_union() -> None:
    """A shape that one of them lacks would be drafted and never paid, or shown without what hides its count."""
    open_ = [f"{shape.__name__}: {name}" for shape in SHAPES if shape not in table.MECHANISMS for name in QUESTIONS]
    assert not open_, "\n".join(open_)
    assert tuple(table.MECHANISMS) == tuple(core_table.MECHANISMS) == SHAPES
    assert all(row.shape is shape for shape, row in table.MECHANISMS.items())


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
