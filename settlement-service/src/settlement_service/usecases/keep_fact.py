"""Use case: a fact of another service becomes an input, and what follows from it for claims and items is kept."""

from typing import assert_never

from services.core.strict_json import loads
from services.events.contracts import (
    ContractActivated,
    ContractAmended,
    ContractCompleted,
    ContractResumed,
    ContractSuspended,
    ContractTerminated,
)
from services.events.envelope import Envelope
from services.events.outcomes import OutcomeClaimed, ParticipantEnrolled, ParticipantLeft
from services.kit.database.transaction import Transaction
from settlement_service.domain.facts.claims import Claim, ClaimFact, after, claim_of
from settlement_service.domain.facts.log import Consumed, OfContract, body_of, scope_of
from settlement_service.domain.facts.outcome_data import Enrolled
from settlement_service.domain.mechanisms.by_subject import evaluate, evaluate_subject
from settlement_service.domain.settling.accruals import accrues
from settlement_service.domain.settling.fold import ClaimNotKnown
from settlement_service.storage import arrivals, claims, contracts, enrolments, inputs, items
from settlement_service.storage.inputs import NewInput


async def keep_fact(tx: Transaction, envelope: Envelope, fact: Consumed) -> None:
    """Keeps one fact about a contract, also before the contract's terms are here: then it is computed when they
    come. Errors: Broken for a decision on a claim that was never made, `contract-active-already`."""
    match fact:
        case OutcomeClaimed():
            await contracts.lock_or_add(tx, fact.contract_id)
            await arrivals.keep_claim(tx, fact.contract_id, claim_of(fact), _logged(envelope, fact, claim_of(fact)))
        case ParticipantEnrolled() | ParticipantLeft():
            await contracts.lock_or_add(tx, fact.contract_id)
            if isinstance(fact, ParticipantEnrolled):
                new = Enrolled(fact.subject_id, fact.cohort, fact.enrolled_on)
                await enrolments.add_enrolment(tx, fact.contract_id, new)
            await inputs.append(tx, fact.contract_id, [_logged(envelope, fact, None)])
        case _ if isinstance(fact, OfContract):
            await contracts.lock_or_add(tx, fact.contract_id)
            await _keep_of_contract(tx, fact)
            await inputs.append(tx, fact.contract_id, [_logged(envelope, fact, None)])
        case _:
            await _keep_decision(tx, envelope, fact)


async def _keep_of_contract(tx: Transaction, fact: OfContract) -> None:
    """A fact that changes the terms, or ends them, changes what every claim gives: all items are evaluated anew."""
    match fact:
        case ContractActivated():
            await contracts.save_activation(tx, fact)
        case ContractAmended():
            await contracts.save_amendment(tx, fact)
        case ContractTerminated():
            await contracts.save_termination(tx, fact.contract_id, fact.terminated_on)
        case ContractSuspended() | ContractResumed():
            await contracts.save_suspension(tx, fact.contract_id, suspended=isinstance(fact, ContractSuspended))
        case ContractCompleted():
            return
        case _:
            assert_never(fact)
    contract = await contracts.find_contract(tx, fact.contract_id)
    if contract is not None and isinstance(fact, ContractActivated | ContractAmended | ContractTerminated):
        await contracts.save_accrues(tx, contract.id, accrues=accrues(contract.history))
        evaluated = evaluate(contract.history, contract.terminated_on, await claims.of_contract(tx, contract.id))
        await items.replace_all_items(tx, contract.id, evaluated)


async def _keep_decision(tx: Transaction, envelope: Envelope, fact: ClaimFact) -> None:
    """A claim that begins or ceases to count changes what all claims of its subject give: one claim may be paid for as
    another no longer stands for the same occurrence. So the items of all of them are evaluated anew, and no others."""
    concerned = await arrivals.lock_concerned(tx, fact.contract_id, fact.claim_id)
    if concerned is None:
        raise ClaimNotKnown()
    known, changed = concerned.known, after(concerned.claim, fact)
    group = [changed if claim.id == changed.id else claim for claim in concerned.group]
    matters = known.history is not None and (concerned.claim.counts or changed.counts)
    evaluated = evaluate_subject(known.history, known.terminated_on, group) if known.history and matters else []
    logged = _logged(envelope, fact, changed)
    replaced = [claim.id for claim in group] if matters else []
    await arrivals.keep_decision(tx, known.id, changed, logged, evaluated, replaced)


def _logged(envelope: Envelope, fact: Consumed, claim: Claim | None) -> NewInput:
    """The input that a fact becomes. Its scope and day say who may be given it later."""
    body = body_of(envelope.source, envelope.sequence, envelope.type, loads(envelope.body))
    scope, day = scope_of(fact, claim.metric if claim else None), claim.achieved_on if claim else None
    return NewInput(envelope.source, envelope.sequence, envelope.type, scope, body, achieved_on=day)
