"""Tests: a settlement that refers to what was worked out as facts arrived says what the domain says of all at once."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.events.contracts import NamedParty
from services.events.outcomes import OutcomeWithdrawn
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.facts.hashes import over
from settlement_service.domain.facts.log import ITEMS_POSTED, OWN_SOURCE, body_of
from settlement_service.domain.ledger.lifecycle import LineHash, Settlement
from settlement_service.domain.settling.change import Change, place_of
from settlement_service.domain.settling.posted_items import items_posted
from settlement_service.domain.settling.sealing import items_hash, sealed
from settlement_service.domain.settling.settle import settle
from settlement_service.domain.settling.sums import Sums
from settlement_service.domain.statement.statement import statement_of, statement_over
from settlement_service.storage import contracts, inputs, opened, settled_items, settlements
from settlement_service.usecases.gather_basis import gather_basis
from settlement_service.usecases.settle_from_accruals import settle_from_accruals
from settlement_service.worker import accrue_changed

from ..builders import (
    NOON,
    PAYER,
    a_cap,
    a_claim,
)
from ..conftest import Settling
from ..plain_courses import a_course, a_plain_contract

ENDS = (date(2026, 4, 1), date(2026, 7, 1), date(2027, 1, 1))


@pytest.mark.parametrize(("seed", "most"), [(seed, 99_000_000 if seed < 8 else 900_000) for seed in range(12)])
async def test_after_any_course_it_says_what_the_domain_says(settling: Settling, seed: int, most: int) -> None:
    dice = random.Random(seed)
    contract = a_plain_contract(dice, most)
    await settling.tell(contract)
    for turn, end in enumerate((*ENDS, *dice.sample(ENDS, 2), ENDS[-1])):
        for fact in a_course(dice, contract.contract_id, turn):
            await settling.tell(fact)
            if dice.random() < 0.1:
                await worked_out(settling)
        path = await prepared(settling, contract.contract_id, end, "scheduled" if turn < len(ENDS) else "correction")
        assert await referred(settling, path) is not None or most < 99_000_000
        if dice.random() < 0.2:
            await settling.freeze()
            revision = (await settling.get(PAYER, path)).json()["revision"]
            assert (await settling.post(PAYER, f"{path}/cancellation", {}, revision)).status_code == 200
            continue
        await posted(settling, path, [party for party in contract.parties if party.role == "payer"])
        await _logged(settling, path)


async def test_where_a_cap_that_people_share_may_cut_all_are_looked_at_together(settling: Settling) -> None:
    contract = await settling.contract(*(a_claim(n) for n in range(10)), caps=[a_cap("contract", 99_999)])
    assert await referred(settling, await prepared(settling, contract.contract_id, ENDS[-1])) is None


async def test_a_cap_that_people_share_cuts_nobody_for_whom_there_is_room_by_now(settling: Settling) -> None:
    claims = [a_claim(n) for n in range(10)]
    contract = await settling.contract(*claims, caps=[a_cap("contract", 95_000)])
    await worked_out(settling)
    gone = (
        OutcomeWithdrawn(contract_id=contract.contract_id, claim_id=claim.id, withdrawn_at=NOON) for claim in claims[:5]
    )
    await settling.tell(*gone)
    sums = await referred(settling, await prepared(settling, contract.contract_id, ENDS[-1]))
    assert sums is not None
    assert [line.figures.amount_minor for line in sums.by_line.values()] == [50_000]


async def test_what_a_settlement_refers_to_stays_as_it_was(settling: Settling) -> None:
    claim = a_claim(1)
    contract = await settling.contract(claim)
    path = await prepared(settling, contract.contract_id, ENDS[-1])
    await settling.freeze()
    before = await items(settling, path)
    await settling.tell(OutcomeWithdrawn(contract_id=contract.contract_id, claim_id=claim.id, withdrawn_at=NOON))
    await worked_out(settling)
    assert len(before) == 1
    assert await items(settling, path) == before
    async with settling.as_worker() as tx:
        with pytest.raises(DBAPIError, match="a settlement refers to this item"):
            await tx.connection.execute(text("delete from accrued_item"))
        await tx.connection.rollback()


async def test_what_no_settlement_refers_to_is_not_kept(settling: Settling) -> None:
    claim = a_claim(1)
    contract = await settling.contract(claim)
    await worked_out(settling)
    await settling.tell(OutcomeWithdrawn(contract_id=contract.contract_id, claim_id=claim.id, withdrawn_at=NOON))
    await worked_out(settling)
    async with settling.as_worker() as tx:
        kept = text("select count(*) from accrued_item where contract_id = :contract")
        assert (await tx.connection.execute(kept, {"contract": contract.contract_id})).scalar_one() == 0


async def test_what_came_between_calculating_and_posting_is_worked_out_anew_and_kept_once(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    shown = await settling.prepare(contract.contract_id)
    await settling.verify(contract.contract_id, a_claim(2))
    await worked_out(settling)
    await settling.posted(await settling.approve(shown))
    await worked_out(settling)
    async with settling.as_worker() as tx:
        kept = text(
            "select subject_id, accrued_after > 0 as anew from accrued_item"
            " where contract_id = :contract order by since"
        )
        rows = (await tx.connection.execute(kept, {"contract": contract.contract_id})).all()
    assert [tuple(row) for row in rows] == [(a_claim(1).subject_id, False), (a_claim(2).subject_id, True)]


async def worked_out(settling: Settling) -> None:
    changed = 1
    while changed:
        changed, failed = await accrue_changed(settling.worker)
        assert failed == 0


async def referred(settling: Settling, path: str) -> Sums | None:
    """What it comes to, once it is seen that it is what the domain says; nothing of it stays."""
    async with settling.as_worker() as tx:
        settlement = await settlements.get_settlement(tx, UUID(path.rsplit("/", 1)[1]))
        contract = await contracts.get_contract(tx, settlement.contract_id)
        sums = await settle_from_accruals(tx, contract, settlement, await opened.posted_totals(tx, contract.id))
        kept = await _kept(tx, contract, await _calculated(tx, settlement, sums))
        settled = settle(await gather_basis(tx, contract), settlement.period.end)
        await tx.connection.rollback()
    if sums is None:
        assert kept == []
        return None
    assert kept == settled.changes
    assert over(sums.hashes.values()).hex() == items_hash(sealed(settled.changes))
    of = (contract.history, settlement.kind, settlement.period)
    ours, theirs = statement_over(*of, sums), statement_of(*of, settled)
    assert [replace(line, sample_subject_ids=frozenset()) for line in ours.lines] == [
        replace(line, sample_subject_ids=frozenset()) for line in theirs.lines
    ]
    for line, whole in zip(ours.lines, theirs.lines, strict=True):
        assert line.sample_subject_ids <= whole.sample_subject_ids
        assert len(line.sample_subject_ids) >= min(5, len(whole.sample_subject_ids))
    return sums


async def _calculated(tx: Transaction, settlement: Settlement, sums: Sums | None) -> Settlement:
    known = await inputs.count_inputs(tx, settlement.contract_id)
    lines = tuple(LineHash(*line, "") for line in sums.hashes) if sums else ()
    calculated = replace(settlement, inputs=known, lines=lines, accrued_after=sums.accrued_after if sums else None)
    await settlements.save_calculated(tx, calculated)
    return calculated


async def items(settling: Settling, path: str) -> list[Change]:
    async with settling.as_worker() as tx:
        settlement = await settlements.get_settlement(tx, UUID(path.rsplit("/", 1)[1]))
        return await _kept(tx, await contracts.get_contract(tx, settlement.contract_id), settlement)


async def _kept(tx: Transaction, contract: Contract, settlement: Settlement) -> list[Change]:
    """All items of a settlement, in their order, read in pages."""
    rows_read = []
    for line in settlement.lines:
        last = None
        while some := await settled_items.page_of_items(tx, settlement, line.key, last, 7):
            rows_read += some
            last = some[-1].place
    assert rows_read == sorted(rows_read, key=lambda change: place_of(contract.history, change))
    return rows_read


async def _logged(settling: Settling, path: str) -> None:
    """What was posted stands in the log as the domain writes it."""
    async with settling.as_worker() as tx:
        settlement = await settlements.get_settlement(tx, UUID(path.rsplit("/", 1)[1]))
        contract = await contracts.get_contract(tx, settlement.contract_id)
        items = await _kept(tx, contract, settlement)
        log = await inputs.page(tx, contract.id, 1 << 30, settlement.inputs or 0, 1 << 30, None)
    expected = items_posted(contract.id, settlement.number, settlement.period.end, items)
    assert [row.body for row in log] == [
        body_of(OWN_SOURCE, row.sequence, ITEMS_POSTED, shapes.document(fact), part)
        for part, (row, fact) in enumerate(zip(log, expected, strict=True))
    ]


async def prepared(settling: Settling, contract_id: UUID, end: date, kind: str = "scheduled") -> str:
    body = {"kind": kind, "period": {"start": "2026-01-01", "end": end.isoformat()}}
    answer = await settling.post(PAYER, f"/v1/contracts/{contract_id}/settlements", body)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


async def posted(settling: Settling, path: str, payers: Iterable[NamedParty]) -> None:
    await settling.freeze()
    for place, payer in enumerate(payers):
        shown = (await settling.get(payer.organisation_id, path)).json()
        content = {"contentSha256": shown["contentSha256"]}
        answer = await settling.post(
            payer.organisation_id, f"{path}/approvals", content, shown["revision"], f"bo {place}"
        )
        assert answer.status_code == 200, answer.text
    await settling.posted(answer.json())
