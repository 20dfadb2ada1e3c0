"""Tests: the table of mechanisms: a row for each shape in the union, and an answer in it to every question."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin

import pytest

from services.core.terms.checks import check_terms
from services.core.terms.mechanisms import mechanism, table
from services.core.terms.mechanisms.mechanism import AnyRule, Mechanism
from services.core.terms.mechanisms.table import MECHANISMS, MechanismMissing
from services.core.terms.mechanisms.unit_price import UNIT_PRICE, UnitPrice
from services.core.terms.model import Agreement
from services.core.terms.naming import (
    all_measures,
    components_on,
    measured_over_components,
    metrics_looked_at,
    named_metrics,
)
from services.core.terms.payment import Payment
from services.core.terms.rules import PaymentRule
from services.kit.doors import shapes

from ..builders import a_rule, a_threshold, an_agreement, changed, money, rules

SHAPES: tuple[type[Any], ...] = get_args(get_args(PaymentRule)[0])
QUESTIONS = [question.name for question in fields(Mechanism)]
HEADER = {"kind", "code", "payee", "nature", "vat", "when", "split", "posting"}


def test_the_table_has_the_rows_of_the_union() -> None:
    """A shape without a row would be drafted, and nobody would know what it pays for."""
    assert not open_in(MECHANISMS), "\n".join(open_in(MECHANISMS))
    assert tuple(MECHANISMS) == SHAPES
    assert all(row.shape is shape for shape, row in MECHANISMS.items())


def open_in(rows: Mapping[type[Any], Mechanism[Any]]) -> list[str]:
    """Each open question of each shape of the union that has no row."""
    return [f"{shape.__name__}: {question} is open" for shape in SHAPES if shape not in rows for question in QUESTIONS]


def test_a_failure_names_each_open_question() -> None:
    rows = {shape: row for shape, row in MECHANISMS.items() if shape is not UnitPrice}
    assert open_in(rows) == [f"UnitPrice: {question} is open" for question in QUESTIONS]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_row_that_leaves_a_question_open_is_not_accepted(question: str) -> None:
    (field,) = (field for field in fields(Mechanism) if field.name == question)
    assert (field.default, field.default_factory) == (MISSING, MISSING)
    answers = {name: getattr(UNIT_PRICE, name) for name in QUESTIONS if name != question}
    with pytest.raises(TypeError, match=question):
        Mechanism(**answers)


def test_every_question_says_what_is_asked() -> None:
    tree = ast.parse(inspect.getsource(mechanism))
    (row,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Mechanism")
    asked = [node.target.id for node, said in _pairs(row) if isinstance(node.target, ast.Name) and said.endswith(".")]
    assert asked == QUESTIONS


def _pairs(row: ast.ClassDef) -> Iterator[tuple[ast.AnnAssign, str]]:
    for node, after in zip(row.body, row.body[1:], strict=False):
        if isinstance(node, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            yield node, str(after.value.value)


@pytest.mark.parametrize("shape", MECHANISMS)
def test_every_shape_has_what_every_rule_has(shape: type[Any]) -> None:
    by_name = {field.name: field for field in fields(shape)}
    assert set(by_name) >= HEADER
    assert get_origin(by_name["kind"].type) is Literal
    for name in ("code", "payee", "nature", "vat"):
        assert by_name[name].default is MISSING, f"{shape.__name__}.{name} may be left out"


def test_the_types_ask_for_what_every_rule_has() -> None:
    assert {name for name, member in vars(AnyRule).items() if isinstance(member, property)} == HEADER


def test_kinds_are_told_apart() -> None:
    kinds = [get_args(field.type) for shape in SHAPES for field in fields(shape) if field.name == "kind"]
    assert len(set(kinds)) == len(kinds) == len(SHAPES)
    assert all(len(kind) == 1 for kind in kinds)


def test_who_has_no_row_is_refused_with_all_that_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    agreement = shapes.read(Agreement, an_agreement())
    check_terms(agreement)
    rows = {shape: row for shape, row in MECHANISMS.items() if shape is not UnitPrice}
    monkeypatch.setattr(table, "MECHANISMS", MappingProxyType(rows))
    for ask in (check_terms, lambda said: named_metrics(said.payment), lambda said: metrics_looked_at(said.payment)):
        with pytest.raises(MechanismMissing) as refused:
            ask(agreement)
        wanted = f"UnitPrice has no row of services.core.terms.mechanisms.mechanism: open are {', '.join(QUESTIONS)}."
        assert str(refused.value) == wanted


@dataclass(frozen=True)
class NotARule:
    """A shape that no row is of, told from a unit price by nothing but its class."""

    kind: str = "unit_price"
    when: None = None


def test_a_row_is_found_by_the_shape_and_not_by_its_word() -> None:
    with pytest.raises(MechanismMissing, match="NotARule"):
        table.mechanism_of(NotARule())  # type: ignore[arg-type]


ANSWERS = {
    "placed": ({"employed"}, (), True, {"metric": "employed"}),
    "share": ({"employed"}, ("share",), False, {"measure/metric": "employed", "per": "contract"}),
    "score": ({"wellbeing"}, ("mean",), True, {"measure/metric": "wellbeing", "per": "subject"}),
    "fewer": ({"offences"}, ("difference",), False, {"measure/metric": "offences", "per": "contract"}),
    "effect": ({"employed", "wellbeing", "offences"}, ("relative_change", "count", "lower_bound"), False, {}),
    "saved": ({"spending"}, (), False, {}),
    "rest": ({"spending"}, (), False, {}),
    "ready": ({"plan"}, (), True, {"metric": "plan"}),
    "fee": ({"plan"}, (), False, {}),
    "villages": ({"village"}, (), True, {"metric": "village"}),
}


@pytest.mark.parametrize("rule", shapes.read(Agreement, an_agreement()).payment.rules, ids=lambda rule: rule.code)
def test_each_row_answers_for_its_rules(rule: PaymentRule) -> None:
    paid, bases, by_subject, kept = ANSWERS[rule.code]
    row = table.mechanism_of(rule)
    assert row.paid_metrics(rule) == table.paid_metrics(rule) == paid
    assert tuple(measure.basis for measure in row.measures(rule)) == bases
    assert [component.code for component in row.components(rule)] == (["benefits"] if paid == {"spending"} else [])
    assert row.pays_each_subject(rule) == table.pays_each_subject(rule) == by_subject
    assert row.kept_by_amendment(rule) == kept


def test_every_rule_of_the_builder_is_asked() -> None:
    assert set(ANSWERS) == {rule["code"] for rule in rules()}


def _payment(**changes: Any) -> Payment:
    return shapes.read(Agreement, changed(changes)).payment


class TestAPaymentPart:
    def test_names_the_metrics_of_rules_conditions_denominators_and_the_retention(self) -> None:
        only = {"/payment/rules": [a_rule("unit_price", "v", metric="village", prices=[{"price": money("1.00")}])]}
        named = {"village", "employed"}
        assert named_metrics(_payment(**only)) == named
        whole = a_threshold("employed", "share", "ge", "0.5", denominator={"kind": "verified_count", "metric": "plan"})
        assert named_metrics(_payment(**only, **{"/payment/rules/0/when": whole})) == named | {"plan"}

    def test_looks_at_what_is_not_paid_by_subject_and_at_conditions(self) -> None:
        looked_at = metrics_looked_at(_payment())
        assert {"employed", "moved", "offences", "spending", "plan"} <= looked_at
        assert "village" not in looked_at

    def test_tells_purses_of_a_metric_by_code(self) -> None:
        payment = _payment()
        assert list(components_on(payment, "spending")) == ["benefits"]
        assert components_on(payment, "employed") == {}
        assert "spending" not in measured_over_components(payment)
        assert {"employed", "village", "offences", "plan"} <= measured_over_components(payment)

    def test_has_each_measure_of_a_condition_once(self) -> None:
        of_conditions = [measure for measure in all_measures(_payment()) if measure.cohorts == ("first", "second")]
        assert len(of_conditions) == 1
