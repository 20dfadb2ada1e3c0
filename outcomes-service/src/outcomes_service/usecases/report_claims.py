"""Use case: a reporter says what was achieved, one claim or thousands at a time."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from outcomes_service.domain.answer import Answer, refused
from outcomes_service.domain.claim import Claim
from outcomes_service.domain.contract import AT_CLAIMS, Contract
from outcomes_service.domain.enrolment import Participant
from outcomes_service.domain.reporting import (
    Content,
    Correction,
    ExternalIdTaken,
    OccurrenceTaken,
    Reported,
    admit,
    content_of,
    order_keys,
)
from outcomes_service.storage.claims import NewClaim, Standing, add_claims, find_standing, get_claim
from outcomes_service.storage.contracts import get_contract
from outcomes_service.storage.participants import find_participants
from services.core.errors import Refusal
from services.events.outcomes import OutcomeClaimed
from services.kit import clock
from services.kit.outbox import tell
from services.kit.transaction import Transaction


async def report_claims(
    tx: Transaction, contract_id: UUID, rows: Sequence[Reported], order_secret: bytes
) -> list[Answer]:
    """One answer a row, in order; rows are judged one after another, so that two which clash are told apart by which
    came first. What is refused is not kept. Errors: `not-found`, `role-not-allowed`."""
    contract = await get_contract(tx, contract_id, lock=True)
    contract.require(tx.caller.organisation, AT_CLAIMS)
    if not rows:
        return []
    return await keep_claims(tx, contract, rows, order_secret)


async def report_claim(tx: Transaction, contract_id: UUID, row: Reported, order_secret: bytes) -> tuple[Answer, Claim]:
    """The answer to one claim that is sent alone, and the claim. Errors: `not-found`, `role-not-allowed`, and why it
    is refused."""
    (answer,) = await report_claims(tx, contract_id, [row], order_secret)
    kept = answer.or_refusal().id
    assert kept is not None
    return answer, await get_claim(tx, kept)


async def keep_claims(
    tx: Transaction,
    contract: Contract,
    rows: Sequence[Reported],
    order_secret: bytes,
    correction: Correction | None = None,
) -> list[Answer]:
    """As `report_claims`, on a contract that is locked. A correction is one row."""
    people = await find_participants(tx, contract.id, {row.participant_key for row in rows})
    today = contract.today(tx.now)
    ids = [correction.by] if correction else clock.new_ids(len(rows))
    refusals: dict[int, Refusal] = {}
    new: dict[int, NewClaim] = {}
    for place, row in enumerate(rows):
        try:
            content = admit(contract, people.get(row.participant_key), row, tx.caller.organisation, today)
        except Refusal as refusal:
            refusals[place] = refusal
        else:
            new[place] = NewClaim(ids[place], row.external_id, content)
    corrects = correction.of if correction else None
    standing = _Standing(contract, people, corrects)
    answers = await standing.answers(tx, {place: rows[place] for place in refusals}, refusals)
    kept = await _kept(tx, contract, rows, new, order_secret, corrects)
    answers.update({place: Answer("created", new[place].id) for place in kept})
    clashing = new.keys() - kept
    taken = OccurrenceTaken("The first claim on it, until that is rejected, withdrawn or corrected.")
    answers.update(
        await standing.answers(tx, {place: rows[place] for place in clashing}, dict.fromkeys(clashing, taken))
    )
    return [answers[place] for place in range(len(rows))]


async def _kept(
    tx: Transaction,
    contract: Contract,
    rows: Sequence[Reported],
    new: Mapping[int, NewClaim],
    order_secret: bytes,
    corrects: UUID | None,
) -> set[int]:
    """Keeps what does not clash and tells of it; returns the places in `rows` of what was kept."""
    if not new:
        return set()
    ids = await add_claims(tx, contract.id, list(new.values()), corrects)
    kept = [place for place, claim in new.items() if claim.id in ids]
    by = tx.caller.organisation
    keys = order_keys(order_secret, by, [rows[place].external_id for place in kept])
    await tell(
        tx,
        contract.id,
        [_claimed(contract, by, rows[place], new[place], key, corrects) for place, key in zip(kept, keys, strict=True)],
    )
    return set(kept)


def _claimed(
    contract: Contract, by: str, row: Reported, new: NewClaim, key: str, corrects: UUID | None
) -> OutcomeClaimed:
    return OutcomeClaimed(
        contract_id=contract.id,
        claim_id=new.id,
        metric=row.metric,
        subject_id=new.content.subject_id,
        occurrence=new.content.occurrence,
        achieved_on=row.achieved_on,
        units=row.units,
        reported_by=by,
        order_key=key,
        corrects=corrects,
    )


class _Standing(NamedTuple):
    """Tells rows that are not kept from rows that stand already."""

    contract: Contract
    people: Mapping[str, Participant]
    corrects: UUID | None

    async def answers(
        self, tx: Transaction, rows: Mapping[int, Reported], otherwise: Mapping[int, Refusal]
    ) -> dict[int, Answer]:
        """`replayed` where the external id stands with the same content, `external-id-taken` where it stands with
        other content, and `otherwise` where it does not stand."""
        if not rows:
            return {}
        standing = await find_standing(tx, self.contract.id, {row.external_id for row in rows.values()})
        return {
            place: self._answer(row, standing[row.external_id])
            if row.external_id in standing
            else refused(otherwise[place])
            for place, row in rows.items()
        }

    def _answer(self, row: Reported, standing: Standing) -> Answer:
        try:
            same: Content | None = content_of(self.contract, self.people.get(row.participant_key), row)
        except Refusal:
            same = None
        if same == standing.content and standing.corrects == self.corrects:
            return Answer("replayed", standing.id)
        return refused(ExternalIdTaken("A new external id, or the same content as before."))
