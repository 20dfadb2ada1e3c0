"""Use case: all that a settlement, a position or an explanation of a contract is computed from, as it is now."""

from collections.abc import Sequence
from datetime import date

from services.core.terms.naming import looks_at_enrolled, metrics_looked_at
from services.kit.database.transaction import Transaction
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.limits.caps import Taken
from settlement_service.domain.settling.accruals import individually
from settlement_service.domain.settling.basis import Basis
from settlement_service.domain.settling.posted_totals import Total, taken_besides
from settlement_service.domain.settling.stages import unsettles
from settlement_service.storage import claims, enrolments, items, opened, settlements


async def gather_basis(tx: Transaction, contract: Contract) -> Basis:
    """The basis of the whole contract: items by subject as they were evaluated when facts came; claims and enrolments
    only where a rule looks at several subjects together."""
    return await _gather(tx, contract, None, {})


async def gather_of(tx: Transaction, contract: Contract, subjects: opened.Subjects) -> Basis:
    """The basis of these subjects alone, where what one is due does not depend on another (`settling.accruals`)."""
    return individually(await _gather(tx, contract, subjects, {}))


async def gather_new(tx: Transaction, contract: Contract, ends: date, totals: Sequence[Total]) -> Basis:
    """The basis that a settlement up to `ends` needs. Where what is settled stays settled, it is that of the subjects
    of whom something is new; what all others take up under caps is known by the `totals` of all that is posted."""
    if any(map(unsettles, contract.history.versions)):
        return await _gather(tx, contract, None, {})
    subjects = await opened.open_subjects(tx, contract.id)
    seen = await items.posted_of(tx, contract.id, subjects)
    limits = contract.history.at_end(ends).limits
    return await _gather(tx, contract, subjects, taken_besides(limits, totals, seen))


async def _gather(tx: Transaction, contract: Contract, subjects: opened.Subjects, rest: Taken) -> Basis:
    versions = contract.history.versions
    metrics = frozenset(metric for terms in versions for metric in metrics_looked_at(terms.as_signed))
    enrolled = any(looks_at_enrolled(terms.as_signed) for terms in versions)
    return Basis(
        history=contract.history,
        terminated_on=contract.terminated_on,
        items=await items.items_of(tx, contract.id, subjects),
        outcomes=OutcomeData(
            contract.id,
            await claims.on_metrics(tx, contract.id, metrics),
            await enrolments.of_contract(tx, contract.id) if enrolled else (),
        ),
        posted=await items.posted_of(tx, contract.id, subjects),
        claims=await claims.that_give_reasons(tx, contract.id, subjects),
        settled=await settlements.posted_by_period(tx, contract.id),
        rest=rest,
    )
