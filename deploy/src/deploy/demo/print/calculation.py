"""Deploy: the calculation of an item as indented lines, one a step."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

INDENT = "  "
QUALIFIERS = ("name", "what", "metric", "arm", "component", "occurrence")
"""The fields that qualify a step, in the order in which they are printed."""


def lines_of(node: Mapping[str, Any]) -> Iterator[str]:
    """One line a step, above the steps that it rests on. A step that was printed before is not unfolded again."""
    yield from _lines(node, 0, set())


def _lines(node: Mapping[str, Any], depth: int, seen: set[str]) -> Iterator[str]:
    operands = node.get("of") or ()
    text = json.dumps(node, sort_keys=True)
    line = INDENT * depth + _line(node)
    if operands and text in seen:
        yield f"{line} (as above)"
        return
    yield line
    seen.add(text)
    for operand in operands:
        yield from _lines(operand, depth + 1, seen)


def _line(node: Mapping[str, Any]) -> str:
    qualifiers = [str(node[name]) for name in QUALIFIERS if node.get(name) is not None]
    inner = ", ".join([*qualifiers, *_claims(node)])
    operation = str(node.get("op", "")).replace("_", " ") + (f" ({inner})" if inner else "")
    currency = f" {node['currency']}" if "currency" in node else ""
    return operation if node.get("value") is None else f"{operation} = {_value(node['value'])}{currency}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _claims(node: Mapping[str, Any]) -> Iterator[str]:
    claims: Sequence[str] = node.get("claims") or []
    if len(claims) == 1:
        yield f"claim {claims[0]}"
    elif claims:
        yield f"{len(claims)} claims"
