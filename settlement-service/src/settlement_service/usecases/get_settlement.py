"""Use case: a settlement as its reader may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.core.access import RoleNotAllowed
from services.core.errors import NotFound
from services.kit.database.transaction import Transaction
from settlement_service.domain.agreement.audience import Audience, audience_of
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.ledger.approval import Approval
from settlement_service.domain.ledger.lifecycle import POSTED, Settlement, State
from settlement_service.domain.ledger.payments import Confirmed
from settlement_service.domain.statement.projection import Projection
from settlement_service.storage import contracts, ledger, settlements, statements


@dataclass(frozen=True, slots=True)
class Since:
    """What came after a settlement was calculated. `outstanding` is what is owed to each payee, in minor units, once it
    is posted."""

    approvals: tuple[Approval, ...]
    payments: tuple[Confirmed, ...]
    outstanding: tuple[tuple[str, int], ...] | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A settlement as its reader is shown it. `projection` is there once it is calculated. For a reader from whom small
    counts are hidden, it is there once it is posted: drafts replace each other, and one could be subtracted from
    another. `since` is not looked up for lists."""

    settlement: Settlement
    history: History
    audience: Audience
    projection: Projection | None
    since: Since | None = None

    @property
    def terms(self) -> Terms:
        """The version that the settlement was calculated by; until then the newest."""
        version = self.settlement.terms_version
        return self.history.newest if version is None else self.history.version(version)


async def get_revision(tx: Transaction, settlement_id: UUID) -> int:
    """The revision that a reader would be shown now. Errors: `not-found`."""
    return (await settlements.get_settlement(tx, settlement_id)).revision


async def get_settlement(tx: Transaction, settlement_id: UUID) -> Shown:
    """One settlement, with all that its reader is shown. Errors: `not-found`."""
    settlement = await settlements.get_settlement(tx, settlement_id)
    return await show(tx, settlement)


async def show(tx: Transaction, settlement: Settlement) -> Shown:
    """A settlement that was read, as the caller may see it. Errors: `not-found`."""
    contract = await contracts.get_contract(tx, settlement.contract_id)
    audience = reader_of(tx, contract)
    return Shown(
        settlement=settlement,
        history=contract.history,
        audience=audience,
        projection=await _projection(tx, settlement, audience),
        since=await _since(tx, settlement, audience),
    )


async def list_settlements(
    tx: Transaction, contract_id: UUID | None, state: State | None, after: tuple[UUID, int] | None, limit: int
) -> list[Shown]:
    """Up to `limit` settlements of a contract, or of all that the caller is a party of, without approvals and
    payments. Errors: `not-found` for a contract that the caller is no party of."""
    if contract_id is not None:
        await contracts.get_contract(tx, contract_id)
    states: Sequence[State] | None = None if state is None else (state,)
    page = await settlements.list_settlements(tx, contract_id, states, after, limit)
    by_id = await contracts.get_contracts(tx, [settlement.contract_id for settlement in page])
    projections = await statements.find_projections(tx, [settlement.id for settlement in page])
    shown = []
    for settlement in page:
        contract = by_id[settlement.contract_id]
        audience = reader_of(tx, contract)
        projection = projections.get(settlement.id) if _is_shown_to(settlement, audience) else None
        shown.append(Shown(settlement, contract.history, audience, projection))
    return shown


def reader_of(tx: Transaction, contract: Contract) -> Audience:
    """What the caller is shown of a contract. Errors: `not-found` for who is no party."""
    audience = audience_of(contract.history.all_versions, tx.caller.organisation)
    if audience is None:
        raise NotFound()
    return audience


async def get_for_items(tx: Transaction, settlement_id: UUID) -> tuple[Settlement, Contract, Audience]:
    """A calculated settlement, for a reader of items. Errors: `not-found`; `role-not-allowed` for who may never see
    what concerns single persons."""
    settlement = await settlements.get_settlement(tx, settlement_id)
    contract = await contracts.get_contract(tx, settlement.contract_id)
    audience = reader_of(tx, contract)
    if not audience.items:
        raise RoleNotAllowed("Items and inputs are for who pays, reports, verifies, or is paid as the provider.")
    if settlement.content_sha256 is None:
        raise NotFound()
    return settlement, contract, audience


async def _since(tx: Transaction, settlement: Settlement, audience: Audience) -> Since:
    approvals = await ledger.approvals_of(tx, settlement.id)
    payments = await ledger.payments_of(tx, settlement.id)
    own = tuple(
        confirmed
        for confirmed in payments
        if audience.sees_everything or confirmed.payment.payee == audience.organisation
    )
    if settlement.state not in POSTED:
        return Since(tuple(approvals), own, None)
    balances = await ledger.balances_of(tx, settlement.id, "receivable")
    owed = tuple(
        (payee, minor)
        for payee, minor in balances.items()
        if audience.sees_everything or payee == audience.organisation
    )
    return Since(tuple(approvals), own, owed)


async def _projection(tx: Transaction, settlement: Settlement, audience: Audience) -> Projection | None:
    if not _is_shown_to(settlement, audience):
        return None
    return await statements.find_projection(tx, settlement.id)


def _is_shown_to(settlement: Settlement, audience: Audience) -> bool:
    return settlement.state in POSTED or not audience.grouped
