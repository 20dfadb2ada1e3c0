"""Events: what every fact is wrapped in, and how a fact becomes CloudEvents attributes and back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypeVar, dataclass_transform
from uuid import UUID

from services.core.values import value

T = TypeVar("T")
Shape: TypeAlias = type[Any]


@dataclass(frozen=True, slots=True)
class Declaration:
    """One row of the catalogue: the type as said on the wire, who says it, where, and its shape."""

    type: str
    source: str
    topic: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Envelope:
    """One fact as it travels.

    `sequence` counts from 1 without a gap per (source, aggregate); `time` is when it was recorded (UTC);
    `body` is the exact JSON text of the fact. The aggregate is the contract id, or the organisation id
    for `organisation.*`.
    """

    id: UUID
    type: str
    source: str
    aggregate: str
    sequence: int
    time: datetime
    correlation_id: UUID
    body: bytes


@dataclass(frozen=True, slots=True)
class Producer:
    """A service that says facts, and the topic it says them on."""

    service: str
    topic: str


@dataclass_transform(frozen_default=True, kw_only_default=True)
def fact(by: Producer, noun_and_participle: str) -> Callable[[type[T]], type[T]]:
    """Makes the class below it a value, and declares it under its type: `contract.signed` is
    `eu.enzym.contract.signed.v1` on the wire."""

    def declare(cls: type[T]) -> type[T]:
        shape = value(cls)
        declaration = Declaration(
            type=f"eu.enzym.{noun_and_participle}.v1",
            source=f"urn:enzym:{by.service}",
            topic=by.topic,
            shape=shape,
        )
        shape.declaration = declaration  # type: ignore[attr-defined]
        return shape

    return declare
