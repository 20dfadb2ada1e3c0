"""Door: how the documents of services become one."""

from typing import Any

import pytest

from gateway.api.openapi import NotAsDeclared, merge
from gateway.policy import Operation

ROWS = (
    Operation("get_thing", "GET", "/v1/things/{id}", ("read",), "a-service"),
    Operation("change_thing", "PUT", "/v1/things/{id}", ("draft", "sign"), "a-service"),
    Operation("list_parts", "GET", "/v1/things/{id}/parts", ("read",), "b-service"),
)
REFERENCE = "#/components/schemas/"


def an_operation(schema: str, *parameters: str) -> dict[str, Any]:
    return {
        "operationId": "theirs",
        "description": "What it does.",
        "parameters": [{"name": name, "in": "path", "required": True} for name in parameters],
        "responses": {
            "200": {"description": "x", "content": {"application/json": {"schema": {"$ref": REFERENCE + schema}}}},
            "4XX": {"description": "y", "content": {"application/problem+json": {}, "application/json": {}}},
        },
    }


def components(length: int) -> dict[str, Any]:
    thing = {"$ref": REFERENCE + "Name"}
    return {"schemas": {"Problem": {"type": "object"}, "Thing": thing, "Name": {"maxLength": length}}}


def documents() -> dict[str, dict[str, Any]]:
    thing = an_operation("Thing", "thing_id")
    return {
        "a-service": {
            "paths": {"/v1/things/{thing_id}": {"get": thing, "put": thing}},
            "components": components(length=5),
        },
        "b-service": {
            "paths": {"/v1/things/{of}/parts": {"get": an_operation("Thing", "of")}},
            "components": components(length=9),
        },
    }


def test_operations_stand_in_the_order_and_by_the_names_of_the_table() -> None:
    merged = merge(documents(), ROWS)
    operations = [
        (path, method, operation["operationId"])
        for path, methods in merged["paths"].items()
        for method, operation in methods.items()
    ]
    assert operations == [
        ("/v1/things/{id}", "get", "getThing"),
        ("/v1/things/{id}", "put", "changeThing"),
        ("/v1/things/{id}/parts", "get", "listParts"),
    ]
    assert merged["paths"]["/v1/things/{id}"]["get"]["parameters"] == [{"name": "id", "in": "path", "required": True}]


def test_each_operation_names_its_permissions_and_needs_a_token() -> None:
    merged = merge(documents(), ROWS)
    change = merged["paths"]["/v1/things/{id}"]["put"]
    assert change["x-permissions"] == ["draft", "sign"]
    assert change["description"].startswith("What it does.")
    assert "`draft` or `sign`" in change["description"]
    assert merged["security"] == [{"token": []}]
    assert merged["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_a_refusal_is_a_problem_document_and_nothing_else() -> None:
    answer = merge(documents(), ROWS)["paths"]["/v1/things/{id}"]["get"]["responses"]["4XX"]
    assert answer["content"] == {"application/problem+json": {"schema": {"$ref": REFERENCE + "Problem"}}}
    assert set(answer["headers"]) == {"X-Correlation-Id", "API-Version"}


def test_what_has_one_name_and_two_meanings_gets_two_names() -> None:
    merged = merge(documents(), ROWS)
    schemas = merged["components"]["schemas"]
    assert set(schemas) == {"Problem", "AThing", "BThing", "AName", "BName"}
    assert schemas["BThing"] == {"$ref": REFERENCE + "BName"}
    parts = merged["paths"]["/v1/things/{id}/parts"]["get"]["responses"]["200"]["content"]
    assert parts["application/json"]["schema"] == {"$ref": REFERENCE + "BThing"}


def test_what_stands_in_one_place_only_is_a_fault_that_names_it() -> None:
    more = Operation("list_things", "GET", "/v1/things", ("read",), "a-service")
    with pytest.raises(NotAsDeclared, match="GET /v1/things: in the table, not served"):
        merge(documents(), (*ROWS, more))
    with pytest.raises(NotAsDeclared, match=r"PUT /v1/things/{}: served, not in the table"):
        merge(documents(), (ROWS[0], ROWS[2]))
