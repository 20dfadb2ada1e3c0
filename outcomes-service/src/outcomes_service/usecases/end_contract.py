"""Use case: a contract has been terminated: what is achieved from then on is not a claim any more."""

from outcomes_service.storage.contracts import note_termination
from services.events.contracts import ContractTerminated
from services.kit.database.transaction import Transaction


async def end_contract(tx: Transaction, fact: ContractTerminated) -> None:
    """Keeps the day; everything else about the contract goes on."""
    await note_termination(tx, fact.contract_id, fact.terminated_on)
