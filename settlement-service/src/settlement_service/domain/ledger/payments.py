"""Domain: payments as they are confirmed from outside: how much of what is owed, under which reference."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from services.core.errors import Conflict, FieldError, Invalid
from services.core.personal_numbers import find_personal_number
from settlement_service.domain.ledger.lifecycle import State
from settlement_service.domain.ledger.postings import Pair, Side, payment_entry, reversal_of

Outcome: TypeAlias = Literal["paid", "rejected"]
_CREDITOR_REFERENCE = re.compile(r"RF[0-9]{2}[A-Z0-9]{1,21}", re.ASCII)
_OWN_REFERENCE = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9/-]{1,35}", re.ASCII)


class ReferenceNotValid(Invalid):
    """Not a reference of a payment."""

    code = "reference-not-valid"
    title = "This is not a payment reference"


class ReferenceTaken(Conflict):
    """The reference stands for another payment, or for the same one already."""

    code = "reference-taken"
    title = "A payment under this reference stands already"


class PaymentNotOwed(Invalid):
    """More than is outstanding, or in the other direction."""

    code = "payment-not-owed"
    title = "This is not what is outstanding"


class PayeeNeeded(Invalid):
    """Several payees, and the confirmation names none of them."""

    code = "payee-needed"
    title = "Say which payee was paid"


class PaymentDiffers(Invalid):
    """A rejection of another amount or payee than was confirmed under its reference."""

    code = "payment-differs"
    title = "Another payment was confirmed under this reference"


class PaymentInFuture(Invalid):
    """A payment on a day that has not come."""

    code = "payment-in-future"
    title = "What is confirmed has happened"


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it was confirmed. Minor units have the sign of what is owed: below zero, the payee has paid back."""

    payer: str
    payee: str
    reference: str
    paid_on: date
    minor: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A confirmation of a payment as it was kept. It has no entry where nothing moved: a rejection of what was never
    confirmed."""

    payment: Payment
    settlement_id: UUID
    recorded_at: datetime
    entry_id: UUID | None


def check_reference(text: str) -> str:
    """The reference: an ISO 11649 creditor reference with its check digits, or 1 to 35 letters, digits, `/` and `-`
    with a letter among them. Errors: `reference-not-valid`; also for what holds a personal number, as references are
    kept and shown to other parties."""
    holds = _check_digits_hold(text) if _CREDITOR_REFERENCE.fullmatch(text) else _OWN_REFERENCE.fullmatch(text)
    if holds and not find_personal_number(text):
        return text
    allowed = "An ISO 11649 reference (RF..), or 1 to 35 letters, digits, / and -, with a letter; no person's number."
    raise ReferenceNotValid(errors=[FieldError("/reference", ReferenceNotValid.code, allowed)])


def _check_digits_hold(reference: str) -> bool:
    """ISO 7064 MOD 97-10: the first four characters to the end, letters as 10 to 35, modulo 97 is 1."""
    digits = "".join(str(int(character, 36)) for character in reference[4:] + reference[:4])
    return int(digits) % 97 == 1


def payee_of(named: str | None, owed: Mapping[str, int]) -> str:
    """The payee that a payment went to: the one that was named, or the only one. `owed` is what is or was owed to each,
    in minor units. Errors: `payee-needed`, `payment-not-owed` when nobody owes anything."""
    if not owed:
        raise PaymentNotOwed("By this settlement nobody owes anything.")
    if named is None and len(owed) == 1:
        return next(iter(owed))
    if named is None or named not in owed:
        allowed = "The organisation id of a payee of this settlement: " + ", ".join(owed) + "."
        raise PayeeNeeded(errors=[FieldError("/payee", PayeeNeeded.code, allowed)])
    return named


def check_payment(payment: Payment, outstanding: int, earlier: Sequence[Payment], today: date) -> bool:
    """Decides on a confirmation. `earlier` are those of this payer under the same reference, `outstanding` is what it
    owes the payee in minor units. Returns whether it takes back a payment that was confirmed.
    Errors: `payment-in-future`, `reference-taken`, `payment-not-owed`, `payment-differs`."""
    if payment.paid_on > today:
        raise PaymentInFuture(errors=[FieldError("/paidOn", PaymentInFuture.code, "Today or a day before.")])
    confirmed = next((other for other in earlier if other.outcome == "paid"), None)
    if (payment.outcome == "paid" and earlier) or any(other.outcome == "rejected" for other in earlier):
        raise ReferenceTaken("Send a reference that stands for no other payment of this contract.")
    if confirmed is not None:
        if (confirmed.payee, confirmed.minor) != (payment.payee, payment.minor):
            raise PaymentDiffers("Send the payee and the amount that were confirmed under this reference.")
        return True
    if not payment.minor or payment.minor * outstanding < 0 or abs(payment.minor) > abs(outstanding):
        allowed = "At most what is outstanding, with its sign, and not zero."
        raise PaymentNotOwed(errors=[FieldError("/amount", PaymentNotOwed.code, allowed)])
    return False


def outstanding_of(owed: Mapping[Pair, int], confirmed: Iterable[Confirmed]) -> dict[Pair, int]:
    """What is left of what each payer owes each payee, in minor units, after payments were confirmed and some of them
    taken back: of 1,000.00, 400.00 paid leaves 600.00, and its rejection 1,000.00 again."""
    left = dict(owed)
    for each in confirmed:
        payment, pair = each.payment, (each.payment.payer, each.payment.payee)
        # Without an entry it moved nothing: a rejection of what was never confirmed.
        if each.entry_id is not None and pair in left:
            left[pair] += -payment.minor if payment.outcome == "paid" else payment.minor
    return left


def entry_for(payment: Payment, takes_back: bool) -> tuple[Side, ...]:
    """The postings of a confirmation. A rejection of what was confirmed reverses it. A rejection of what was never
    confirmed posts nothing: no money had moved."""
    entry = payment_entry(payment.payer, payment.payee, payment.minor)
    if payment.outcome == "paid":
        return entry
    return reversal_of(entry) if takes_back else ()


def state_after(settled: Sequence[int], outstanding: Sequence[int]) -> State:
    """The settlement's state. `settled` is what each payer owed each payee, `outstanding` what is left of it: of
    1,000.00 and -200.00, nothing paid is `posted`, 1,000.00 paid `partly_paid`, both paid `paid`."""
    if list(settled) == list(outstanding):
        return "posted"
    return "partly_paid" if any(outstanding) else "paid"
