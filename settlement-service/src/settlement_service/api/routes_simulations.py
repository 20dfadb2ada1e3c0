"""Door: simulations: a question that is too long for an address, and therefore a POST. Nothing is kept of it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Request, Response
from pydantic import PlainValidator

from services.kit.doors import shapes
from services.kit.doors.http import Reply, StrictRoute
from settlement_service.api.asking import about_contract, question
from settlement_service.api.schemas_simulations import SimulationBody
from settlement_service.domain.simulation.scenario import Question
from settlement_service.usecases.simulate_contract import get_ground
from settlement_service.usecases.simulate_contract import simulate_contract as simulate

router = APIRouter(prefix="/v1/contracts/{contract_id}", route_class=StrictRoute, tags=["settlements"])


def _read(document: Any) -> Question:
    return shapes.read(Question, document)


QuestionSent = Annotated[Question, Body(), PlainValidator(_read, json_schema_input_type=Question)]


@router.post("/simulations", response_model=SimulationBody)
async def simulate_contract(request: Request, contract_id: UUID, body: QuestionSent) -> Response:
    """What the terms in force, or others, would pay for hypothetical outcomes: by payer, payee, year, rule and cap, how
    far it is to what is not reached, and what one more outcome is worth. With `monteCarlo`, how payments are spread.
    It creates nothing: the same question may be asked again without an Idempotency-Key, and has the same answer."""
    ground = await about_contract(request, contract_id, question(request, lambda tx: get_ground(tx, contract_id, body)))
    answer = await simulate(ground, body)
    return Reply(200, SimulationBody.of(answer), {"cache-control": "private, no-store"}).response()
