"""Events: what settlement-service says: who owes whom what, in totals and lines, never items."""

from datetime import date
from typing import Literal, TypeAlias
from uuid import UUID

from services.core.money import Money
from services.core.period import Period
from services.core.values import value
from services.events.envelope import Producer, fact

SERVICE = "settlement-service"
TOPIC = "enzym.settlements.v1"
PRODUCER = Producer(SERVICE, TOPIC)


SettlementKind: TypeAlias = Literal["scheduled", "correction"]


@value
class Position:
    """How far one owner's facts on the contract were known."""

    source: str
    sequence: int


@value
class CutByCap:
    """How much of a line one cap took away."""

    cap: str
    amount: Money


@value
class PayerShare:
    """What one payer pays of a line."""

    payer: str
    amount: Money


@value
class StatementLine:
    """One rule of a statement, and price where it pays by units: the sum of its items' differences. Counts say people
    (distinct participants) and units (payable occurrences)."""

    number: int
    rule: str
    kind: str
    price: Money | None = None
    people: int
    units: int
    amount: Money
    cut: tuple[CutByCap, ...] = ()
    payee: str
    nature: str
    shares: tuple[PayerShare, ...]


@fact(PRODUCER, "settlement.frozen")
class SettlementFrozen:
    """What the settlement rests on is fixed."""

    contract_id: UUID
    settlement_id: UUID
    number: int
    kind: SettlementKind
    period: Period
    known: tuple[Position, ...]
    inputs: int
    inputs_sha256: str


@fact(PRODUCER, "settlement.calculated")
class SettlementCalculated:
    """The statement: lines, total, and where its items are."""

    contract_id: UUID
    settlement_id: UUID
    terms_version: int
    lines: tuple[StatementLine, ...]
    total: Money
    content_sha256: str
    items_sha256: str
    items_at: str


@fact(PRODUCER, "settlement.approved")
class SettlementApproved:
    """A payer approved its share. After the last one that is needed the settlement is posted."""

    contract_id: UUID
    settlement_id: UUID
    approved_by: str
    content_sha256: str


@value
class Posting:
    """One side of an entry; debit positive. The postings of an entry sum to zero."""

    account: str
    amount: Money


@fact(PRODUCER, "settlement.posted")
class SettlementPosted:
    """The settlement stands in the ledger."""

    contract_id: UUID
    settlement_id: UUID
    entry_id: UUID
    postings: tuple[Posting, ...]
    total: Money
    document_on: date
    accounting_on: date
    value_on: date


@fact(PRODUCER, "settlement.paid")
class SettlementPaid:
    """All that was posted is confirmed as paid."""

    contract_id: UUID
    settlement_id: UUID
    entry_id: UUID
    postings: tuple[Posting, ...]
    amount: Money
    paid_on: date


@fact(PRODUCER, "settlement.partly_paid")
class SettlementPartlyPaid:
    """Some of what was posted is confirmed as paid."""

    contract_id: UUID
    settlement_id: UUID
    entry_id: UUID
    postings: tuple[Posting, ...]
    amount: Money
    outstanding: Money
    paid_on: date


@fact(PRODUCER, "settlement.payment_rejected")
class SettlementPaymentRejected:
    """The bank or finance system did not carry out a payment; what was confirmed of it is taken back."""

    contract_id: UUID
    settlement_id: UUID
    amount: Money
    outstanding: Money
    rejected_on: date
    entry_id: UUID | None = None
    postings: tuple[Posting, ...] = ()


@fact(PRODUCER, "settlement.cancelled")
class SettlementCancelled:
    """The settlement was given up before everybody had approved it; its period is free again."""

    contract_id: UUID
    settlement_id: UUID
