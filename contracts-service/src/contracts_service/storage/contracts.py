"""Storage: contracts, each with its newest version of the terms, the one in effect, and the signatures on both."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, insert, select, update

from contracts_service.domain.contract import Contract, Heading, PartyStatus, Version
from contracts_service.storage import terms
from contracts_service.storage.organisations import find_names
from contracts_service.storage.tables import contract
from services.core.errors import NotFound
from services.kit.database.transaction import Transaction


async def add_contract(tx: Transaction, drafted: Contract) -> None:
    """Keeps a new contract; its terms are kept by `add_terms`, in the same transaction."""
    row = {
        "id": drafted.id,
        "title": drafted.heading.title,
        "decision_ref": drafted.heading.decision_ref,
        "procurement_ref": drafted.heading.procurement_ref,
        "created_at": drafted.created_at,
        **_changing(drafted),
    }
    await tx.connection.execute(insert(contract).values(row))


async def save_contract(tx: Transaction, changed: Contract) -> None:
    """Keeps what a command made of a contract, the state of its newest terms included."""
    await tx.connection.execute(update(contract).where(contract.c.id == changed.id).values(_changing(changed)))
    await terms.save_terms_state(tx, changed.id, changed.newest.terms)


async def get_contract(tx: Transaction, contract_id: UUID, *, lock: bool = False) -> Contract:
    """A contract that the caller is a party of. With `lock` it stays as it is for everyone else until this
    transaction ends; the rest is read after the lock was given, so that none of it is older. Errors: `not-found`."""
    this = contract.c.id == contract_id
    if lock:
        await tx.connection.execute(select(contract.c.id).where(this, _own(tx)).with_for_update())
    contracts = await _contracts(tx, this, limit=1)
    if not contracts:
        raise NotFound()
    return contracts[0]


async def list_contracts(tx: Transaction, after: UUID | None, limit: int) -> Sequence[Contract]:
    """Up to `limit` contracts that the caller is a party of, the oldest first, from the one after `after` on."""
    return await _contracts(tx, *([] if after is None else [contract.c.id > after]), limit=limit)


async def get_party_status(tx: Transaction, contract_id: UUID) -> PartyStatus:
    """Who is a party of a contract, and its state: for the other services. Who comes in with an amendment is none
    before that is in effect. Errors: `not-found`."""
    columns = (contract.c.id, contract.c.state, contract.c.party_ids, contract.c.member_ids)
    row = (await tx.connection.execute(select(*columns).where(contract.c.id == contract_id))).one_or_none()
    if row is None:
        raise NotFound()
    return PartyStatus(contract_id=row.id, state=row.state, parties=tuple(row.member_ids or row.party_ids))


def _own(tx: Transaction) -> ColumnElement[bool]:
    return contract.c.party_ids.contains([tx.caller.organisation])


def _changing(this: Contract) -> dict[str, Any]:
    return {
        "state": this.state,
        "revision": this.revision,
        "version": this.newest.terms.version,
        "party_ids": list(this.readers()),
        "member_ids": list(this.members),
        "began_on": this.began_on,
        "terminated_on": this.terminated_on,
    }


async def _contracts(tx: Transaction, *conditions: ColumnElement[bool], limit: int) -> Sequence[Contract]:
    query = select(contract).where(_own(tx), *conditions).order_by(contract.c.id).limit(limit)
    rows = (await tx.connection.execute(query)).all()
    if not rows:
        return []
    names = await find_names(tx, {id_ for row in rows for id_ in row.party_ids})
    versions = await terms.find_current_versions(tx, [row.id for row in rows])
    return [_contract(row, names, versions[row.id]) for row in rows]


def _contract(row: Row[Any], names: Mapping[str, str], versions: Sequence[Version]) -> Contract:
    effective = [version for version in versions if version.terms.state == "effective"]
    return Contract(
        id=row.id,
        heading=Heading(row.title, row.decision_ref, row.procurement_ref),
        state=row.state,
        revision=row.revision,
        newest=versions[-1],
        in_effect=effective[-1] if effective else None,
        names={id_: names[id_] for id_ in row.party_ids},
        members=tuple(row.member_ids),
        created_at=row.created_at,
        began_on=row.began_on,
        terminated_on=row.terminated_on,
    )
