"""Door: the directory of organisations."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from contracts_service.api.answers import is_known, not_modified
from contracts_service.api.schemas import NewOrganisation, OrganisationBody, OrganisationEntry, OrganisationList
from contracts_service.domain.organisation import Organisation
from contracts_service.usecases.change_organisation import change_organisation as change
from contracts_service.usecases.get_organisation import get_organisation as get_entry
from contracts_service.usecases.list_organisations import list_organisations as list_entries
from contracts_service.usecases.register_organisation import register_organisation as register
from services.core.ids import ORGANISATION_ID_PATTERN
from services.kit.database.transaction import Transaction
from services.kit.doors.http import IDEMPOTENCY_KEY, IF_MATCH, Reply, StrictRoute, etag, expected_version, needs
from services.kit.doors.pages import FIRST_LIMIT, Cursor, Limit, after, organisation_key, page
from services.kit.doors.write import reading, replace, write

OrganisationId = Annotated[str, Path(pattern=ORGANISATION_ID_PATTERN)]

router = APIRouter(prefix="/v1/organisations", route_class=StrictRoute, tags=["organisations"])


@router.post("", status_code=201, response_model=OrganisationBody, openapi_extra=needs(IDEMPOTENCY_KEY))
async def register_organisation(request: Request, body: NewOrganisation) -> Response:
    """Enters the caller's own organisation into the directory. Only those who stand there can be parties."""

    async def work(tx: Transaction) -> Reply:
        entry = await register(tx, body.id, body.name, tuple(unit.value() for unit in body.units))
        return _reply(201, entry, {"location": f"/v1/organisations/{entry.id}"})

    return await write(request, "register_organisation", work)


@router.get("", response_model=OrganisationList)
async def list_organisations(request: Request, limit: Limit = FIRST_LIMIT, cursor: Cursor = None) -> Response:
    """The directory, by id."""
    begin = after(cursor, 1, organisation_key, None)
    async with reading(request) as tx:
        entries = await list_entries(tx, begin, limit + 1)
    return page(request, entries, limit, lambda entry: (entry.id,), _list)


@router.get("/{organisation_id}", response_model=OrganisationBody)
async def get_organisation(request: Request, organisation_id: OrganisationId) -> Response:
    """One entry of the directory."""
    async with reading(request) as tx:
        entry = await get_entry(tx, organisation_id)
    tag = etag(entry.revision)["etag"]
    return not_modified(tag) if is_known(request, tag) else _reply(200, entry).response()


@router.put("/{organisation_id}", response_model=OrganisationBody, openapi_extra=needs(IF_MATCH))
async def change_organisation(request: Request, organisation_id: OrganisationId, body: OrganisationEntry) -> Response:
    """Says anew what the caller's own organisation is called and which units it has; all of it is replaced."""
    expected = expected_version(request)

    async def work(tx: Transaction) -> Reply:
        units = tuple(unit.value() for unit in body.units)
        return _reply(200, await change(tx, organisation_id, body.name, units, expected))

    return await replace(request, "change_organisation", work)


def _reply(status: int, entry: Organisation, headers: Mapping[str, str] = MappingProxyType({})) -> Reply:
    return Reply(status, OrganisationBody.of(entry), {**etag(entry.revision), **headers})


def _list(items: Sequence[Organisation], cursor: str | None) -> OrganisationList:
    return OrganisationList(items=tuple(OrganisationBody.of(entry) for entry in items), next_cursor=cursor)
