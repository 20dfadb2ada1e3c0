"""Kit: which fields are allowed at a place of a document, for who sent one that there is not."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from services.core.values import KIND_MARK

MOST_NAMED = 40
"""So many fields are named at most; no shape of ours has as many."""


def fields_at(shape: Any, place: Sequence[int | str]) -> tuple[str, ...]:
    """The names of the fields of the object at a place, as pydantic tells it, in the order in which they are declared;
    none where that cannot be said."""
    whole = _schema(shape)
    schemas = _plain(whole, whole)
    for step in place:
        schemas = [inner for schema in schemas for inner in _plain(whole, *_below(schema, step))]
    names = dict.fromkeys(name for schema in schemas for name in schema.get("properties", ()))
    return tuple(names)[:MOST_NAMED]


@cache
def _schema(shape: Any) -> Mapping[str, Any]:
    return TypeAdapter(shape).json_schema(by_alias=True)


def _plain(whole: Mapping[str, Any], *parts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schemas themselves, behind references and choices."""
    plain: list[Mapping[str, Any]] = []
    for part in parts:
        if "$ref" in part:
            plain += _plain(whole, whole["$defs"][part["$ref"].rpartition("/")[2]])
        elif choices := part.get("oneOf") or part.get("anyOf"):
            plain += _plain(whole, *choices)
        else:
            plain.append(part)
    return plain


def _below(part: Mapping[str, Any], step: int | str) -> Iterator[Mapping[str, Any]]:
    """What stands at a step: a place in a list, a field, or the kind of object that it is."""
    if isinstance(step, int):
        yield from [part["items"]] if isinstance(part.get("items"), dict) else []
    elif step.startswith(KIND_MARK):
        yield from [part] if _is_kind(part, step.removeprefix(KIND_MARK)) else []
    elif step in part.get("properties", {}):
        yield part["properties"][step]
    elif isinstance(part.get("additionalProperties"), dict):
        yield part["additionalProperties"]


def _is_kind(part: Mapping[str, Any], kind: str) -> bool:
    """Whether the first field of an object, by which kinds differ, may say that."""
    first: Mapping[str, Any] = next(iter(part.get("properties", {}).values()), {})
    return kind == first.get("const") or kind in first.get("enum", ())
