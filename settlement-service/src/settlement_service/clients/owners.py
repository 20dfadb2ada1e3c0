"""Clients: the owners of what a settlement rests on, asked how much they have said of a contract."""

from collections.abc import Sequence
from uuid import UUID

from services.core.errors import Broken, Unavailable
from services.kit.facts.owners import Owners


async def ask_heads(owners: Owners, contract_id: UUID, sources: Sequence[str]) -> dict[str, int | None]:
    """The last sequence of each source on a contract, by source; None for one that does not answer as it should."""
    heads: dict[str, int | None] = {}
    for source in sources:
        try:
            heads[source] = await owners.head(source, str(contract_id))
        except (Unavailable, Broken):
            heads[source] = None
    return heads
