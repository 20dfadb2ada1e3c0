"""Door: what contracts-service says that matters here."""

from collections.abc import Mapping
from typing import Any

from outcomes_service.usecases.amend_contract import amend_contract
from outcomes_service.usecases.end_contract import end_contract
from outcomes_service.usecases.keep_contract import keep_contract
from services.events.contracts import ContractActivated, ContractAmended, ContractTerminated
from services.kit.database.transaction import Transaction
from services.kit.facts.inbox import Handler, each


async def on_contract_activated(tx: Transaction, fact: ContractActivated) -> None:
    """From now on it can be claimed on."""
    await keep_contract(tx, fact)


async def on_contract_amended(tx: Transaction, fact: ContractAmended) -> None:
    """The newer terms decide on what is achieved from their day on, or on everything if they are retroactive."""
    await amend_contract(tx, fact)


async def on_contract_terminated(tx: Transaction, fact: ContractTerminated) -> None:
    """What is achieved from then on is not a claim any more."""
    await end_contract(tx, fact)


HANDLERS: Mapping[type[Any], Handler] = {
    ContractActivated: each(on_contract_activated),
    ContractAmended: each(on_contract_amended),
    ContractTerminated: each(on_contract_terminated),
}
"""Nothing is to be done when a contract is suspended, resumed or completed: claims go on."""
