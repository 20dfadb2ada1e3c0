"""Domain: double entry: what an approval, a payment and a payment that came back do to the accounts.

Debit is positive. The postings of an entry sum to zero, and nothing is ever changed: what was wrong is reversed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

EntryKind: TypeAlias = Literal["approval", "payment", "payment_reversal"]
Pair: TypeAlias = tuple[str, str]
"""A payer and a payee, by organisation id."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an entry: an account of an organisation, and minor units, debit positive."""

    account: str
    organisation: str
    minor: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the ledger. Document date: when it was decided; accounting date: the period it belongs to; value
    date: when it is due. `reverses` is the entry that it takes back."""

    id: UUID
    contract_id: UUID
    settlement_id: UUID
    kind: EntryKind
    currency: str
    document_on: date
    accounting_on: date
    value_on: date
    recorded_at: datetime
    sides: tuple[Side, ...]
    reverses: UUID | None = None


def payable(payer: str) -> str:
    """The account of what a payer owes."""
    return f"payer/{payer}/payable"


def receivable(payee: str) -> str:
    """The account of what a payee has to get."""
    return f"payee/{payee}/receivable"


def clearing(payer: str) -> str:
    """The account of what a payer has paid out."""
    return f"payer/{payer}/clearing"


def paid(payee: str) -> str:
    """The account of what a payee has been paid."""
    return f"payee/{payee}/paid"


def approval_entry(shares: Mapping[Pair, int]) -> tuple[Side, ...]:
    """The postings of an approval: what is owed from now on, by payer and payee in minor units. For 1,000.00 the
    payee's receivable is debited with 1,000.00, the payer's payable credited. Shares below zero are owed back; shares
    of zero post nothing."""
    owed = [(pair, minor) for pair, minor in shares.items() if minor]
    return tuple(side for (payer, payee), minor in owed for side in _owed(payer, payee, minor))


def _owed(payer: str, payee: str, minor: int) -> tuple[Side, Side]:
    return Side(receivable(payee), payee, minor), Side(payable(payer), payer, -minor)


def payment_entry(payer: str, payee: str, minor: int) -> tuple[Side, ...]:
    """The postings of a payment: what was owed is paid. Below zero, the payee has paid back."""
    return (
        Side(payable(payer), payer, minor),
        Side(clearing(payer), payer, -minor),
        Side(paid(payee), payee, minor),
        Side(receivable(payee), payee, -minor),
    )


def reversal_of(entry: Sequence[Side]) -> tuple[Side, ...]:
    """The postings that take an entry back: the same, with the opposite sign."""
    return tuple(Side(side.account, side.organisation, -side.minor) for side in entry)
