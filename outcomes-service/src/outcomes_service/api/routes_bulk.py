"""Door: the twins of routes that take one row as JSON, for many rows as NDJSON."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from outcomes_service.api.schemas import NewClaim
from outcomes_service.api.schemas_people import NewDeparture, NewEnrolment
from outcomes_service.api.uploads import external_id_in, upload, value_of
from outcomes_service.usecases.enrol_participants import enrol_participants as enrol
from outcomes_service.usecases.record_departures import record_departures as record
from outcomes_service.usecases.report_claims import report_claims as report
from services.kit.doors.bulk import Door
from services.kit.doors.ndjson import NdjsonRoute

router = APIRouter(prefix="/v1/contracts/{contract_id}", route_class=NdjsonRoute, include_in_schema=False)


@router.post("/participants")
async def enrol_many(request: Request, contract_id: UUID) -> Response:
    """As `enrol_participants`, for many. A result line says nothing of its row: all there is is the key of a person."""
    door = Door(
        operation="enrol_participants",
        shape=NewEnrolment,
        value=value_of,
        work=lambda tx, rows: enrol(tx, contract_id, rows),
    )
    return await upload(request, contract_id, door)


@router.post("/participants/departures")
async def record_many(request: Request, contract_id: UUID) -> Response:
    """As `record_departures`, for many."""
    door = Door(
        operation="record_departures",
        shape=NewDeparture,
        value=value_of,
        work=lambda tx, rows: record(tx, contract_id, rows),
    )
    return await upload(request, contract_id, door)


@router.post("/claims")
async def report_many(request: Request, contract_id: UUID) -> Response:
    """As `report_claims`, for many."""
    secret = request.app.state.order_secret
    door = Door(
        operation="report_claims",
        shape=NewClaim,
        value=value_of,
        work=lambda tx, rows: report(tx, contract_id, rows, secret),
        name=external_id_in,
    )
    return await upload(request, contract_id, door)
