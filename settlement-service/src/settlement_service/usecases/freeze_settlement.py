"""Use case: an open settlement is frozen as soon as all facts of its owners have come in, and calculated."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from services.events.contracts import SERVICE as CONTRACTS
from services.events.outcomes import SERVICE as OUTCOMES
from services.events.settlements import Position
from services.kit.database import audit
from services.kit.database.transaction import Transaction
from settlement_service.domain.ledger.lifecycle import Settlement, Waiting
from settlement_service.storage import contracts, settlements
from settlement_service.usecases.calculate_settlement import calculate_settlement

REGISTRY = f"urn:enzym:{CONTRACTS}"
SOURCES = (REGISTRY, f"urn:enzym:{OUTCOMES}")
"""The owners of the facts that a settlement rests on."""


async def find_open_settlements(tx: Transaction) -> list[Settlement]:
    """The settlements that wait to be frozen, the oldest first: all, so that none waits behind those that wait long."""
    return await settlements.open_settlements(tx)


async def freeze_settlement(tx: Transaction, settlement_id: UUID, heads: Mapping[str, int | None]) -> bool:
    """Freezes and calculates a settlement, or keeps what it still waits for. Returns whether it was frozen. `heads` is
    the last sequence of each owner on the contract, as it answered just now; None for one that did not. Once all have
    answered, the settlement waits for these sequences, however much comes after them."""
    # Until all is here it is looked at again and again: without the contract's lock, which facts that come in need.
    settlement = await settlements.find_settlement(tx, settlement_id)
    if settlement is None or settlement.state != "open":
        return False
    with_heads = _with_heads(settlement, heads)
    if with_heads.heads is None or await _waits_for(tx, with_heads):
        await _keep_waiting(tx, settlement, replace(with_heads, waiting=await _waits_for(tx, with_heads, heads)))
        return False
    # Between the look and the lock a payer may have cancelled it, or the contract was suspended: both are asked again.
    contract = await contracts.get_contract(tx, settlement.contract_id, lock=True)
    settlement = await settlements.get_settlement(tx, settlement_id, lock=True)
    if settlement.state != "open" or await _waits_for(tx, with_heads):
        return False
    await calculate_settlement(tx, contract, replace(with_heads, revision=settlement.revision))
    await audit.note(tx, "freeze_settlement", f"/v1/settlements/{settlement_id}", "done")
    return True


def _with_heads(settlement: Settlement, heads: Mapping[str, int | None]) -> Settlement:
    if settlement.heads is not None:
        return settlement
    answered = [Position(source=source, sequence=head) for source, head in heads.items() if head is not None]
    return replace(settlement, heads=tuple(answered)) if len(answered) == len(SOURCES) else settlement


async def _waits_for(
    tx: Transaction, settlement: Settlement, heads: Mapping[str, int | None] | None = None
) -> tuple[Waiting, ...]:
    applied = await settlements.applied(tx, settlement.contract_id, SOURCES)
    parked = await settlements.sources_parked(tx, settlement.contract_id)
    expected: Sequence[Position] = settlement.heads or ()
    waiting = [
        Waiting(head.source, "facts-not-applied", head.sequence, applied[head.source])
        for head in expected
        if applied[head.source] < head.sequence and head.source not in parked
    ]
    waiting += [Waiting(source, "fact-parked", applied=applied.get(source)) for source in sorted(parked)]
    if settlement.heads is None:
        waiting += [Waiting(source, "owner-not-reachable") for source, head in (heads or {}).items() if head is None]
    contract = await contracts.find_contract(tx, settlement.contract_id)
    if contract is not None and contract.suspended:
        waiting.append(Waiting(REGISTRY, "contract-suspended"))
    return tuple(waiting)


async def _keep_waiting(tx: Transaction, before: Settlement, now: Settlement) -> None:
    """Keeps what a settlement waits for, if it is another thing than before: then it is another revision to read. The
    contract is not locked, as its facts are coming in at this moment: where a command was faster with the settlement,
    `save_waiting` finds its revision changed and keeps nothing."""
    if (before.heads, before.waiting) != (now.heads, now.waiting):
        await settlements.save_waiting(tx, replace(now, revision=before.revision + 1))
