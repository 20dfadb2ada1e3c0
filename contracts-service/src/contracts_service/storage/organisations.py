"""Storage: organisations of the directory."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from contracts_service.domain.organisation import Organisation, OrganisationAlreadyRegistered
from contracts_service.storage.tables import organisation
from services.core.errors import NotFound
from services.events.contracts import Unit
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes

Units = tuple[Unit, ...]


async def add_organisation(tx: Transaction, entry: Organisation) -> None:
    """Keeps a new entry. Errors: `organisation-already-registered`."""
    row = {
        "id": entry.id,
        "name": entry.name,
        "units": _units(entry),
        "revision": entry.revision,
        "registered_at": entry.registered_at,
    }
    added = await tx.connection.execute(upsert(organisation).values(row).on_conflict_do_nothing())
    if added.rowcount == 0:
        raise OrganisationAlreadyRegistered()


async def save_organisation(tx: Transaction, entry: Organisation) -> None:
    """Keeps what was changed."""
    changed = {"name": entry.name, "units": _units(entry), "revision": entry.revision}
    await tx.connection.execute(update(organisation).where(organisation.c.id == entry.id).values(changed))


async def get_organisation(tx: Transaction, organisation_id: str, *, lock: bool = False) -> Organisation:
    """The entry; with `lock`, nobody else changes it until this transaction ends. Errors: `not-found`."""
    query = select(organisation).where(organisation.c.id == organisation_id)
    row = (await tx.connection.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NotFound()
    return _entry(row)


async def list_organisations(tx: Transaction, after: str | None, limit: int) -> Sequence[Organisation]:
    """Up to `limit` entries, by id, from the one after `after` on."""
    query = select(organisation).order_by(organisation.c.id).limit(limit)
    if after is not None:
        query = query.where(organisation.c.id > after)
    return [_entry(row) for row in await tx.connection.execute(query)]


async def find_names(tx: Transaction, organisation_ids: Collection[str]) -> Mapping[str, str]:
    """The names of those of these organisations that are registered, by id."""
    query = select(organisation.c.id, organisation.c.name).where(organisation.c.id.in_(organisation_ids))
    return {row.id: row.name for row in await tx.connection.execute(query)}


def _units(entry: Organisation) -> Any:
    return [shapes.document(unit) for unit in entry.units]


def _entry(row: Row[Any]) -> Organisation:
    return Organisation(
        id=row.id,
        name=row.name,
        units=shapes.read(Units, row.units),
        revision=row.revision,
        registered_at=row.registered_at,
    )
