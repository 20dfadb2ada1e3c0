"""Deploy: the computation behind an item, step by step, as lines that a person can follow."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

INDENT = "  "
ABOUT = ("name", "what", "metric", "arm", "component", "occurrence")
"""What a step may say of itself, in this order."""


def steps_of(node: Mapping[str, Any]) -> Iterator[str]:
    """One line a step, each below what it is for; what was shown above is not shown again."""
    yield from _steps(node, 0, set())


def _steps(node: Mapping[str, Any], depth: int, seen: set[str]) -> Iterator[str]:
    below = node.get("of") or ()
    whole = json.dumps(node, sort_keys=True)
    line = INDENT * depth + _said(node)
    if below and whole in seen:
        yield f"{line} (as above)"
        return
    yield line
    seen.add(whole)
    for one in below:
        yield from _steps(one, depth + 1, seen)


def _said(node: Mapping[str, Any]) -> str:
    about = ", ".join([*(str(node[name]) for name in ABOUT if node.get(name) is not None), *_claims(node)])
    what = str(node.get("op", "")).replace("_", " ") + (f" ({about})" if about else "")
    currency = f" {node['currency']}" if "currency" in node else ""
    return what if node.get("value") is None else f"{what} = {_value(node['value'])}{currency}"


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
