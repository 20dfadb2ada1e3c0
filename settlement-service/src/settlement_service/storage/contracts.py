"""Storage: what is known of contracts: terms, when they ended, and who may read what of them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, cast, delete, func, insert, not_, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.core.errors import Broken, NotFound
from services.events.contracts import ContractActivated, ContractAmended, InForce
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes
from settlement_service.domain.agreement.audience import readership, readership_before
from settlement_service.domain.agreement.contract import Contract, Known
from settlement_service.domain.agreement.history import History, history_of
from settlement_service.storage import tables
from settlement_service.storage.tables import contract, statement

OWN_QUESTION = "service:settlement-service"
MOST_REMEMBERED = 512


class ContractAlreadyActive(Broken):
    """A second activation of one contract, which its owner never says."""

    code = "contract-active-already"


COLUMNS = (
    contract.c.id,
    contract.c.activation.is_not(None).label("is_active"),
    func.cardinality(contract.c.amendments).label("amended"),
    contract.c.terminated_on,
    contract.c.settlements,
    contract.c.suspended,
)


async def find_contract(tx: Transaction, contract_id: UUID) -> Contract | None:
    """A contract that the caller is a party of; None if it is none, or not known yet."""
    query = select(*COLUMNS).where(contract.c.id == contract_id, *_own(tx))
    return await _contract(tx, (await tx.connection.execute(query)).one_or_none())


async def get_contract(tx: Transaction, contract_id: UUID, *, lock: bool = False) -> Contract:
    """As `find_contract`. With `lock`, which only a payer and the worker can have, it stays as it is for everyone
    else until the transaction ends. Errors: `not-found`."""
    query = select(*COLUMNS).where(contract.c.id == contract_id, *_own(tx))
    row = (await tx.connection.execute(query.with_for_update() if lock else query)).one_or_none()
    contract_read = await _contract(tx, row)
    if contract_read is None:
        raise NotFound()
    return contract_read


async def get_contracts(tx: Transaction, contract_ids: Sequence[UUID]) -> dict[UUID, Contract]:
    """Those of the contracts that the caller is a party of, by id."""
    query = select(*COLUMNS).where(contract.c.id.in_(set(contract_ids)), *_own(tx))
    read = [await _contract(tx, row) for row in (await tx.connection.execute(query)).all()]
    return {each.id: each for each in read if each is not None}


async def lock_or_add(tx: Transaction, contract_id: UUID) -> Known:
    """A contract of which a fact has arrived, locked; from now on known, if it was not. The lock puts the facts on a
    contract into one order, in which they stand in the log."""
    row = (await tx.connection.execute(_locked(contract_id))).one_or_none()
    if row is None:
        # Another source's first fact may add it at this moment: then this waits for that, and adds nothing.
        await tx.connection.execute(upsert(contract).values(id=contract_id).on_conflict_do_nothing())
        row = (await tx.connection.execute(_locked(contract_id))).one()
    return await known_in(tx, row)


async def save_activation(tx: Transaction, fact: ContractActivated) -> None:
    """Keeps the terms and who may read what of the contract. Errors: `contract-active-already`."""
    not_active = (contract.c.id == fact.contract_id) & (contract.c.party_ids == [])
    kept = {"activation": shapes.document(fact), **_readers(fact)}
    if (await tx.connection.execute(update(contract).where(not_active).values(kept))).rowcount != 1:
        raise ContractAlreadyActive()
    await _save_readership(tx, fact.contract_id)


async def save_amendment(tx: Transaction, fact: ContractAmended) -> None:
    """Keeps one more version of the terms. Who may read what goes by it from now on. Whoever could read anything before
    still may: a payer that left approves and pays what it owes for what was achieved before. Of settlements, `of_shown`
    gives who left those alone that it was shown."""
    before = select(contract.c.party_ids, contract.c.payer_ids).where(contract.c.id == fact.contract_id)
    known = (await tx.connection.execute(before)).one()._mapping
    now = _readers(fact)
    readers = {name: list(dict.fromkeys([*ids, *known[name]])) for name, ids in now.items()}
    readers["left_ids"] = [party for party in readers["party_ids"] if party not in now["party_ids"]]
    added = func.array_append(contract.c.amendments, shapes.text(fact).decode())
    await tx.connection.execute(
        update(contract).where(contract.c.id == fact.contract_id).values(amendments=added, **readers)
    )
    await tx.connection.execute(delete(tables.readership).where(tables.readership.c.contract_id == fact.contract_id))
    await _save_readership(tx, fact.contract_id)


async def save_accrues(tx: Transaction, contract_id: UUID, *, accrues: bool) -> None:
    """Keeps whether what one subject is due never depends on another (`settling.accruals`)."""
    await tx.connection.execute(update(contract).where(contract.c.id == contract_id).values(accrues=accrues))


async def save_suspension(tx: Transaction, contract_id: UUID, *, suspended: bool) -> None:
    """Keeps whether settlement and payment wait."""
    await tx.connection.execute(update(contract).where(contract.c.id == contract_id).values(suspended=suspended))


def _readers(fact: InForce) -> dict[str, Any]:
    return {
        "party_ids": [party.organisation_id for party in fact.parties],
        "payer_ids": [party.organisation_id for party in fact.parties if party.role == "payer"],
    }


async def _save_readership(tx: Transaction, contract_id: UUID) -> None:
    terms = (await get_contract(tx, contract_id)).history.all_versions
    scopes: list[tuple[str, date | None, tuple[str, ...]]] = [
        *((scope, None, readers) for scope, readers in readership(terms).items()),
        *((scope, day, readers) for (scope, day), readers in readership_before(terms).items()),
    ]
    rows = [
        {"contract_id": contract_id, "scope": scope, "before": day, "reader_ids": list(readers)}
        for scope, day, readers in scopes
    ]
    if rows:
        await tx.connection.execute(insert(tables.readership), rows)


async def save_termination(tx: Transaction, contract_id: UUID, terminated_on: date) -> None:
    """Keeps from which day on nothing that is achieved is paid for. What waited for a resumption goes on, as there will
    be none."""
    await tx.connection.execute(
        update(contract).where(contract.c.id == contract_id).values(terminated_on=terminated_on, suspended=False)
    )


async def next_number(tx: Transaction, contract_id: UUID) -> int:
    """The number of the next settlement of a locked contract."""
    counted = update(contract).where(contract.c.id == contract_id).values(settlements=contract.c.settlements + 1)
    return int((await tx.connection.execute(counted.returning(contract.c.settlements))).scalar_one())


@asynccontextmanager
async def own_question(tx: Transaction) -> AsyncIterator[None]:
    """Within the block the service reads as itself, and row level security gives it rows that the caller may not see:
    items of all, for what they take up under a cap; and the leaves of the tree of inputs. Only sums and hashes may
    leave the block. An error ends the transaction, and with it the setting."""
    await tx.connection.execute(_ASKING, {"organisation": OWN_QUESTION})
    yield
    await tx.connection.execute(_ASKING, {"organisation": tx.caller.organisation})


_ASKING = text("select set_config('app.org', :organisation, true)")


def _locked(contract_id: UUID) -> Any:
    return select(*COLUMNS).where(contract.c.id == contract_id).with_for_update()


def of_party(tx: Transaction, contract_id: ColumnElement[UUID]) -> list[ColumnElement[bool]]:
    """The query's own filter for tables that belong to contracts, before row level security."""
    own = _own(tx)
    return [contract_id.in_(select(contract.c.id).where(*own))] if own else []


