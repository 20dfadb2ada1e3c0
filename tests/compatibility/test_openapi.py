"""Tests: what the gateway says of the interface holds together, and is enough for a partner."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from deploy import snapshots
from gateway.policy import OPERATIONS

DOCUMENT: dict[str, Any] = json.loads(snapshots.OPENAPI.read_text())


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document."""
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from nodes(child)
    elif isinstance(node, list):
        for child in node:
            yield from nodes(child)


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    named = {f"#/components/{kind}/{name}" for kind, all_ in DOCUMENT["components"].items() for name in all_}
    used = {node["$ref"] for node in nodes(DOCUMENT) if "$ref" in node}
    assert used <= named
    assert {name for name in named if "/schemas/" in name} <= used


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_is_described_for_a_partner(operation: Any) -> None:
    described = DOCUMENT["paths"][operation.path][operation.method.lower()]
    assert described["x-permissions"] == list(operation.permissions)
    assert described["description"].partition("\n\nPermission: ")[0], "say what it does in the route's docstring"
    in_path = {parameter["name"] for parameter in described.get("parameters", ()) if parameter["in"] == "path"}
    assert in_path == {part[1:-1] for part in operation.path.split("/") if part.startswith("{")}
    assert {"4XX", "5XX"} <= set(described["responses"])
