"""Kit: what a use case is handed: one open transaction, who asks, and when it is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit.process.caller import Caller


@dataclass(frozen=True, slots=True)
class Transaction:
    """One command's (or one consumed fact's) transaction. `now` is UTC and the same for all that it writes."""

    connection: AsyncConnection
    caller: Caller
    now: datetime
    correlation_id: UUID
