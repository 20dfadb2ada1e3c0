"""Use case: all that a settlement, a position or an explanation of a contract is computed from, as it is now."""

from services.kit.transaction import Transaction
from settlement_service.domain.contract import Contract
from settlement_service.domain.difference import Basis
from settlement_service.domain.known import Facts
from settlement_service.domain.naming import looks_at_enrolled, metrics_looked_at
from settlement_service.storage import claims, enrolments, items, settlements


async def gather_basis(tx: Transaction, contract: Contract) -> Basis:
    """Items by subject as they were evaluated when facts came; claims and enrolments only where a rule looks at several
    subjects together."""
    versions = contract.history.versions
    metrics = frozenset(metric for terms in versions for metric in metrics_looked_at(terms.said))
    enrolled = any(looks_at_enrolled(terms.said) for terms in versions)
    return Basis(
        history=contract.history,
        terminated_on=contract.terminated_on,
        items=await items.items_of(tx, contract.id),
        facts=Facts(
            contract.id,
            await claims.on_metrics(tx, contract.id, metrics),
            await enrolments.of_contract(tx, contract.id) if enrolled else (),
        ),
        posted=await items.posted_of(tx, contract.id),
        claims=await claims.that_give_reasons(tx, contract.id),
        settled=await settlements.posted_by_period(tx, contract.id),
    )
