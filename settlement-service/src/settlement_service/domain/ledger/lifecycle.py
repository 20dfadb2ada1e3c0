"""Domain: the life of a settlement: one table of what may follow on what, and the settlement itself."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from services.core.errors import Conflict
from services.core.period import Period
from services.events.settlements import Position
from settlement_service.domain.facts.figures import LineKey
from settlement_service.domain.statement.statement import Kind

State: TypeAlias = Literal["open", "frozen", "calculated", "approved", "posted", "partly_paid", "paid", "cancelled"]


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: from where to where, who brings it about, what is said of it."""

    start: State
    end: State
    who: str
    event: str


TRANSITIONS = (
    Transition("open", "frozen", "settlement-service", "settlement.frozen"),
    Transition("frozen", "calculated", "settlement-service", "settlement.calculated"),
    Transition("calculated", "calculated", "payer", "settlement.approved"),
    Transition("calculated", "approved", "the last payer to approve", "settlement.approved"),
    Transition("approved", "posted", "settlement-service", "settlement.posted"),
    Transition("posted", "partly_paid", "payer", "settlement.partly_paid"),
    Transition("posted", "paid", "payer", "settlement.paid"),
    Transition("partly_paid", "partly_paid", "payer", "settlement.partly_paid"),
    Transition("partly_paid", "paid", "payer", "settlement.paid"),
    Transition("posted", "posted", "payer", "settlement.payment_rejected"),
    Transition("partly_paid", "posted", "payer", "settlement.payment_rejected"),
    Transition("partly_paid", "partly_paid", "payer", "settlement.payment_rejected"),
    Transition("paid", "partly_paid", "payer", "settlement.payment_rejected"),
    Transition("paid", "posted", "payer", "settlement.payment_rejected"),
    Transition("paid", "paid", "payer", "settlement.payment_rejected"),
    Transition("open", "cancelled", "payer", "settlement.cancelled"),
    Transition("frozen", "cancelled", "payer", "settlement.cancelled"),
    Transition("calculated", "cancelled", "payer", "settlement.cancelled"),
)
UNPOSTED: tuple[State, ...] = ("open", "frozen", "calculated", "approved")
"""One settlement a contract at a time may be in one of these."""
POSTED: tuple[State, ...] = ("posted", "partly_paid", "paid")


class SettlementStateNotRight(Conflict):
    """Not possible in the state that the settlement is in."""

    code = "settlement-state-not-right"
    title = "The settlement is not in a state that allows this"


def check_move(start: State, event: str, end: State | None = None) -> None:
    """Errors: `settlement-state-not-right` unless a row leads from `start` on by `event` (to `end`, if given)."""
    rows = [row for row in TRANSITIONS if row.event == event and end in (None, row.end)]
    if start not in {row.start for row in rows}:
        allowed = ", ".join(dict.fromkeys(row.start for row in rows))
        raise SettlementStateNotRight(f"This is possible while the settlement is: {allowed}.")


@dataclass(frozen=True, slots=True)
class Person:
    """Who did something: one person or system (`issuer`, `subject`) for an organisation."""

    issuer: str
    subject: str
    organisation: str
    actor: Literal["person", "system"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that an open settlement waits for: an owner that does not answer, whose facts have not all arrived,
    or one of whose facts could not be read and is parked; or, as an approved one may too, the end of a suspension.
    Sequences are of the owner's facts on the contract."""

    source: str
    reason: Literal["owner-not-reachable", "facts-not-applied", "fact-parked", "contract-suspended"]
    head: int | None = None
    applied: int | None = None


@dataclass(frozen=True, slots=True)
class LineHash:
    """The hash (hex) of a line over its items."""

    rule: str
    price_minor: int | None
    payee: str
    sha256: str

    @property
    def key(self) -> LineKey:
        """The line."""
        return self.rule, self.price_minor, self.payee


@dataclass(frozen=True, slots=True)
class Settlement:
    """One settlement of one contract. `number` counts from 1 within the contract. What stands under `frozen` and
    below is there from that state on. `heads` is what each owner said its last sequence is. `lines` are the hashes of
    its lines over their items, which `items_sha256` is over; `accrued_after` as in `domain.statement.statement.Sums`."""

    id: UUID
    contract_id: UUID
    number: int
    kind: Kind
    period: Period
    state: State
    revision: int
    prepared_by: Person
    prepared_at: datetime
    heads: tuple[Position, ...] | None = None
    waiting: tuple[Waiting, ...] = ()
    terms_version: int | None = None
    known: tuple[Position, ...] = ()
    inputs: int | None = None
    inputs_sha256: str | None = None
    items_sha256: str | None = None
    lines: tuple[LineHash, ...] = ()
    accrued_after: int | None = None
    content_sha256: str | None = None
    calculated_at: datetime | None = None
    posted_at: datetime | None = None
    document_on: date | None = None
    accounting_on: date | None = None
    value_on: date | None = None
