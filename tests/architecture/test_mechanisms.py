"""Tests: which mechanism a rule is of is asked in `mechanisms/` alone: everybody else asks its row."""

import ast
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, get_args

import pytest

from services.core.terms.rules import PaymentRule

from .source import DISTRIBUTIONS, listed, modules_of

SHAPES: tuple[type[Any], ...] = get_args(get_args(PaymentRule)[0])
NAMES = frozenset(shape.__name__ for shape in SHAPES)
KINDS = frozenset(kind for shape in SHAPES for kind in get_args(shape.__annotations__["kind"]))
ASKED_ALONE_IN = "mechanisms"


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_nobody_asks_for_a_kind_outside_mechanisms(distribution: str) -> None:
    """Made by a seventh mechanism that was drafted, and settled at 0 without a reason: 59 places asked for a rule's
    kind, and what none of them named fell through."""
    findings = [
        f"{module.name}:{line} asks which mechanism a rule is of ({what}); ask the row: mechanism_of(rule)"
        for module in modules_of(distribution)
        if ASKED_ALONE_IN not in PurePath(module.name).parts
        for line, what in asking(module.tree)
    ]
    assert not findings, listed(findings)


def asking(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Lines on which a module asks for the mechanism of a rule, with how it does: by isinstance, by a case, or by
    comparing a shape or a kind's word."""
    shapes = _shapes(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in ("isinstance", "issubclass"):
            asked = any(_names_shape(argument, shapes) for argument in node.args[1:])
        elif isinstance(node, ast.MatchClass):
            asked = _names_shape(node.cls, shapes)
        elif isinstance(node, ast.MatchValue):
            asked = _names_shape(node.value, shapes) or _says_kind(node.value)
        elif isinstance(node, ast.Compare):
            sides = (node.left, *node.comparators)
            asked = any(_names_shape(side, shapes) or _says_kind(side) for side in sides)
        elif isinstance(node, ast.Dict):
            asked = any(key is not None and (_names_shape(key, shapes) or _says_kind(key)) for key in node.keys)
        else:
            continue
        if asked:
            yield getattr(node, "lineno", 0), ast.unparse(node).partition("\n")[0]


def _shapes(tree: ast.Module) -> frozenset[str]:
    """What shapes are called in a module: their own names, what they were imported as, and unions made of them."""
    names = set(NAMES)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names.update(alias.asname for alias in node.names if alias.name in NAMES and alias.asname)
        elif isinstance(node, ast.Assign) and _names_shape(node.value, frozenset(names)):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return frozenset(names)


def _names_shape(node: ast.expr, shapes: frozenset[str]) -> bool:
    """Whether an expression is a shape, or a union or tuple with one in it."""
    if isinstance(node, ast.BinOp):
        return _names_shape(node.left, shapes) or _names_shape(node.right, shapes)
    if isinstance(node, ast.Tuple | ast.Set | ast.List):
        return any(_names_shape(each, shapes) for each in node.elts)
    return _name(node) in shapes


def _says_kind(node: ast.expr) -> bool:
    """Whether an expression is the word of a kind, or a collection with one in it."""
    if isinstance(node, ast.Tuple | ast.Set | ast.List):
        return any(_says_kind(each) for each in node.elts)
    return isinstance(node, ast.Constant) and node.value in KINDS


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


@pytest.mark.parametrize(
    "source",
    [
        "isinstance(rule, UnitPrice)",
        "isinstance(rule.definition, Gate | SavingsShare)",
        "isinstance(rule, (Threshold, Milestone))",
        "from services.core.terms.mechanisms.bands import Bands as Steps\nisinstance(rule, Steps)",
        "WHOLE = Gate | ServiceFee\nisinstance(rule, WHOLE)",
        "isinstance(rule, gate.Gate)",
        "type(rule) is Bands",
        "rule.kind == 'unit_price'",
        "rule.kind not in ('gate', 'service_fee')",
        "match rule:\n    case UnitPrice() | Milestone():\n        pass",
        "match rule.kind:\n    case 'milestone':\n        pass",
        "{UnitPrice: 1}[type(rule)]",
        "{'savings_share': 1}.get(rule.kind, 0)",
    ],
)
def test_each_way_to_ask_is_found(source: str) -> None:
    """Kept from the start, against a way to ask that is not looked for, and so stays."""
    assert list(asking(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "isinstance(window, GrantWindow)",
        "cap.kind == 'rule'",
        "UnitPrice(kind='unit_price', code='a')",
        "rule.kind != was.kind",
        "def of(rule: UnitPrice | Bands) -> None: ...",
    ],
)
def test_nothing_else_is_found(source: str) -> None:
    """Kept from the start, against a rule that refuses what is right, as that is soon switched off."""
    assert not list(asking(ast.parse(source)))
