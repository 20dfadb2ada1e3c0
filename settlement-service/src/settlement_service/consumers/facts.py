"""Door: what contracts-service and outcomes-service say that money rests on."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from services.events.envelope import Envelope
from services.kit.database.transaction import Transaction
from services.kit.facts.inbox import Handler
from settlement_service.domain.facts.log import CONSUMED, Consumed
from settlement_service.usecases.keep_fact import keep_fact


async def on_fact(tx: Transaction, envelope: Envelope, fact: Consumed) -> None:
    """Whatever it is, it becomes an input; what follows from it is decided there."""
    await keep_fact(tx, envelope, fact)


HANDLERS: Mapping[type[Any], Handler] = MappingProxyType(dict.fromkeys(CONSUMED, on_fact))
