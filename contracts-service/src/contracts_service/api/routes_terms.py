"""Door: versions of terms, their signed bytes, and signatures."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from contracts_service.api.answers import address, command, is_known, not_modified
from contracts_service.api.offers import TermsSent, offer_in
from contracts_service.api.schemas import ContractBody
from contracts_service.api.schemas_terms import (
    NewSignature,
    SignatureBody,
    SignatureList,
    TermsBody,
    TermsList,
    TermsSummary,
)
from contracts_service.domain.contract import Contract, Signature
from contracts_service.domain.terms import TermsVersion
from contracts_service.usecases.draft_terms import draft_terms as draft
from contracts_service.usecases.get_terms import get_terms as get
from contracts_service.usecases.get_terms_part import get_terms_part as get_part
from contracts_service.usecases.list_signatures import list_signatures as list_given
from contracts_service.usecases.list_terms import list_terms as list_versions
from contracts_service.usecases.sign_contract import sign_contract as sign
from services.kit.doors.http import IDEMPOTENCY_KEY, IF_MATCH, Reply, TermsRoute, expected_version, needs
from services.kit.doors.pages import FIRST_LIMIT, Cursor, Limit, after, number_key, organisation_key, page
from services.kit.doors.write import reading

MAX_VERSION = 999_999_999
Version = Annotated[int, Path(ge=1, le=MAX_VERSION)]

router = APIRouter(prefix="/v1/contracts/{contract_id}", route_class=TermsRoute, tags=["terms"])


@router.post("/terms", status_code=201, response_model=ContractBody, openapi_extra=needs(IDEMPOTENCY_KEY, IF_MATCH))
async def draft_terms(request: Request, contract_id: UUID, body: TermsSent) -> Response:
    """Writes the terms anew while the contract is a draft or proposed. It is a draft again; the version before is
    replaced, and its signatures count no more. In a contract in force the new version is an amendment: it is proposed,
    signed and activated like the first one, by every party of the old and the new terms, while what is in effect stays
    so. It keeps currency, time zone and the start of the outcome period, what the codes of metrics are about and
    report, and the kinds of rules."""
    expected, offer = expected_version(request), await offer_in(request, body)
    return await command(
        request, "draft_terms", lambda tx: draft(tx, contract_id, offer, expected), status=201, location=_current_terms
    )


@router.get("/terms", response_model=TermsList)
async def list_terms(
    request: Request, contract_id: UUID, limit: Limit = FIRST_LIMIT, cursor: Cursor = None
) -> Response:
    """The versions of the terms that the caller's organisation is a party of, or leaves by."""
    begin = after(cursor, 1, number_key, 0)
    async with reading(request) as tx:
        versions = await list_versions(tx, contract_id, begin, limit + 1)
    return page(request, versions, limit, lambda terms: (str(terms.version),), _list)


@router.get("/terms/{version}", response_model=TermsBody)
async def get_terms(request: Request, contract_id: UUID, version: Version) -> Response:
    """One version: what the root covers, and each part that the terms let the caller read, with its salt."""
    async with reading(request) as tx:
        sealed = await get(tx, contract_id, version)
    return Reply(200, TermsBody.of(sealed), {"etag": f'"{sealed.terms.root}"'}).response()


@router.get(
    "/terms/{version}/parts/{part}",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}, "description": "The bytes that are signed, exactly"}},
)
async def get_terms_part(request: Request, contract_id: UUID, version: Version, part: str) -> Response:
    """The signed bytes of one part (`outcomes`, `payment`): canonical JSON, of which the hash behind the salt is in
    the root document."""
    async with reading(request) as tx:
        signed_part = await get_part(tx, contract_id, version, part)
    tag = f'"{signed_part.sha256}"'
    if is_known(request, tag):
        return not_modified(tag)
    digest = base64.b64encode(hashlib.sha256(signed_part.content).digest()).decode()
    headers = {"etag": tag, "content-digest": f"sha-256=:{digest}:"}
    return Reply(200, headers=headers, raw=signed_part.content).response()


@router.post(
    "/signatures", status_code=201, response_model=ContractBody, openapi_extra=needs(IDEMPOTENCY_KEY, IF_MATCH)
)
async def sign_contract(request: Request, contract_id: UUID, body: NewSignature) -> Response:
    """The caller signs the root of the offered terms for its organisation, once. With the last party's signature the
    contract is signed, or its amendment."""
    expected = expected_version(request)
    return await command(
        request,
        "sign_contract",
        lambda tx: sign(tx, contract_id, body.version, body.root, body.jws, expected),
        status=201,
    )


@router.get("/signatures", response_model=SignatureList)
async def list_signatures(
    request: Request, contract_id: UUID, limit: Limit = FIRST_LIMIT, cursor: Cursor = None
) -> Response:
    """The signatures on the versions that the caller's organisation is a party of."""
    begin = after(
        cursor, 2, lambda version, organisation: (number_key(version), organisation_key(organisation)), (0, "")
    )
    async with reading(request) as tx:
        signatures = await list_given(tx, contract_id, begin, limit + 1)
    return page(request, signatures, limit, lambda given: (str(given.version), given.organisation_id), _signatures)


def _current_terms(contract: Contract) -> str:
    return f"{address(contract)}/terms/{contract.newest.terms.version}"


def _list(items: Sequence[TermsVersion], cursor: str | None) -> TermsList:
    return TermsList(items=tuple(TermsSummary.of(terms) for terms in items), next_cursor=cursor)


def _signatures(items: Sequence[Signature], cursor: str | None) -> SignatureList:
    return SignatureList(items=tuple(SignatureBody.of(given) for given in items), next_cursor=cursor)
