"""Tests: what breaks a client or a reader is found, and what only adds is let through."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from .breaking import breaking_events, breaking_interface

Change = Callable[[Any], object]

THING = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["a", "b"]},
        "name": {"type": "string", "maxLength": 10},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "size": {"type": "string", "const": "small"},
        "part": {"$ref": "#/schemas/Part"},
        "shape": {"oneOf": [{"$ref": "#/schemas/Part"}, {"$ref": "#/schemas/Whole"}]},
    },
    "required": ["kind", "name"],
}
OLD: dict[str, Any] = {
    "paths": {
        "/things": {
            "get": {"responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/schemas/Thing"}}}}}},
            "post": {
                "parameters": [{"in": "header", "name": "If-Match", "required": False, "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/schemas/NewThing"}}}},
                "responses": {"201": {}},
            },
        }
    },
    "schemas": {
        "Thing": THING,
        "NewThing": copy.deepcopy(THING),
        "Part": {"title": "Part", "type": "object", "properties": {"of": {"type": "string"}}},
        "Whole": {"title": "Whole", "type": "object", "properties": {}},
    },
}


def changed(change: Change) -> dict[str, Any]:
    document = copy.deepcopy(OLD)
    change(document)
    return document


BREAKS: dict[str, Change] = {
    "a route is gone": lambda new: new["paths"]["/things"].pop("get"),
    "a path is gone": lambda new: new["paths"].pop("/things"),
    "an answer lacks a field": lambda new: new["schemas"]["Thing"]["properties"].pop("name"),
    "an answer may lack a field": lambda new: new["schemas"]["Thing"]["required"].remove("name"),
    "an enum value is gone": lambda new: new["schemas"]["NewThing"]["properties"]["kind"]["enum"].remove("b"),
    "an input is required": lambda new: new["schemas"]["NewThing"]["required"].append("note"),
    "a new input is required": lambda new: (
        new["schemas"]["NewThing"]["properties"].update(more={"type": "string"}),
        new["schemas"]["NewThing"]["required"].append("more"),
    ),
    "an input is gone": lambda new: new["schemas"]["NewThing"]["properties"].pop("note"),
    "an input is shorter": lambda new: new["schemas"]["NewThing"]["properties"]["name"].update(maxLength=5),
    "an input has a pattern": lambda new: new["schemas"]["NewThing"]["properties"]["name"].update(pattern="x"),
    "a type is another": lambda new: new["schemas"]["Thing"]["properties"]["name"].update(type="integer"),
    "an alternative is gone": lambda new: new["schemas"]["Thing"]["properties"]["note"]["anyOf"].pop(0),
    "a constant is another": lambda new: new["schemas"]["Thing"]["properties"]["size"].update(const="large"),
    "one of several shapes is gone": lambda new: new["schemas"]["NewThing"]["properties"]["shape"]["oneOf"].pop(),
    "a shape among others has less": lambda new: new["schemas"]["Part"]["properties"].pop("of"),
    "a header is required": lambda new: new["paths"]["/things"]["post"]["parameters"][0].update(required=True),
    "a status is another": lambda new: new["paths"]["/things"]["post"].update(responses={"200": {}}),
    "a format is gone": lambda new: new["paths"]["/things"]["get"]["responses"]["200"].update(content={}),
}
ADDS: dict[str, Change] = {
    "nothing": lambda new: None,
    "a route": lambda new: new["paths"].update({"/others": {"get": {"responses": {}}}}),
    "a field of an answer": lambda new: new["schemas"]["Thing"]["properties"].update(more={"type": "string"}),
    "an input that may be left out": lambda new: new["schemas"]["NewThing"]["properties"].update(more={}),
    "a value of an enum": lambda new: new["schemas"]["NewThing"]["properties"]["kind"]["enum"].append("c"),
    "a constant is one of several values": lambda new: new["schemas"]["NewThing"]["properties"].update(
        size={"type": "string", "enum": ["small", "large"]}
    ),
    "a shape is one of several": lambda new: new["schemas"]["NewThing"]["properties"].update(
        part={"oneOf": [{"$ref": "#/schemas/Part"}, {"$ref": "#/schemas/Whole"}]}
    ),
    "a longer input": lambda new: new["schemas"]["NewThing"]["properties"]["name"].update(maxLength=20),
    "an input that needs less": lambda new: new["schemas"]["NewThing"]["required"].remove("name"),
    "words": lambda new: new["schemas"]["Thing"].update(description="A thing."),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_breaks_a_client_is_found(name: str) -> None:
    assert list(breaking_interface(OLD, changed(BREAKS[name])))


@pytest.mark.parametrize("name", ADDS)
def test_what_only_adds_is_let_through(name: str) -> None:
    assert list(breaking_interface(OLD, changed(ADDS[name]))) == []


def test_an_event_that_is_gone_or_says_less_is_found() -> None:
    schema = {**THING, "schemas": OLD["schemas"]}
    old = {"x.v1": {"topic": "t", "source": "s", "schema": schema}}
    less = copy.deepcopy(old)
    less["x.v1"]["schema"]["properties"].pop("name")  # type: ignore[index]
    assert list(breaking_events(old, old)) == []
    assert list(breaking_events(old, {}))
    assert list(breaking_events(old, less))
    assert list(breaking_events(old, {"x.v1": {"topic": "other", "source": "s", "schema": schema}}))
