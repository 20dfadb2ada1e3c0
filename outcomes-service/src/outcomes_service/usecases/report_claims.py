"""Use case: a reporter says what was achieved, one claim or thousands at a time."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from outcomes_service.domain.answer import Answer, refused
from outcomes_service.domain.claim import Claim
from outcomes_service.domain.contract import AT_CLAIMS, Contract
from outcomes_service.domain.enrolment import Participant
from outcomes_service.domain.reporting import (
    Correction,
    ExternalIdTaken,
    OccurrenceTaken,
    Reported,
    admit,
    content_of,
    order_keys,
)
from outcomes_service.domain.waiting import overdue_at
from outcomes_service.storage.claims import ExistingClaim, NewClaim, add_claims, find_existing, get_claim
from outcomes_service.storage.contracts import get_contract
from outcomes_service.storage.participants import find_participants
from services.core.errors import Refusal
from services.events.outcomes import OutcomeClaimed
from services.kit.database.transaction import Transaction
from services.kit.facts.outbox import tell
from services.kit.process import clock


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
    people = await find_participants(tx, contract.id, {row.participant_key for row in rows if row.participant_key})
    ids = [correction.by] if correction else clock.new_ids(len(rows))
    corrects = correction.of if correction else None
    new, refusals = _judged(tx, contract, people, rows, ids)
    kept = await _kept(tx, contract, rows, new, order_secret, corrects)
    if len(kept) == len(rows):
        return [Answer("created", id_) for id_ in ids]
    taken = OccurrenceTaken("The first claim on it, until that is rejected, withdrawn or corrected.")
    earlier = await _stood_before(tx, contract.id, rows, ids, kept)
    return [
        Answer("created", ids[place])
        if place in kept
        else _answer_left_out(contract, people, row, corrects, earlier.get(place), refusals.get(place, taken))
        for place, row in enumerate(rows)
    ]


def _judged(
    tx: Transaction,
    contract: Contract,
    people: Mapping[str, Participant],
    rows: Sequence[Reported],
    ids: Sequence[UUID],
) -> tuple[dict[int, NewClaim], dict[int, Refusal]]:
    """By their places in `rows`: what can be claimed as things stand, and why the others cannot."""
    by, today = tx.caller.organisation, contract.today(tx.now)
    new: dict[int, NewClaim] = {}
    refusals: dict[int, Refusal] = {}
    for place, row in enumerate(rows):
        try:
            metric, content = admit(contract, people.get(row.participant_key or ""), row, by, today)
        except Refusal as refusal:
            refusals[place] = refusal
        else:
            due = overdue_at(contract, metric, tx.now)
            new[place] = NewClaim(ids[place], row.external_id, metric.id, content, due)
    return new, refusals


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
    facts = [_claimed(contract, by, new[place], key, corrects) for place, key in zip(kept, keys, strict=True)]
    await tell(tx, contract.id, facts)
    return set(kept)


async def _stood_before(
    tx: Transaction, contract_id: UUID, rows: Sequence[Reported], ids: Sequence[UUID], kept: set[int]
) -> dict[int, ExistingClaim]:
    """By the places in `rows` of what was not kept: the claim that stands under its external id, unless that is of a
    later row."""
    left_out = [place for place in range(len(rows)) if place not in kept]
    existing_claims = await find_existing(tx, contract_id, {rows[place].external_id for place in left_out})
    places = {id_: place for place, id_ in enumerate(ids)}
    by_place = {place: existing_claims.get(rows[place].external_id) for place in left_out}
    return {place: claim for place, claim in by_place.items() if claim and places.get(claim.id, -1) <= place}


def _answer_left_out(
    contract: Contract,
    people: Mapping[str, Participant],
    row: Reported,
    corrects: UUID | None,
    existing: ExistingClaim | None,
    refusal: Refusal,
) -> Answer:
    """What is said to a row that was not kept: `existing` is what stood under its external id before it, `refusal` why
    it was not kept where nothing did."""
    if existing is None:
        return refused(refusal)
    if _is_same(contract, people, row, existing, corrects):
        return Answer("replayed", existing.id)
    return refused(ExternalIdTaken("A new external id, or the same content as before."))


def _is_same(
    contract: Contract, people: Mapping[str, Participant], row: Reported, existing: ExistingClaim, corrects: UUID | None
) -> bool:
    """Whether the existing claim under the row's external id has the content of the row."""
    try:
        content = content_of(contract, people.get(row.participant_key or ""), row)
    except Refusal:
        return False
    return (content, corrects) == (existing.content, existing.corrects)


def _claimed(contract: Contract, by: str, new: NewClaim, key: str, corrects: UUID | None) -> OutcomeClaimed:
    content = new.content
    return OutcomeClaimed(
        contract_id=contract.id,
        claim_id=new.id,
        metric=content.metric,
        subject_id=content.subject_id,
        occurrence=content.occurrence,
        achieved_on=content.achieved_on,
        units=content.units,
        reported_by=by,
        order_key=key,
        corrects=corrects,
        measurement=content.measurement,
    )
