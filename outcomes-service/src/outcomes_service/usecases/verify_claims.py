"""Use case: the verifier decides on claims, one or thousands at a time."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from outcomes_service.domain.answer import Answer, refused
from outcomes_service.domain.claim import Claim, Reason, Verdict
from outcomes_service.domain.contract import AT_CLAIMS
from outcomes_service.domain.deciding import Change, verify
from outcomes_service.storage.claims import find_claims, find_contract_of, get_claim, save_changes
from outcomes_service.storage.contracts import get_contract
from services.core.errors import NotFound, Refusal
from services.kit.database.transaction import Transaction
from services.kit.facts.outbox import tell


class Deciding(NamedTuple):
    """A decision on one claim, and the revision of it that the verifier read."""

    claim_id: UUID
    revision: int
    verdict: Verdict
    reason: Reason | None


async def verify_claims(tx: Transaction, contract_id: UUID, rows: Sequence[Deciding]) -> list[Answer]:
    """One answer a row, in order. Errors: `not-found`, `role-not-allowed`."""
    contract = await get_contract(tx, contract_id, lock=True)
    contract.require(tx.caller.organisation, AT_CLAIMS)
    if not rows:
        return []
    claims: dict[UUID, Claim] = dict(await find_claims(tx, contract_id, {row.claim_id for row in rows}))
    answers: list[Answer] = []
    changes: list[Change] = []
    for row in rows:
        claim = claims.get(row.claim_id)
        try:
            if claim is None:
                raise NotFound()
            change = verify(contract, claim, tx.caller.organisation, row.verdict, row.reason, row.revision, tx.now)
        except Refusal as refusal:
            answers.append(refused(refusal))
            continue
        answers.append(Answer("created" if change else "replayed", claim.id))
        if change:
            changes.append(change)
            claims[claim.id] = change.claim
    if changes:
        await save_changes(tx, changes)
        await tell(tx, contract_id, [fact for change in changes for fact in change.facts])
    return answers


async def verify_claim(tx: Transaction, row: Deciding) -> tuple[Answer, Claim]:
    """The answer and the claim as it is then. Errors: `not-found` and those of the decision."""
    contract_id = await find_contract_of(tx, row.claim_id)
    (answer,) = await verify_claims(tx, contract_id, [row])
    return answer.or_refusal(), await get_claim(tx, row.claim_id)
