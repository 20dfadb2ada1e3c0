"""Use case: a payer confirms that money has moved, or has not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import TypeAlias
from uuid import UUID

from services.core.errors import FieldError, Invalid
from services.core.money import Money, from_minor, to_minor
from services.core.period import local_date
from services.events.settlements import SettlementPaid, SettlementPartlyPaid, SettlementPaymentRejected
from services.kit.database.transaction import Transaction
from services.kit.facts.outbox import tell
from services.kit.process import clock
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.ledger.lifecycle import REJECTED, Settlement, check_move
from settlement_service.domain.ledger.payments import (
    Confirmed,
    Outcome,
    Payment,
    ReferenceTaken,
    check_payment,
    check_reference,
    entry_for,
    outstanding_of,
    payee_of,
    state_after,
)
from settlement_service.domain.ledger.postings import Entry, Pair
from settlement_service.storage import ledger, settlements, statements
from settlement_service.usecases.hold_settlement import hold_settlement
from settlement_service.usecases.post_settlement import fact_postings

PaymentFact: TypeAlias = SettlementPaid | SettlementPartlyPaid | SettlementPaymentRejected
EVENTS: Mapping[type[PaymentFact], str] = MappingProxyType(
    {
        SettlementPaid: "settlement.paid",
        SettlementPartlyPaid: "settlement.partly_paid",
        SettlementPaymentRejected: REJECTED,
    }
)


class CurrencyDiffers(Invalid):
    """Another currency than the contract's."""

    code = "currency-differs"
    title = "Amounts are in the contract's currency"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A payer's confirmation as it was sent; the payee is named only where there are several."""

    reference: str
    paid_on: date
    amount: Money
    outcome: Outcome
    payee: str | None


async def confirm_payment(
    tx: Transaction, settlement_id: UUID, confirmation: Confirmation, expected: int
) -> Settlement:
    """The settlement as it is then. Errors: `not-found`, `role-not-allowed`, `version-stale`, `contract-suspended`,
    `settlement-state-not-right`, `reference-not-valid`, `currency-differs`, `amount-not-valid`, `payee-needed` and
    those of `check_payment`."""
    contract, settlement = await hold_settlement(tx, settlement_id, expected, ever=True)
    contract.require_running()
    check_move(settlement.state, REJECTED)
    owed = {pair: minor for pair, minor in (await statements.shares_of(tx, settlement_id)).items() if minor}
    outstanding = outstanding_of(owed, await ledger.payments_of(tx, settlement_id))
    payment = _payment(confirmation, tx.caller.organisation, owed, contract.terms.currency)
    pair = payment.payer, payment.payee
    earlier = await ledger.payments_under(tx, contract.id, payment.payer, payment.reference)
    today = local_date(tx.now, contract.terms.time_zone)
    takes_back = check_payment(payment, outstanding[pair], _under(settlement_id, earlier), today)
    entry = _entry(tx, contract, settlement, payment, earlier[0].entry_id if takes_back else None)
    if entry is not None:
        await ledger.add_entry(tx, entry)
        outstanding[pair] += -payment.minor if payment.outcome == "paid" else payment.minor
    await ledger.add_payment(tx, settlement, clock.new_id(), payment, entry.id if entry else None)
    state = state_after(list(owed.values()), list(outstanding.values()))
    changed = replace(settlement, state=state, revision=settlement.revision + 1)
    fact = _fact(changed, payment, entry, from_minor(sum(outstanding.values()), contract.terms.currency))
    check_move(settlement.state, EVENTS[type(fact)], state)
    await settlements.save_state(tx, changed)
    await tell(tx, contract.id, [fact])
    return changed


def _payment(confirmation: Confirmation, payer: str, owed: Mapping[Pair, int], currency: str) -> Payment:
    if confirmation.amount.currency != currency:
        raise CurrencyDiffers(errors=[FieldError("/amount/currency", CurrencyDiffers.code, f"{currency}.")])
    return Payment(
        payer=payer,
        payee=payee_of(
            confirmation.payee, {payee: minor for (debtor, payee), minor in owed.items() if debtor == payer}
        ),
        reference=check_reference(confirmation.reference),
        paid_on=confirmation.paid_on,
        minor=to_minor(confirmation.amount, "/amount"),
        outcome=confirmation.outcome,
    )


def _under(settlement_id: UUID, earlier: Sequence[Confirmed]) -> list[Payment]:
    """The payments confirmed earlier under the reference. One of another settlement is not this payment, so the
    reference is taken."""
    if any(confirmed.settlement_id != settlement_id for confirmed in earlier):
        raise ReferenceTaken("Send a reference that stands for no other payment of this contract.")
    return [confirmed.payment for confirmed in earlier]


def _entry(
    tx: Transaction, contract: Contract, settlement: Settlement, payment: Payment, reverses: UUID | None
) -> Entry | None:
    sides = entry_for(payment, reverses is not None)
    if not sides or settlement.accounting_on is None:
        return None
    return Entry(
        id=clock.new_id(),
        contract_id=contract.id,
        settlement_id=settlement.id,
        kind="payment_reversal" if reverses else "payment",
        currency=contract.terms.currency,
        document_on=local_date(tx.now, contract.terms.time_zone),
        accounting_on=settlement.accounting_on,
        value_on=payment.paid_on,
        recorded_at=tx.now,
        sides=sides,
        reverses=reverses,
    )


def _fact(changed: Settlement, payment: Payment, entry: Entry | None, outstanding: Money) -> PaymentFact:
    amount = from_minor(payment.minor, outstanding.currency)
    postings = fact_postings(entry.sides, entry.currency) if entry else ()
    if payment.outcome == "rejected":
        return SettlementPaymentRejected(
            contract_id=changed.contract_id,
            settlement_id=changed.id,
            amount=amount,
            outstanding=outstanding,
            rejected_on=payment.paid_on,
            entry_id=entry.id if entry else None,
            postings=postings,
        )
    assert entry is not None
    if changed.state == "paid":
        return SettlementPaid(
            contract_id=changed.contract_id,
            settlement_id=changed.id,
            entry_id=entry.id,
            postings=postings,
            amount=amount,
            paid_on=payment.paid_on,
        )
    return SettlementPartlyPaid(
        contract_id=changed.contract_id,
        settlement_id=changed.id,
        entry_id=entry.id,
        postings=postings,
        amount=amount,
        outstanding=outstanding,
        paid_on=payment.paid_on,
    )