def of_shown(
    tx: Transaction, contract_id: ColumnElement[UUID], settlement_id: ColumnElement[UUID]
) -> list[ColumnElement[bool]]:
    """As `of_party`, for what belongs to a settlement: who left by an amendment sees settlements that it was shown."""
    own, organisation = _own(tx), tx.caller.organisation
    if not own:
        return []
    is_party = select(contract.c.id).where(*own, not_(contract.c.left_ids.contains([organisation])))
    shown = select(statement.c.settlement_id).where(statement.c.organisation_id == organisation)
    return [*of_party(tx, contract_id), or_(contract_id.in_(is_party), settlement_id.in_(shown))]


def _own(tx: Transaction) -> list[ColumnElement[bool]]:
    """The query's own filter, before row level security: parties see their contracts, the worker sees all."""
    if tx.caller.organisation == OWN_QUESTION:
        return []
    return [contract.c.party_ids.contains([tx.caller.organisation])]


async def known_in(tx: Transaction, row: Row[Any]) -> Known:
    """The contract in a row that has COLUMNS."""
    return await _contract(tx, row) or Known(row.id, None, row.terminated_on, row.settlements, row.suspended)


async def _contract(tx: Transaction, row: Row[Any] | None) -> Contract | None:
    if row is None or not row.is_active:
        return None
    history = await _history(tx, row.id, row.amended)
    return Contract(row.id, history, row.terminated_on, row.settlements, row.suspended)


async def _history(tx: Transaction, contract_id: UUID, amended: int) -> History:
    """The versions of an active contract's terms, from memory if they were read before. A version never changes, so
    that its contract and the number of amendments say which these are."""
    history = _READ_BEFORE.get((contract_id, amended))
    if history is None:
        query = select(cast(contract.c.activation, Text).label("first"), contract.c.amendments)
        row = (await tx.connection.execute(query.where(contract.c.id == contract_id))).one()
        first = shapes.read_trusted(ContractActivated, row.first)
        history = history_of([first, *(shapes.read_trusted(ContractAmended, text_) for text_ in row.amendments)])
        if len(_READ_BEFORE) >= MOST_REMEMBERED:
            del _READ_BEFORE[next(iter(_READ_BEFORE))]
        _READ_BEFORE[contract_id, amended] = history
    return history


_READ_BEFORE: dict[tuple[UUID, int], History] = {}
