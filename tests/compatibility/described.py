"""Tests: which operations, fields and words that OpenAPI describes stand in answers, and which do not."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from .asking import Kept
from .breaking import Document, Schema, alternatives_of, listed

JSON = ("application/json", "application/problem+json")


def unanswered(document: Document, answers: Iterable[Kept]) -> list[str]:
    """Operations that no answer is a success of; fields, and words of a list of fixed texts, that stand in none."""
    operations = [
        (method, path, operation) for path, all_ in document["paths"].items() for method, operation in all_.items()
    ]
    wanted = {f"{method} {path}" for method, path, _ in operations}
    for _, _, operation in operations:
        for schema in _schemas(operation):
            wanted |= {*_described(document, schema, "")}
    for kept in answers:
        for method, path, operation in operations:
            if method == kept.method.lower() and _matches(path, kept.path):
                wanted -= {*_told(document, operation, kept, f"{method} {path}")}
    return sorted(wanted)


def _matches(path: str, asked: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), asked.partition("?")[0]) is not None


def _schemas(operation: Document) -> Iterator[Schema]:
    for answer in operation["responses"].values():
        yield from (content["schema"] for content in answer.get("content", {}).values() if "schema" in content)


def _told(document: Document, operation: Document, kept: Kept, name: str) -> Iterator[str]:
    """What an answer to this operation has of what is described."""
    status = kept.answer.status_code
    if status < 300:
        yield name
    described = operation["responses"].get(str(status), operation["responses"].get(f"{status // 100}XX", {}))
    for schema in _schemas({"responses": {"": described}}):
        if kept.answer.headers["content-type"] in JSON:
            yield from _standing(document, schema, json.loads(kept.answer.content), "")


def _described(document: Document, schema: Schema, at: str) -> Iterator[str]:
    """`<shape>.<field>` of each field of a schema, and `<field> = <word>` of each word that fields of that name say."""
    for alternative in alternatives_of(document, schema):
        yield from (f"{_field(at)} = {word}" for word in listed(alternative) or ())
        for name, child in _children(alternative, at):
            if name != at:
                yield name
            yield from _described(document, child, name)


def _standing(document: Document, schema: Schema, value: Any, at: str) -> Iterator[str]:
    """As `_described`: those that stand in a value of that schema."""
    for alternative in alternatives_of(document, schema):
        if isinstance(value, str) and value in (listed(alternative) or ()):
            yield f"{_field(at)} = {value}"
        for name, child in _children(alternative, at):
            for below in _below(value, _field(name) if name != at else None):
                if name != at:
                    yield name
                yield from _standing(document, child, below, name)


def _field(at: str) -> str:
    return at.rpartition(".")[2]


def _children(schema: Schema, at: str) -> Iterator[tuple[str, Schema]]:
    """The fields of an object, by its title; what is in a list or a mapping stands where that stands."""
    yield from ((f"{schema['title']}.{name}", child) for name, child in schema.get("properties", {}).items())
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield at, schema[name]


def _below(value: Any, field: str | None) -> list[Any]:
    """What stands in that field; without one, all that is in a list or a mapping."""
    if field is not None:
        return [value[field]] if isinstance(value, dict) and field in value else []
    return [*value.values()] if isinstance(value, dict) else [*value] if isinstance(value, list) else []
