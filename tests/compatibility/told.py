"""Tests: what is told to other services: one record of each kind of event, as it stands on the bus."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.events import CATALOGUE
from services.events.envelope import Envelope
from services.kit.bus.binary import outgoing
from services.kit.doors import shapes

from .signed import CONTRACT, VERSIONS

EVENTS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "inputs" / "events.json").read_text())
"""Events of every kind, the activation of a contract and amendments to it aside."""
NOW = datetime(2026, 6, 1, 12, 0, 0, 123456, UTC)


def facts() -> list[Any]:
    """Events of every kind as values, which say every field and every word."""
    bodies = [(event["type"], event["body"]) for event in EVENTS] + [*_in_force()]
    return [shapes.read(CATALOGUE[f"eu.enzym.{noun}.v1"].shape, body) for noun, body in bodies]


def told() -> Iterator[tuple[str, bytes]]:
    """Topic, key, headers and body of each."""
    numbers: Counter[str] = Counter()
    for fact in facts():
        declared = CATALOGUE[type(fact).declaration.type]
        numbers[declared.type] += 1
        envelope = Envelope(
            id=UUID(int=1),
            type=declared.type,
            source=declared.source,
            aggregate=str(getattr(fact, "contract_id", "0184:12345674")),
            sequence=7,
            time=NOW,
            correlation_id=UUID(int=2),
            body=shapes.text(fact),
        )
        record = outgoing(declared.topic, envelope)
        headers = b"".join(f"\n{name}: ".encode() + value for name, value in record.headers)
        raw = b"%s %s%s\n%s" % (record.topic.encode(), record.key, headers, record.value)
        yield f"{declared.type}, {numbers[declared.type]}", raw


def _in_force() -> Iterator[tuple[str, Any]]:
    for number, terms in enumerate(VERSIONS.values(), start=1):
        parties = [{**party, "name": f"Part nr. {place}"} for place, party in enumerate(terms["parties"])]
        frame = {"contractId": str(CONTRACT), "title": "Børn på Ærø", "version": number, "root": "ab" * 32}
        noun = "contract.activated" if number == 1 else "contract.amended"
        yield noun, {**terms, **frame, "parties": parties}
