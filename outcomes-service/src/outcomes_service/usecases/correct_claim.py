"""Use case: the reporter puts a new claim in the place of one that was wrong."""

from uuid import UUID

from outcomes_service.domain.answer import Answer
from outcomes_service.domain.claim import Claim
from outcomes_service.domain.deciding import supersede
from outcomes_service.domain.reporting import Correction, Reported
from outcomes_service.storage.claims import find_existing, get_claim
from outcomes_service.usecases.change_claim import change_claim, lock_claim
from outcomes_service.usecases.report_claims import keep_claims
from services.kit.database.transaction import Transaction
from services.kit.process import clock


async def correct_claim(
    tx: Transaction, claim_id: UUID, reported: Reported, order_secret: bytes, expected: int
) -> tuple[Answer, Claim]:
    """The new claim, which may take the old one's occurrence; a correction sent again is `replayed`. Errors:
    `not-found`, those of `supersede`, and those of reporting a claim."""
    contract, claim = await lock_claim(tx, claim_id)
    by = tx.caller.organisation
    correction = Correction(of=claim.id, by=clock.new_id())
    if reported.external_id not in await find_existing(tx, contract.id, [reported.external_id]):
        await change_claim(tx, supersede(contract, claim, by, correction.by, expected, tx.now))
    (answer,) = await keep_claims(tx, contract, [reported], order_secret, correction)
    kept = answer.or_refusal().id
    assert kept is not None
    return answer, await get_claim(tx, kept)
