"""Domain: a figure with its working: a tree that a caseworker can read and a program can check."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import isqrt, prod
from types import MappingProxyType
from typing import Any, TypeAlias

from services.core.terms.figures import compare, rounded
from services.core.terms.measures import Rounding

Value: TypeAlias = Fraction | bool | None
"""A number, a truth, or (None) not yet measured."""
ROOT_PLACES = 12
"""Decimals of a square root."""


@dataclass(frozen=True, slots=True)
class Node:
    """One step: the operation `op` applied to the values of the operands `of` gives `value`. Leaves are `claim`,
    `claims`, `enrolled` and `term`. `about` says what a leaf stands for, and what an operation needs beside operands.
    Trees are kept and hashed as `packed` writes them: names of operations and keys never change."""

    op: str
    value: Value
    of: tuple["Node", ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> Fraction:
        """The value of a figure that was measured."""
        assert isinstance(self.value, Fraction)
        return self.value


def leaf(op: str, value: Value, **about: Any) -> Node:
    """A figure that is not computed but stands in a claim, in the terms, or is counted."""
    return Node(op, value, (), about)


def term(name: str, value: Fraction | int, **about: Any) -> Node:
    """A figure of the terms, by its name there."""
    return leaf("term", Fraction(value), name=name, **about)


def not_measured(operands: Iterable[Node] = (), **about: Any) -> Node:
    """A figure that cannot be computed yet, with those of its operands that are there."""
    return Node("not_yet_measured", None, tuple(operands), about)


def computed(op: str, *operands: Node, **about: Any) -> Node:
    """The operation, carried out. What rests on something not yet measured is not measured either."""
    return Node(op, applied(op, [node.value for node in operands], about), operands, about)


def applied(op: str, values: list[Value], about: Mapping[str, Any]) -> Value:
    """The value of an operation over values."""
    if op in _LOGIC:
        return _LOGIC[op](values)
    if op == "not_due":
        return Fraction(0)
    if op == "if_true":
        return values[1] if values[0] is True else None
    if any(value is None for value in values):
        return None
    return _OPERATIONS[op]([Fraction(value) for value in values if value is not None], about)


def holds_together(node: Node) -> bool:
    """Whether every step of a tree gives its value, the leaves taken as they are."""
    if not node.of or node.op == "not_yet_measured":
        return True
    value = applied(node.op, [operand.value for operand in node.of], node.about)
    return value == node.value and all(map(holds_together, node.of))


def leaves_of(node: Node) -> Iterable[Node]:
    """The leaves below a node, left to right."""
    if not node.of:
        yield node
    for operand in node.of:
        yield from leaves_of(operand)


def packed(node: Node) -> dict[str, Any]:
    """The tree as plain JSON values: numbers as exact fractions."""
    value = node.value if node.value is None or isinstance(node.value, bool) else str(node.value)
    document: dict[str, Any] = {"op": node.op, "value": value}
    if node.about:
        document["about"] = dict(node.about)
    if node.of:
        document["of"] = [packed(operand) for operand in node.of]
    return document


def unpacked(document: Mapping[str, Any]) -> Node:
    """The tree that was `packed`."""
    value = document["value"]
    return Node(
        op=document["op"],
        value=Fraction(value) if isinstance(value, str) else value,
        of=tuple(map(unpacked, document.get("of", ()))),
        about=document.get("about", {}),
    )


def root(value: Fraction) -> Fraction:
    """The square root, to ROOT_PLACES decimals, rounded down: the same on every machine."""
    return Fraction(isqrt((value * 10 ** (2 * ROOT_PLACES)).__floor__()), 10**ROOT_PLACES)


def _product(values: list[Fraction], about: Mapping[str, Any]) -> Fraction:
    return prod(values, start=Fraction(1))


def _quotient(values: list[Fraction], about: Mapping[str, Any]) -> Value:
    return values[0] / values[1] if values[1] else None


def _all_of(values: list[Value]) -> Value:
    if any(value is False for value in values):
        return False
    return None if any(value is None for value in values) else True


def _any_of(values: list[Value]) -> Value:
    if any(value is True for value in values):
        return True
    return None if any(value is None for value in values) else False


def _number(about: Mapping[str, Any], name: str) -> Fraction | None:
    return None if about.get(name) is None else Fraction(about[name])


def _within(values: list[Fraction], about: Mapping[str, Any]) -> Value:
    """The second value, if the first lies in `[from, to)`; else not measured, for the next band to say."""
    start, end = _number(about, "from"), _number(about, "to")
    inside = (start is None or start <= values[0]) and (end is None or values[0] < end)
    return values[1] if inside else None


def _part_of_band(values: list[Fraction], about: Mapping[str, Any]) -> Fraction:
    """How much of the way from the origin to the value lies in the band `[from, to)`. From 12 to 14 that is 2 in
    [10, 20). From 12 down to 8 it is -2 in [10, 20) and -2 in [0, 10)."""
    start, end = _number(about, "from"), _number(about, "to")

    def inside(value: Fraction) -> Fraction:
        value = value if start is None else max(value, start)
        return value if end is None else min(value, end)

    return inside(values[0]) - inside(Fraction(about["origin"]))


def _interpolated(values: list[Fraction], about: Mapping[str, Any]) -> Fraction:
    """Linear between the two points that the value lies between, level outside all of them. Between 0.30 with 100 and
    0.40 with 300, 0.35 gives 100 + 200 x 0.05 / 0.10 = 200."""
    points = [(Fraction(point["value"]), Fraction(point["amount"])) for point in about["points"]]
    value = values[0]
    if value <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in pairwise(points):
        if value <= right:
            return low + (high - low) * (value - left) / (right - left)
    return points[-1][1]


_LOGIC: Mapping[str, Callable[[list[Value]], Value]] = MappingProxyType({"all_of": _all_of, "any_of": _any_of})
_OPERATIONS: Mapping[str, Callable[[list[Fraction], Mapping[str, Any]], Value]] = MappingProxyType(
    {
        "sum": lambda values, about: sum(values, Fraction(0)),
        "difference": lambda values, about: values[0] - sum(values[1:], Fraction(0)),
        "product": _product,
        "quotient": _quotient,
        "root_of_squares": lambda values, about: root(sum((value * value for value in values), Fraction(0))),
        "least": lambda values, about: min(values),
        "greatest": lambda values, about: max(values),
        "within": _within,
        "part_of_band": _part_of_band,
        "interpolated": _interpolated,
        "rounded": lambda values, about: rounded(values[0], Rounding(mode=about["mode"], places=about["places"])),
        "compare": lambda values, about: compare(values[0], about["comparator"], values[1]),
    }
)
