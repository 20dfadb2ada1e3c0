"""Tests: what is promised to others, as it is now, and where it is kept: docs/api."""

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from services.events import CATALOGUE
from services.kit.app import openapi_of
from services.kit.doors import shapes

from .breaking import breaking_events, breaking_interface

REPOSITORY = Path(__file__).parents[2]
API = REPOSITORY / "docs" / "api"
SERVICES = ("contracts-service", "outcomes-service", "settlement-service")
EVENTS = API / "events.json"


def interface_of(service: str) -> dict[str, Any]:
    """The OpenAPI document of one service."""
    document: dict[str, Any] = openapi_of(importlib.import_module(f"{service.replace('-', '_')}.app").ABOUT)
    return document


def events() -> dict[str, Any]:
    """The JSON Schema of every fact, by its type, with topic and source."""
    return {
        row.type: {"topic": row.topic, "source": row.source, "schema": shapes.schema(row.shape)}
        for row in sorted(CATALOGUE.values(), key=lambda row: row.type)
    }


Breaking = Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[str]]


def promised() -> Iterator[tuple[Path, dict[str, Any], Breaking]]:
    """Each file of docs/api, what would stand in it now, and how to tell what a change breaks."""
    for service in SERVICES:
        yield API / f"{service}.json", interface_of(service), breaking_interface
    yield EVENTS, events(), breaking_events


def text_of(document: Mapping[str, Any]) -> str:
    """A snapshot as it is kept."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
