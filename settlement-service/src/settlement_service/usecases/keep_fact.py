"""Use case: a fact of another service becomes an input, and what follows from it for claims and items is kept."""

from typing import Any
from uuid import UUID

from services.core.strict_json import loads
from services.events.contracts import ContractActivated, ContractTerminated
from services.events.envelope import Envelope
from services.events.outcomes import OutcomeClaimed, ParticipantEnrolled, ParticipantLeft
from services.kit.transaction import Transaction
from settlement_service.domain.claims import Claim, ClaimFact, after, claim_of
from settlement_service.domain.contract import Known
from settlement_service.domain.evaluate import evaluate, evaluate_person
from settlement_service.domain.fold import ClaimNotKnown
from settlement_service.domain.inputs import Consumed, body_of, scope_of
from settlement_service.storage import claims, contracts, inputs, items


async def keep_fact(tx: Transaction, envelope: Envelope, fact: Any) -> None:
    """Keeps one fact about a contract, also before the contract's terms are here: then it is computed when they
    come. Errors: Broken for a decision on a claim that was never made, `contract-active-already`."""
    known = await contracts.lock_or_add(tx, fact.contract_id)
    metric = await _apply(tx, known, fact)
    body = body_of(envelope.source, envelope.sequence, envelope.type, loads(envelope.body))
    new = inputs.NewInput(envelope.source, envelope.sequence, envelope.type, scope_of(fact, metric), body)
    await inputs.append(tx, known.id, [new])


async def _apply(tx: Transaction, known: Known, fact: Consumed) -> str | None:
    """Returns the metric of the claim that the fact is about."""
    match fact:
        case ContractActivated():
            await contracts.save_activation(tx, fact)
            await _evaluate_all(tx, known.id)
        case ContractTerminated():
            await contracts.save_termination(tx, known.id, fact.terminated_on)
            await _evaluate_all(tx, known.id)
        case ParticipantEnrolled() | ParticipantLeft():
            pass
        case OutcomeClaimed():
            await claims.add_claim(tx, known.id, claim_of(fact))
            return fact.metric
        case _:
            return await _apply_to_claim(tx, known, fact)
    return None


async def _apply_to_claim(tx: Transaction, known: Known, fact: ClaimFact) -> str:
    claim = await claims.find_claim(tx, known.id, fact.claim_id)
    if claim is None:
        raise ClaimNotKnown()
    changed = after(claim, fact)
    await claims.save_claim(tx, changed)
    if known.terms is not None and (claim.counts or changed.counts):
        await _evaluate_person(tx, known, changed)
    return claim.metric


async def _evaluate_person(tx: Transaction, known: Known, changed: Claim) -> None:
    if known.terms is None:
        return
    group = await claims.of_person(tx, known.id, changed.subject_id, changed.metric)
    found = evaluate_person(known.terms, known.terminated_on, group)
    await items.replace_items(tx, known.id, [claim.id for claim in group], found)


async def _evaluate_all(tx: Transaction, contract_id: UUID) -> None:
    contract = await contracts.find_contract(tx, contract_id)
    if contract is not None:
        found = evaluate(contract.terms, contract.terminated_on, await claims.of_contract(tx, contract_id))
        await items.replace_all_items(tx, contract_id, found)
