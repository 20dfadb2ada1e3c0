"""Use case: where a contract stands for one of its parties."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.core.period import local_date
from services.kit.database.transaction import Transaction
from settlement_service.domain.agreement.audience import Audience
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.domain.settling.shadow import Shadow, has_shadow, shadow_of
from settlement_service.domain.statement.position import ContractPosition, Headroom, position_of
from settlement_service.storage import claims, contracts, settlements, statements
from settlement_service.storage.contracts import own_question
from settlement_service.usecases.gather_basis import gather_basis
from settlement_service.usecases.get_settlement import reader_of


@dataclass(frozen=True, slots=True)
class PositionShown:
    """A contract's position as its reader is shown it; totals in minor units. `details` are of this moment. There are
    none for a reader from whom small counts are hidden, and for a payer that left: their totals are those of the posted
    settlement `as_of`."""

    contract_id: UUID
    terms: Terms
    audience: Audience
    entitled_minor: int
    settled_minor: int
    details: ContractPosition | None
    headroom: tuple[Headroom, ...]
    shadow: tuple[Shadow, ...] = ()
    as_of: Settlement | None = None


async def get_position(tx: Transaction, contract_id: UUID) -> PositionShown:
    """The position of a contract for the caller's organisation. Errors: `not-found`."""
    contract = await contracts.get_contract(tx, contract_id)
    audience = reader_of(tx, contract)
    has_left = audience.sees_everything and contract.has_left(audience.organisation)
    if audience.grouped or has_left:
        return await _as_posted(tx, contract, audience)
    async with own_question(tx):
        basis = await gather_basis(tx, contract)
        claimed = await claims.of_contract(tx, contract_id) if has_shadow(contract.history) else []
    tomorrow = local_date(tx.now, contract.terms.time_zone) + timedelta(days=1)
    position = position_of(basis, audience, tomorrow)
    shadow = shadow_of(contract.history, contract.terminated_on, claimed, tomorrow, audience)
    return PositionShown(
        contract_id=contract_id,
        terms=contract.terms,
        audience=audience,
        entitled_minor=sum(rule.entitled_minor for rule in position.rules),
        settled_minor=sum(rule.settled_minor for rule in position.rules),
        details=position,
        headroom=position.headroom,
        shadow=tuple(shadow),
    )


async def _as_posted(tx: Transaction, contract: Contract, audience: Audience) -> PositionShown:
    """The position by the reader's last posted statement, and nothing newer: by totals that move with each fact it
    could count people. The cap on the contract is shown to a party of the terms that it stands in, where nobody else is
    paid: otherwise what is used of it would tell what others got."""
    terms, organisation = contract.terms, audience.organisation
    last = await settlements.last_posted(tx, contract.id)
    shown = await statements.find_projection(tx, last.id) if last else None
    settled = shown.previously_minor + shown.total_minor if shown else 0
    may_read = terms.may_read(audience.role, "payment") and not contract.has_left(organisation)
    alone = all(payees == (organisation,) for payees in contract.history.all_versions.payees.values())
    limits = [limit for limit in terms.limits if limit.definition.kind == "contract" and may_read and alone]
    return PositionShown(
        contract_id=contract.id,
        terms=terms,
        audience=audience,
        entitled_minor=settled,
        settled_minor=settled,
        details=None,
        headroom=tuple(Headroom("contract", None, limit.minor, settled) for limit in limits),
        as_of=last,
    )
