"""Use case: facts of another service become inputs, and what follows from them for claims and items is kept."""

from collections.abc import Sequence
from itertools import groupby
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
from services.kit.database.transaction import Transaction
from services.kit.facts.inbox import Run, Taken
from settlement_service.domain.agreement.contract import Known
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.log import Consumed, OfContract, body_of, scope_of
from settlement_service.domain.mechanisms.by_subject import evaluate, evaluate_subject
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.settling.accruals import accrues
from settlement_service.domain.settling.arriving import arrive, claims_needed
from settlement_service.storage import arrivals, claims, contracts, inputs, items
from settlement_service.storage.inputs import NewInput


async def keep_facts(tx: Transaction, run: Run) -> None:
    """Keeps facts about one contract that have come together, in their order, also before the contract's terms are
    here: then they are computed when these come. Errors: Broken for a decision on a claim that was never made,
    `contract-active-already`."""
    contract_id = run[0].fact.contract_id
    known = await contracts.lock_or_add(tx, contract_id)
    for of_contract, some in groupby(run, key=lambda taken: isinstance(taken.fact, OfContract)):
        part = list(some)
        if of_contract:
            for taken in part:
                await _keep_of_contract(tx, taken.fact)
                await inputs.append(tx, contract_id, [_logged(taken, None)])
            known = await contracts.lock_or_add(tx, contract_id)
        else:
            await _keep_of_subjects(tx, known, part)


async def _keep_of_subjects(tx: Transaction, known: Known, run: Run) -> None:
    """Claims are applied in memory. A claim that begins or ceases to count changes what all claims of its subject give:
    one may be paid for as another no longer stands for the same occurrence. So the items of all of them are evaluated
    anew, once, and no others."""
    facts = [taken.fact for taken in run]
    concerned = await arrivals.claims_concerned(tx, known.id, *claims_needed(facts))
    arrival = arrive({claim.id: claim for claim in concerned}, facts)
    if known.history is None:
        arrival.touched.clear()
    evaluated = [item for claims in arrival.claims_of_touched() for item in _items_of(known, claims)]
    logged = [_logged(taken, arrival.claims.get(getattr(taken.fact, "claim_id", known.id))) for taken in run]
    await arrivals.keep_run(tx, known.id, arrival, logged, evaluated)


def _items_of(known: Known, claims: Sequence[Claim]) -> list[Item]:
    assert known.history is not None
    return evaluate_subject(known.history, known.terminated_on, claims)


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


def _logged(taken: Taken[Consumed], claim: Claim | None) -> NewInput:
    """The input that a fact becomes. Its scope and day say who may be given it later."""
    envelope = taken.envelope
    body = body_of(envelope.source, envelope.sequence, envelope.type, loads(envelope.body))
    scope, day = scope_of(taken.fact, claim.metric if claim else None), claim.achieved_on if claim else None
    return NewInput(envelope.source, envelope.sequence, envelope.type, scope, body, achieved_on=day)
