"""Use case: what terms would pay for hypothetical outcomes. It keeps nothing and tells nobody."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from services.core.access import RoleNotAllowed
from services.core.errors import Unavailable
from services.core.period import local_date
from services.core.terms.parties import Role
from services.kit.database.transaction import Transaction
from services.kit.process.dice import dice
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.settling.basis import Basis
from settlement_service.domain.simulation.checks import check_hypothetical, check_question
from settlement_service.domain.simulation.scenario import Model, Question, model_of
from settlement_service.domain.simulation.simulate import Simulated, simulate
from settlement_service.storage import contracts
from settlement_service.storage.contracts import own_question
from settlement_service.usecases.gather_basis import gather_basis
from settlement_service.usecases.get_settlement import reader_of

MAY_SIMULATE: tuple[Role, ...] = ("payer", "investor", "provider")
MOST_AT_ONCE = 2


class SimulationsBusy(Unavailable):
    """As many are being computed as one process computes at once."""

    code = "simulations-busy"
    title = "Other simulations are being computed at this moment"


@dataclass(frozen=True, slots=True)
class Answer:
    """The results of a simulation, scenario by scenario; and the terms that it was on."""

    contract_id: UUID
    model: Model
    question: Question
    scenarios: list[Simulated]


@dataclass(frozen=True, slots=True)
class Ground:
    """All that a simulation is computed from: it takes seconds, and no transaction stays open for it."""

    contract: Contract
    known: Basis | None
    tomorrow: date


async def get_ground(tx: Transaction, contract_id: UUID, question: Question) -> Ground:
    """The terms, and what is known where the question starts from now. Errors: `not-found`; `role-not-allowed` for a
    party that may not simulate, may not read what is paid, or is not shown all that is known."""
    contract = await contracts.get_contract(tx, contract_id)
    audience = reader_of(tx, contract)
    if audience.role not in MAY_SIMULATE:
        raise RoleNotAllowed("This is for: " + ", ".join(sorted(MAY_SIMULATE)) + ".")
    if not contract.terms.may_read(audience.role, "payment"):
        raise RoleNotAllowed("Simulations are for who may read the payment part of the terms.")
    if question.from_ == "now" and (not audience.sees_everything or contract.has_left(audience.organisation)):
        raise RoleNotAllowed("From now on is for payers, who see all that is known; left out, it is from nothing.")
    known = None
    if question.from_ == "now" and question.terms is None:
        async with own_question(tx):
            known = await gather_basis(tx, contract)
    return Ground(contract, known, local_date(tx.now, contract.terms.time_zone) + timedelta(days=1))


async def simulate_contract(ground: Ground, question: Question) -> Answer:
    """The answer, computed in a thread beside other requests. A caller that goes away does not stop it, and its place
    is free only when it has ended. Errors: `terms-not-valid`, `scenario-not-valid`, `simulation-too-large`,
    `simulations-busy`."""
    if len(_AT_WORK) >= MOST_AT_ONCE:
        raise SimulationsBusy(retry_after_seconds=5)
    work = asyncio.ensure_future(asyncio.to_thread(_computed, ground, question))
    _AT_WORK.add(work)
    work.add_done_callback(_done)
    return await asyncio.shield(work)


def _computed(ground: Ground, question: Question) -> Answer:
    if question.terms is not None:
        check_hypothetical(question.terms)
    model = model_of(ground.contract, question, ground.known, ground.tomorrow)
    check_question(model, question)
    seed = question.monte_carlo.seed if question.monte_carlo else 0
    return Answer(ground.contract.id, model, question, simulate(model, question, partial(dice, seed)))


def _done(work: asyncio.Future[Answer]) -> None:
    """Frees the place. The error of one that nobody waits for any more is read, so that it is not logged as lost."""
    _AT_WORK.discard(work)
    if not work.cancelled():
        work.exception()


_AT_WORK: set[asyncio.Future[Answer]] = set()
