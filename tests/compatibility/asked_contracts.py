"""Tests: contracts-service asked for one answer of each shape: an agreement from its directory to its end."""

import json
from typing import Any

from contracts_service.app import ABOUT
from contracts_service.settings import Settings
from services.kit.local.postgres import Postgres

from .asking import GUARANTOR, PAYER, PROVIDER, Asked, Kept, asked
from .signed import VERSIONS

NEWCOMER = "0088:9521000000056"
FIRST = VERSIONS["first"]
SECOND: dict[str, Any] = {**json.loads(json.dumps(FIRST).replace(GUARANTOR, NEWCOMER)), "effectiveFrom": "2027-01-01"}
PARTIES = [party["organisationId"] for party in FIRST["parties"]]
JWS = "eyJhbGciOi..c2lnbmF0dXJl"
CONTRACTS, ORGANISATIONS = "/v1/contracts", "/v1/organisations"


async def answers(server: Postgres) -> list[Kept]:
    """Those of the directory, of a contract with an amendment that ends early, of one that ends as agreed, of what
    other services ask, and refusals."""
    async with asked(server, ABOUT, Settings, ("outcomes-service",)) as service:
        await _directory(service)
        path = await _agreed(service)
        await _amended(service, path)
        await _terms(service, path)
        await _ended(service, path)
        await _of_others(service, path)
        await _refused(service, path)
        return service.kept


async def _directory(service: Asked) -> None:
    units = [{"gln": "5798000000018", "name": "Børn & Unge"}]
    for place, organisation in enumerate([*PARTIES, NEWCOMER]):
        body = {"id": organisation, "name": f"Part nr. {place}", "units": units}
        keep = "an organisation is registered" if organisation == PAYER else ""
        await service.post(organisation, ORGANISATIONS, body, keep, status=201)
    entry = {"name": 'Ærø "Kommune" / nord', "units": []}
    path = f"{ORGANISATIONS}/{PAYER}"
    changed = await service.put(PAYER, path, entry, "an organisation is changed", on=1)
    await service.get(PROVIDER, path, "an organisation")
    await service.get(PROVIDER, path, "an organisation that the client has", if_none_match=changed.headers["etag"])
    await service.get(PROVIDER, f"{ORGANISATIONS}?limit=2", "the first page of organisations")


async def _agreed(service: Asked) -> str:
    """A contract that is in force; its path."""
    headed = {"title": "Børn på Ærø", "decisionRef": "KB 2026-01-15 no. 7", "procurementRef": "2026/S 001-000001"}
    key = {"idempotency_key": "the-same-key-again"}
    body = {**headed, **FIRST}
    drafted = await service.post(PAYER, CONTRACTS, body, "a contract is drafted", status=201, **key)
    await service.post(PAYER, CONTRACTS, body, "a contract is drafted, sent again", status=201, **key)
    path = str(drafted.headers["location"])
    await _next(service, path, "proposal", "a contract is proposed")
    await _signed(service, path, PARTIES, "a contract")
    await _next(service, path, "activation", "a contract is activated")
    await service.get(PROVIDER, path, "a contract in force")
    return path


async def _amended(service: Asked, path: str) -> None:
    """The guarantor leaves and another one comes; it is offered, and then in effect."""
    revision = await _revision(service, path)
    await service.post(PAYER, f"{path}/terms", SECOND, "an amendment is drafted", on=revision, status=201)
    await _next(service, path, "proposal", "an amendment is proposed")
    comes = [party["organisationId"] for party in SECOND["parties"]]
    await _signed(service, path, [GUARANTOR, *comes], "an amendment")
    await service.get(NEWCOMER, path, "a contract for who comes in with an amendment")
    await _next(service, path, "activation", "an amendment is activated")
    await service.get(GUARANTOR, path, "a contract for who left with an amendment")


