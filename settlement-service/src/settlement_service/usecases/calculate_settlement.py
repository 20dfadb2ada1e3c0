"""Use case: the inputs of a settlement are fixed, and its statement is computed, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.core.money import from_minor
from services.events.settlements import (
    CutByCap,
    PayerShare,
    Position,
    SettlementCalculated,
    SettlementFrozen,
    StatementLine,
)
from services.kit.database.transaction import Transaction
from services.kit.facts.outbox import tell
from settlement_service.domain.agreement.audience import audience_of
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.facts.figures import RuleAndPayee
from settlement_service.domain.facts.hashes import over
from settlement_service.domain.facts.log import OWN_SOURCE
from settlement_service.domain.ledger.lifecycle import LineHash, Settlement, check_move
from settlement_service.domain.settling.posted_totals import Total, by_payee
from settlement_service.domain.settling.sealing import line_hashes, sealed
from settlement_service.domain.settling.settle import settle
from settlement_service.domain.settling.sums import Sums, sums_of
from settlement_service.domain.statement.projection import Projection, is_shown_to, project
from settlement_service.domain.statement.statement import Line, Statement, statement_over
from settlement_service.storage import inputs, opened, settled_items, settlements, statements
from settlement_service.usecases.gather_basis import gather_new
from settlement_service.usecases.settle_from_accruals import settle_from_accruals


async def calculate_settlement(tx: Transaction, contract: Contract, settlement: Settlement) -> Settlement:
    """The calculated settlement of a locked contract. Its inputs are all that stand in the log now: facts that come in
    wait for the contract's lock, so none slips in between the fixing and the computing."""
    check_move(settlement.state, "settlement.frozen")
    totals = await opened.posted_totals(tx, contract.id)
    sums = await _settled(tx, contract, settlement, totals)
    statement = statement_over(contract.history, settlement.kind, settlement.period, sums)
    shown = _projections(statement, by_payee(totals))
    tree = await inputs.tree_of_all(tx, contract.id, contract.terms.root)
    calculated = replace(
        settlement,
        state="calculated",
        revision=settlement.revision + 1,
        waiting=(),
        terms_version=statement.version,
        known=await _known(tx, settlement),
        inputs=tree.inputs,
        inputs_sha256=tree.root.hex(),
        items_sha256=over(sums.hashes.values()).hex(),
        lines=tuple(LineHash(*line, sha256.hex()) for line, sha256 in sums.hashes.items()),
        accrued_after=sums.accrued_after,
        content_sha256=_payers_sha256(contract, shown),
        calculated_at=tx.now,
    )
    await settlements.save_calculated(tx, calculated)
    await statements.add_statement(tx, calculated, statement.lines, shown)
    await tell(tx, contract.id, _facts(calculated, statement))
    return calculated


def _payers_sha256(contract: Contract, shown: Sequence[Projection]) -> str:
    """The hash of the content that payers approve: they all are shown the same, everything."""
    payers = contract.terms.payers()
    return next(projection.content_sha256 for projection in shown if projection.organisation in payers)


async def _settled(tx: Transaction, contract: Contract, settlement: Settlement, totals: Sequence[Total]) -> Sums:
    """The sums of the settlement; its items are kept."""
    accrued = await settle_from_accruals(tx, contract, settlement, totals)
    if accrued is not None:
        return accrued
    settled = settle(await gather_new(tx, contract, settlement.period.end, totals), settlement.period.end)
    items = sealed(settled.items)
    await settled_items.add_items(tx, settlement, items)
    return Sums(sums_of(settled.changes), settled.nothing, settled.unchanged, line_hashes(items))


def _projections(statement: Statement, posted: Mapping[RuleAndPayee, int]) -> list[Projection]:
    terms = statement.history.all_versions
    audiences = (audience_of(terms, party.organisation_id) for party in terms.parties)
    return [
        project(statement, audience, posted)
        for audience in audiences
        if audience is not None and is_shown_to(statement, audience)
    ]


async def _known(tx: Transaction, settlement: Settlement) -> tuple[Position, ...]:
    """The last sequence of each source that was taken in: at least the one that its owner named when it was asked."""
    sources = [head.source for head in settlement.heads or ()]
    applied = await settlements.applied(tx, settlement.contract_id, sources)
    own = await inputs.own_last(tx, settlement.contract_id)
    sequences = {**applied, **({OWN_SOURCE: own} if own else {})}
    return tuple(Position(source=source, sequence=sequence) for source, sequence in sequences.items())


def _facts(calculated: Settlement, statement: Statement) -> list[object]:
    currency = statement.currency
    total = sum(line.figures.amount_minor for line in statement.lines)
    frozen = SettlementFrozen(
        contract_id=calculated.contract_id,
        settlement_id=calculated.id,
        number=calculated.number,
        kind=calculated.kind,
        period=calculated.period,
        known=calculated.known,
        inputs=calculated.inputs or 0,
        inputs_sha256=calculated.inputs_sha256 or "",
    )
    calculation = SettlementCalculated(
        contract_id=calculated.contract_id,
        settlement_id=calculated.id,
        terms_version=statement.version,
        lines=tuple(_line(n, line, currency) for n, line in enumerate(statement.lines, start=1)),
        total=from_minor(total, currency),
        content_sha256=calculated.content_sha256 or "",
        items_sha256=calculated.items_sha256 or "",
        items_at=f"/v1/settlements/{calculated.id}/lines",
    )
    return [frozen, calculation]


def _line(number: int, line: Line, currency: str) -> StatementLine:
    return StatementLine(
        number=number,
        rule=line.rule,
        kind=line.kind,
        price=None if line.price_minor is None else from_minor(line.price_minor, currency),
        people=line.people_count,
        units=line.figures.units,
        amount=from_minor(line.figures.amount_minor, currency),
        cut=tuple(CutByCap(cap=cap, amount=from_minor(minor, currency)) for cap, minor in line.figures.cuts),
        payee=line.payee,
        nature=line.nature,
        shares=tuple(PayerShare(payer=payer, amount=from_minor(minor, currency)) for payer, minor in line.shares),
    )
