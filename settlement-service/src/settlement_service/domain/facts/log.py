"""Domain: the log of a contract's inputs, on which settlements rest. Each is salted and hashed as it comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from services.core.canonical import canonical
from services.core.values import value
from services.events.contracts import (
    ContractActivated,
    ContractAmended,
    ContractCompleted,
    ContractResumed,
    ContractSuspended,
    ContractTerminated,
)
from services.events.outcomes import (
    OutcomeClaimed,
    OutcomeDisputed,
    OutcomeDisputeDecided,
    OutcomeEscalated,
    OutcomeRejected,
    OutcomeReturned,
    OutcomeSuperseded,
    OutcomeVerified,
    OutcomeWithdrawn,
    ParticipantEnrolled,
    ParticipantLeft,
)
from settlement_service.domain.agreement.audience import PEOPLE_SCOPE, TERMS_SCOPE, metric_scope, paid_scope
from settlement_service.domain.facts.claims import ClaimFact
from settlement_service.domain.facts.figures import CUTS, FIGURES, Figures, ItemKey, PostedKey

T = TypeVar("T")
OWN_SOURCE = "urn:enzym:settlement-service"
ITEMS_POSTED = "eu.enzym.items.posted.v1"
"""The one input that no event tells of: it stands in the log only."""


@value
class SharePosted:
    """What a settlement posted of an item for one payer: a difference, in minor units."""

    payer: str
    minor: int


def _with_cuts(cls: type[T]) -> type[T]:
    """Adds a field to a shape for what each of `CUTS` takes off, in minor units: 0 where a posting leaves it out."""
    for cut in CUTS:
        cls.__annotations__[cut.figure] = int
        setattr(cls, cut.figure, 0)
    return cls


@value
@_with_cuts
class ItemPosted:
    """What a settlement posted for one item at one price: differences, in minor units and payable units. Where a cap
    takes 200.00 of what was posted before, they are below zero."""

    subject_id: UUID
    occurrence: str
    claim_id: UUID | None = None
    version: int
    achieved_on: date
    price_minor: int | None = None
    payee: str
    shares: tuple[SharePosted, ...]
    units: int
    gross_minor: int

    def key(self, rule: str) -> PostedKey:
        """What the posted figures are kept by."""
        return PostedKey(ItemKey(rule, self.subject_id, self.occurrence), self.price_minor, self.payee)

    @property
    def figures(self) -> Figures:
        """The differences."""
        return Figures(*(getattr(self, name) for name in FIGURES))


@value
class ItemsPosted:
    """Items by which one rule pays one payee, as settlement number `settlement` of the contract, over what was achieved
    before `period_end`, posted them."""

    contract_id: UUID
    settlement: int
    period_end: date
    rule: str
    items: tuple[ItemPosted, ...]


OfContract: TypeAlias = (
    ContractActivated | ContractAmended | ContractSuspended | ContractResumed | ContractCompleted | ContractTerminated
)
Consumed: TypeAlias = OfContract | ParticipantEnrolled | ParticipantLeft | OutcomeClaimed | ClaimFact
Fact: TypeAlias = Consumed | ItemsPosted

CONSUMED: tuple[type[Any], ...] = (
    ContractActivated,
    ContractAmended,
    ContractSuspended,
    ContractResumed,
    ContractCompleted,
    ContractTerminated,
    ParticipantEnrolled,
    ParticipantLeft,
    OutcomeClaimed,
    OutcomeVerified,
    OutcomeRejected,
    OutcomeReturned,
    OutcomeEscalated,
    OutcomeDisputed,
    OutcomeDisputeDecided,
    OutcomeWithdrawn,
    OutcomeSuperseded,
)
"""Every fact of other services that settlement rests on."""

SHAPES: Mapping[str, type[Any]] = MappingProxyType(
    {shape.declaration.type: shape for shape in CONSUMED} | {ITEMS_POSTED: ItemsPosted}
)
"""The shape of each input by its type."""


@dataclass(frozen=True, slots=True)
class Input:
    """One row of the log. `position` counts from 1 without a gap within the contract; `sequence` is the source's
    own; `part` counts the inputs of one sequence from 0. `body` is the canonical JSON that is salted and hashed."""

    position: int
    source: str
    sequence: int
    part: int
    type: str
    scope: str
    salt: bytes
    body: bytes
    leaf: bytes


def body_of(source: str, sequence: int, type_: str, fact: Any, part: int = 0) -> bytes:
    """The canonical JSON of an input; `fact` is the fact's own JSON document."""
    document = {"source": source, "sequence": sequence, "type": type_, "fact": fact}
    return canonical(document | ({"part": part} if part else {}))


def body_with(body: bytes, items: str) -> bytes:
    """The canonical JSON of posted items: the JSON of no items, with `items` put in. No text in it can be taken for the
    place: a quotation mark in a text stands behind a backslash."""
    return body.replace(_NO_ITEMS, b'"items":[' + items.encode() + b"]", 1)


_NO_ITEMS = b'"items":[]'


def scope_of(fact: Fact, metric: str | None) -> str:
    """Who may read an input; `metric` is that of the claim which a decision is about."""
    if isinstance(fact, OfContract):
        return TERMS_SCOPE
    if isinstance(fact, ParticipantEnrolled | ParticipantLeft):
        return PEOPLE_SCOPE
    if isinstance(fact, ItemsPosted):
        return paid_scope(fact.rule, fact.items[0].payee)
    return metric_scope(fact.metric if isinstance(fact, OutcomeClaimed) else metric or "")
