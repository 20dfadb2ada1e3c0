"""Door: cohorts, and who is in them."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Request, Response

from outcomes_service.api.answers import command_in, kept, read_in
from outcomes_service.api.schemas_people import (
    CohortBody,
    CohortList,
    DepartureBody,
    EnrolmentBody,
    NewDeparture,
    NewEnrolment,
    ParticipantBody,
    ParticipantList,
)
from outcomes_service.api.uploads import AS_ONE, many_rows
from outcomes_service.domain.enrolment import Enrolled
from outcomes_service.usecases.enrol_participants import enrol_participants as enrol
from outcomes_service.usecases.record_departures import record_departures as record
from outcomes_service.usecases.show_cohorts import show_cohorts
from outcomes_service.usecases.show_participants import show_participants
from services.kit.database.transaction import Transaction
from services.kit.doors.http import IDEMPOTENCY_KEY, Reply, StrictRoute, needs
from services.kit.doors.pages import FIRST_LIMIT, Cursor, Limit, after, page, row_key

router = APIRouter(prefix="/v1/contracts/{contract_id}", route_class=StrictRoute, tags=["participants"])


@router.get("/cohorts", response_model=CohortList)
async def list_cohorts(request: Request, contract_id: UUID) -> Response:
    """The cohorts of the terms, each with the count of people who were ever in it."""
    cohorts = await read_in(request, contract_id, lambda tx: show_cohorts(tx, contract_id))
    return Reply(200, CohortList(items=tuple(CohortBody.of(cohort) for cohort in cohorts))).response()


@router.get("/participants", response_model=ParticipantList)
async def list_participants(
    request: Request, contract_id: UUID, limit: Limit = FIRST_LIMIT, cursor: Cursor = None
) -> Response:
    """Who is in which cohort, by key: for payers, and for those who report, verify or decide disputes."""
    begin = after(cursor, 1, row_key, 0)
    enrolments = await read_in(request, contract_id, lambda tx: show_participants(tx, contract_id, begin, limit + 1))
    return page(request, enrolments, limit, lambda row: (str(row.id),), _list)


@router.post(
    "/participants",
    status_code=201,
    response_model=EnrolmentBody,
    responses={200: {"model": EnrolmentBody}},
    openapi_extra={**needs(IDEMPOTENCY_KEY), **many_rows(AS_ONE)},
)
async def enrol_participants(request: Request, contract_id: UUID, body: NewEnrolment) -> Response:
    """Puts a person into a cohort from a day on: for payers and providers. The same again is replayed. As NDJSON:
    many, without Idempotency-Key."""

    async def work(tx: Transaction) -> Reply:
        (answer,) = await enrol(tx, contract_id, [body.value()])
        return kept(answer, EnrolmentBody(cohort=body.cohort, enrolled_on=body.enrolled_on))

    return await command_in(request, contract_id, "enrol_participants", work)


@router.post(
    "/participants/departures",
    status_code=201,
    response_model=DepartureBody,
    responses={200: {"model": DepartureBody}},
    openapi_extra={**needs(IDEMPOTENCY_KEY), **many_rows(AS_ONE)},
)
async def record_departures(request: Request, contract_id: UUID, body: NewDeparture) -> Response:
    """A person is in a cohort no longer from a day on. The same again is replayed. As NDJSON: many, without
    Idempotency-Key."""

    async def work(tx: Transaction) -> Reply:
        (answer,) = await record(tx, contract_id, [body.value()])
        return kept(answer, DepartureBody(cohort=body.cohort, left_on=body.left_on))

    return await command_in(request, contract_id, "record_departures", work)


def _list(items: Sequence[Enrolled], cursor: str | None) -> ParticipantList:
    return ParticipantList(items=tuple(ParticipantBody.of(row) for row in items), next_cursor=cursor)
