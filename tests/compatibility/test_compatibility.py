"""Tests: what was promised to others is kept: a change that breaks them fails, one that adds needs new snapshots."""

import json

import pytest

from deploy.snapshots import OPENAPI, openapi

from .snapshots import SERVICES, events, interface_of, promised, text_of

FILES = [f"{service}.json" for service in SERVICES] + ["events.json"]


@pytest.mark.parametrize("name", FILES)
def test_nothing_that_was_promised_is_broken(name: str) -> None:
    file, document, breaking = next(row for row in promised() if row[0].name == name)
    changes = list(breaking(json.loads(file.read_text()), document))
    assert not changes, "\n".join(["", *changes])


@pytest.mark.parametrize("name", FILES)
def test_snapshots_are_up_to_date(name: str) -> None:
    file, document, _ = next(row for row in promised() if row[0].name == name)
    assert file.read_text() == text_of(document), "something was added: run `make snapshots`"


def test_the_gateway_serves_the_merged_document() -> None:
    assert OPENAPI.read_text() == openapi(), "run `make snapshots`"


def test_every_snapshot_is_of_something() -> None:
    assert all(interface_of(service)["paths"] for service in SERVICES)
    assert events()
