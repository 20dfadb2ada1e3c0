"""Tests: which mechanism a rule is of is asked in `mechanisms/` alone: everybody else asks its row."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import PurePath
from typing import Any, TypeAlias, get_args

import pytest

from services.core.terms.rules import PaymentRule

from .source import DISTRIBUTIONS, all_modules, listed, modules_of

SHAPES: tuple[type[Any], ...] = get_args(get_args(PaymentRule)[0])
NAMES = frozenset(shape.__name__ for shape in SHAPES)
KINDS = frozenset(kind for shape in SHAPES for kind in get_args(shape.__annotations__["kind"]))
_FIELDS = [frozenset(field.name for field in fields(shape)) for shape in SHAPES]
OF_SOME = frozenset.union(*_FIELDS) - frozenset.intersection(*_FIELDS)
"""The fields that some shapes have, and not all."""
Named: TypeAlias = frozenset[tuple[str, str]]
ASKED_ALONE_IN = "mechanisms"


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_nobody_asks_for_a_kind_outside_mechanisms(distribution: str) -> None:
    """Made by a seventh mechanism that was drafted, and settled at 0 without a reason: 59 places asked for a rule's
    kind, and what none of them named fell through."""
    findings = [
        f"{module.name}:{line} asks which mechanism a rule is of ({what}); ask the row: mechanism_of(rule)"
        for module in modules_of(distribution)
        if ASKED_ALONE_IN not in PurePath(module.name).parts
        for line, what in asking(module.tree, MADE_OF_SHAPES)
    ]
    assert not findings, listed(findings)


def asking(tree: ast.Module, made: Named = frozenset()) -> Iterator[tuple[int, str]]:
    """Lines on which a module asks for the mechanism of a rule, with how it does: by isinstance, by a case, by a shape
    that is compared or is a key, by a field that only some shapes have, or by any word that is a kind. `made` is what
    other modules make of shapes."""
    shapes, allowed = _shapes(tree, made), _allowed_words(tree)
    for node in ast.walk(tree):
        if _asks(node, shapes) or (_says_word(node) and node not in allowed):
            yield getattr(node, "lineno", 0), ast.unparse(node).partition("\n")[0]


def _asks(node: ast.AST, shapes: frozenset[str]) -> bool:
    match node:
        case ast.Call():
            return _asks_by_call(node, shapes)
        case ast.MatchClass(cls=pattern) | ast.MatchValue(value=pattern):
            return _names_shape(pattern, shapes)
        case ast.Compare():
            return any(_names_shape(side, shapes) for side in (node.left, *node.comparators))
        case ast.Dict():
            return any(key is not None and _names_shape(key, shapes) for key in node.keys)
    return False


def _asks_by_call(call: ast.Call, shapes: frozenset[str]) -> bool:
    called, further = _name(call.func), call.args[1:]
    if called in ("isinstance", "issubclass"):
        return any(_names_shape(argument, shapes) for argument in further)
    if called in ("getattr", "hasattr", "attrgetter"):
        asked = call.args if called == "attrgetter" else further[:1]
        return any(isinstance(name, ast.Constant) and name.value in OF_SOME for name in asked)
    return any(keyword.arg in KINDS for keyword in call.keywords if called == "dict")


def _says_word(node: ast.AST) -> bool:
    """Whether it is the word of a kind, or the name of a shape: `rule.__class__.__name__ == "Bands"`."""
    return isinstance(node, ast.Constant) and node.value in KINDS | NAMES


def _allowed_words(tree: ast.Module) -> frozenset[ast.AST]:
    """The words that ask for nothing: that of a rule which is made, `kind=`; and that of a shape which is no rule, in
    the annotation of its own field `kind`."""
    words: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "kind":
            words.add(node.value)
        elif isinstance(node, ast.AnnAssign) and _name(node.target) == "kind" and node.value is None:
            words.update(ast.walk(node.annotation))
    return frozenset(words)


def _shapes(tree: ast.Module, made: Named) -> frozenset[str]:
    """What shapes are called in a module: their own names, what they were imported as, and what is made of them, also
    where it was made in another module: a union, a tuple."""
    names = set(NAMES)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names if _is_shape(node, alias, made))
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if _names_shape(node.value, frozenset(names)):
                names.update(target.id for target in targets if isinstance(target, ast.Name))
    return frozenset(names)


def _is_shape(node: ast.ImportFrom, alias: ast.alias, made: Named) -> bool:
    return alias.name in NAMES or (node.module or "", alias.name) in made


def _names_shape(node: ast.expr, shapes: frozenset[str]) -> bool:
    """Whether an expression is a shape, or a union or tuple with one in it."""
    if isinstance(node, ast.BinOp):
        return _names_shape(node.left, shapes) or _names_shape(node.right, shapes)
    if isinstance(node, ast.Tuple | ast.Set | ast.List):
        return any(_names_shape(each, shapes) for each in node.elts)
    if isinstance(node, ast.Call) and _name(node.func) in ("tuple", "list", "set", "frozenset", "get_args"):
        return any(_names_shape(each, shapes) for each in node.args)
    return _name(node) in shapes


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _made_of_shapes() -> Named:
    """What any module makes of shapes, `mechanisms/` too: by module and name."""
    return frozenset(
        (".".join(PurePath(module.name).with_suffix("").parts[2:]), name)
        for module in all_modules()
        for name in _shapes(module.tree, frozenset()) - NAMES
    )


MADE_OF_SHAPES = _made_of_shapes()


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
        "dict(gate=1).get(rule.kind, 0)",
        "getattr(rule, 'two_sided', False)",
        "hasattr(rule, 'max_units')",
        "operator.attrgetter('two_sided')(rule)",
        "rule.kind.startswith('service_fee')",
        "KINDS = frozenset({'gate'})\nrule.kind in KINDS",
        "WORD: str = 'gate'\nrule.kind == WORD",
        "kind: str = 'gate'\nrule.kind == kind",
        "WHOLE: tuple = (Gate, Bands)\nisinstance(rule, WHOLE)",
        "WHOLE = tuple([Gate, Bands])\nisinstance(rule, WHOLE)",
        "rule.__class__.__name__ == 'Bands'",
        "def of(rule: PaymentRule, kind: str = 'gate') -> None: ...",
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
        "getattr(row, 'payee')",
        "getattr(row, name, 'share')",
        "class ExpectedGate:\n    kind: Literal['gate']",
        "def of(rule: UnitPrice | Bands) -> None: ...",
    ],
)
def test_nothing_else_is_found(source: str) -> None:
    """Kept from the start, against a rule that refuses what is right, as that is soon switched off."""
    assert not list(asking(ast.parse(source)))


def test_what_another_module_makes_of_shapes_is_found() -> None:
    """Made by an isinstance by an imported tuple of shapes, which went through: no shape stood in its module."""
    source = "from services.core.groups import WHOLE as ONCE\nisinstance(rule, ONCE)"
    assert not list(asking(ast.parse(source)))
    assert list(asking(ast.parse(source), frozenset({("services.core.groups", "WHOLE")})))
