"""Domain: the life of a settlement: one table of what may follow on what, and the settlement itself."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from services.core.errors import Conflict
from services.core.period import Period
from services.events.settlements import SERVICE, Position
from settlement_service.domain.facts.figures import LineKey
from settlement_service.domain.statement.statement import Kind

State: TypeAlias = Literal["open", "frozen", "calculated", "approved", "posted", "partly_paid", "paid", "cancelled"]


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: `who` takes a settlement from `start` to `end`; `event` is the fact that is told."""

    start: State
    end: State
    who: str
    event: str
    meaning: str


PAYER = "payer"
LAST_PAYER = "the last payer to approve"
REJECTED = "settlement.payment_rejected"
"""It may follow on anything that is posted, so its rows say whether a payment may be confirmed at all."""

TRANSITIONS = tuple(
    Transition(*row)
    for row in (
        ("open", "frozen", SERVICE, "settlement.frozen", "All facts up to its end have come; what they are is fixed"),
        ("frozen", "calculated", SERVICE, "settlement.calculated", "Its lines say what is due; payers may look at it"),
        ("calculated", "calculated", PAYER, "settlement.approved", "One payer approves, others are still to"),
        ("calculated", "approved", LAST_PAYER, "settlement.approved", "All payers have approved: it is to be posted"),
        ("approved", "posted", SERVICE, "settlement.posted", "What is owed stands in the ledger; payers are to pay"),
        ("posted", "partly_paid", PAYER, "settlement.partly_paid", "A first payment is confirmed; more is left"),
        ("posted", "paid", PAYER, "settlement.paid", "One payment, the only one, pays all"),
        ("partly_paid", "partly_paid", PAYER, "settlement.partly_paid", "Another payment is confirmed; more is left"),
        ("partly_paid", "paid", PAYER, "settlement.paid", "The last payment is confirmed; nothing is left to pay"),
        ("posted", "posted", PAYER, REJECTED, "A payment failed that was never confirmed; it is noted"),
        ("partly_paid", "posted", PAYER, REJECTED, "The only payment is taken back; all is left to pay"),
        ("partly_paid", "partly_paid", PAYER, REJECTED, "One of several payments is taken back, or a failure noted"),
        ("paid", "partly_paid", PAYER, REJECTED, "One of several payments is taken back; it is left to pay"),
        ("paid", "posted", PAYER, REJECTED, "The only payment is taken back; all is left to pay"),
        ("paid", "paid", PAYER, REJECTED, "A payment failed that was never confirmed; it is noted"),
        ("open", "cancelled", PAYER, "settlement.cancelled", "A payer gives it up; its period is free again"),
        ("frozen", "cancelled", PAYER, "settlement.cancelled", "The same when its facts are fixed"),
        ("calculated", "cancelled", PAYER, "settlement.cancelled", "The same once calculated; approvals fall with it"),
    )
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
    """What an open settlement waits for: an owner that does not answer, whose facts have not all arrived, or a fact of
    whom could not be read and is parked. It, and an approved one, may also wait for the end of a suspension. `head` and
    `applied` are sequences of the owner's facts on the contract: its last, and the last that was taken in here."""

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
    """One settlement of one contract. `number` counts from 1 within the contract. `heads` is the last sequence of each
    owner when it was asked, `known` how far each was taken in when it was frozen. What is None before a state is there
    from that state on. `lines` are the hashes of its lines over their items, and `items_sha256` is over these.
    `accrued_after` is as in `settling.sums.Sums`."""

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
