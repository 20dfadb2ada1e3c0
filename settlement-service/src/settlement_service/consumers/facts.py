"""Door: what contracts-service and outcomes-service say that money rests on."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from services.kit.database.transaction import Transaction
from services.kit.facts.inbox import Handler, Run
from settlement_service.domain.facts.log import CONSUMED
from settlement_service.usecases.keep_facts import keep_facts


async def on_facts(tx: Transaction, run: Run) -> None:
    """Whatever they are, they become inputs; what follows from them is decided there."""
    await keep_facts(tx, run)


HANDLERS: Mapping[type[Any], Handler] = MappingProxyType(dict.fromkeys(CONSUMED, on_facts))