async def _terms(service: Asked, path: str) -> None:
    await service.get(PAYER, f"{path}/terms?limit=1", "the first page of versions of the terms")
    await service.get(PAYER, f"{path}/terms", "all versions of the terms")
    await service.get(PAYER, f"{path}/terms/2", "a version of the terms")
    await service.get(GUARANTOR, f"{path}/terms/1", "a version of the terms for who may not read a part")
    part = await service.get(PAYER, f"{path}/terms/1/parts/outcomes", "a part of the terms")
    tag = part.headers["etag"]
    await service.get(PAYER, f"{path}/terms/1/parts/outcomes", "a part that the client has", if_none_match=tag)
    await service.get(PAYER, f"{path}/signatures?limit=2", "the first page of signatures")
    drafted = await service.post(PAYER, CONTRACTS, {"title": "Written anew", **FIRST}, status=201)
    again = str(drafted.headers["location"])
    await service.post(PAYER, f"{again}/terms", FIRST, "terms are written anew", on=1, status=201)
    await service.get(PAYER, f"{again}/terms", "a version of the terms that is replaced")
    await service.get(PAYER, f"{CONTRACTS}?limit=1", "the first page of contracts")


async def _ended(service: Asked, path: str) -> None:
    """One contract early, another one as agreed."""
    await _next(service, path, "suspension", "a contract is suspended")
    await _next(service, path, "resumption", "a contract is resumed")
    day = {"terminatedOn": "2026-12-01"}
    await _next(service, path, "termination", "a contract is terminated", day)
    drafted = await service.post(PAYER, CONTRACTS, {"title": "Short", **FIRST}, status=201)
    short = str(drafted.headers["location"])
    await _next(service, short, "proposal")
    await _signed(service, short, PARTIES)
    await _next(service, short, "activation")
    service.clock.wait(days=3 * 365)
    await _next(service, short, "completion", "a contract is completed")


async def _of_others(service: Asked, path: str) -> None:
    peer, id_ = service.doors.as_service("outcomes-service"), path.rpartition("/")[2]
    await service.ask(peer, f"/internal/contracts/{id_}", "who the parties are, for a service")
    await service.ask(peer, f"/internal/facts?aggregate={id_}&limit=2", "facts, for a service")
    await service.ask(peer, f"/internal/heads?aggregate={id_}", "the last fact, for a service")
    for known in ("/.well-known/jwks.json", "/livez", "/readyz"):
        await service.ask(service.doors.as_nobody(), known, known)


async def _refused(service: Asked, path: str) -> None:
    """Each status once."""
    await service.ask(service.doors.as_nobody(), path, "refused: nobody asks")
    await service.get(PAYER, f"{CONTRACTS}/1", "refused: no such contract")
    await service.put(PAYER, path, {}, "refused: no such method", on=1)
    await service.post(PAYER, f"{path}/proposal", {}, "refused: no version", status=428)
    await service.post(PAYER, f"{path}/proposal", {}, "refused: a version that was", on=1, status=412)
    revision = await _revision(service, path)
    await service.post(PROVIDER, f"{path}/suspension", {}, "refused: a role that may not", on=revision, status=403)
    await service.post(PAYER, f"{path}/activation", {}, "refused: not in this state", on=revision, status=409)
    await service.get(PAYER, f"{CONTRACTS}?cursor=x&limit=0", "refused: a query that is not valid")
    wrong = {"title": "", **FIRST, "currency": 1, "colour": "red"}
    await service.post(PAYER, CONTRACTS, wrong, "refused: a shape that is not allowed", status=422)
    same = {
        **FIRST["outcomes"],
        "metrics": [{**metric, "verifiedBy": PROVIDER} for metric in FIRST["outcomes"]["metrics"]],
    }
    refused = {"title": "Undecidable", **FIRST, "outcomes": same}
    await service.post(PAYER, CONTRACTS, refused, "refused: terms that are not valid", status=422)


async def _next(service: Asked, path: str, step: str, keep: str = "", body: Any = None) -> None:
    revision = await _revision(service, path)
    await service.post(PAYER, f"{path}/{step}", body or {}, keep, on=revision, status=200)


async def _revision(service: Asked, path: str) -> int:
    return int((await service.get(PAYER, path)).json()["revision"])


async def _signed(service: Asked, path: str, by: list[str], keep: str = "") -> None:
    """Every one of these signs; the first and the last answer are kept."""
    for place, organisation in enumerate(by):
        contract = (await service.get(PAYER, path)).json()
        offered = contract.get("amendment", contract)
        body = {"version": offered["version"], "root": offered["root"], **({} if place else {"jws": JWS})}
        words = {0: f"{keep} is signed by the first", len(by) - 1: f"{keep} is signed by the last"}
        kept = words.get(place, "") if keep else ""
        await service.post(organisation, f"{path}/signatures", body, kept, on=contract["revision"], status=201)
