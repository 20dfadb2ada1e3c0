"""Tests: outcomes-service asked for one answer of each shape: people, claims, and what is decided on them."""

import tempfile
from pathlib import Path
from typing import Any

import httpx

from outcomes_service.app import ABOUT
from outcomes_service.consumers.contracts import HANDLERS
from outcomes_service.settings import Settings
from outcomes_service.worker import end_overdue
from services.clients.registry import Registry
from services.events.contracts import ContractActivated
from services.events.envelope import Envelope
from services.kit.database.database import Database
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes
from services.kit.facts.inbox import Taken
from services.kit.local.postgres import Postgres
from services.kit.process import clock
from services.kit.process.caller import service_caller

from .asking import EVALUATOR, GUARANTOR, INVESTOR, PAYER, PROVIDER, Asked, Kept, asked
from .signed import CONTRACT
from .told import facts

PATH = f"/v1/contracts/{CONTRACT}"
DAY = "2026-05-04"
EVIDENCE = [{"reference": "case-system:2026/77:note-3", "hmacSha256": "ab" * 32}]
VERIFIED, REJECTED = {"decision": "verified"}, {"decision": "rejected", "reason": "evidence_insufficient"}
MEASURED = {"value": "0.31", "n": "162", "standardError": "0.02"}
REASONS = ("not_achieved", "evidence_missing", "wrong_participant", "wrong_date", "wrong_units", "duplicate")
ON_ITS_WAY, NOT_ACTIVE = f"{str(CONTRACT)[:-1]}3", f"{str(CONTRACT)[:-1]}4"
STATES = {ON_ITS_WAY: "active", NOT_ACTIVE: "signed"}


async def answers(server: Postgres) -> list[Kept]:
    """Those on people, claims of each kind, each decision, uploads, what other services ask, and refusals."""
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "order-key"
        secret.write_text("0123456789abcdef" * 4)
        settings = {"contracts_url": "http://registry.invalid", "order_key_file": secret}
        async with asked(server, ABOUT, Settings, ("settlement-service",), **settings) as service:
            registry = httpx.AsyncClient(transport=httpx.MockTransport(_registry), base_url="http://registry.invalid")
            service.doors.app.state.registry = Registry(registry, "claims are taken from then on")
            worker = Database(service.urls.worker, application="tests")
            await _take(service, worker)
            await _people(service)
            await _claims(service)
            await _decided(service)
            await _disputed(service)
            await _replaced(service)
            await _undecided(service, worker)
            await _uploads(service)
            await _of_others(service)
            await _refused(service)
            await worker.close()
            return service.kept


def _registry(request: httpx.Request) -> httpx.Response:
    id_ = request.url.path.rpartition("/")[2]
    if id_ not in STATES:
        return httpx.Response(404)
    return httpx.Response(200, json={"contractId": id_, "parties": [PROVIDER], "state": STATES[id_]})


async def _take(service: Asked, worker: Database) -> None:
    """The contract, as the registry tells of it when it is activated."""
    fact: Any = next(each for each in facts() if isinstance(each, ContractActivated))
    now = service.clock.now()
    envelope = Envelope(
        id=clock.new_id(),
        type=fact.declaration.type,
        source=fact.declaration.source,
        aggregate=str(fact.contract_id),
        sequence=1,
        time=now,
        correlation_id=clock.random_id(),
        body=shapes.text(fact),
    )
    async with worker.transaction("service:outcomes-service") as connection:
        tx = Transaction(connection, service_caller("outcomes-service"), now, envelope.correlation_id)
        await HANDLERS[type(fact)](tx, [Taken(envelope, fact)])


def _person(number: int, **other: Any) -> dict[str, Any]:
    return {"participantKey": f"key_{number:06d}_Zk3vVhJx0aLr", **other}


def _claim(id_: str, metric: str = "moved", number: int | None = 1, **other: Any) -> dict[str, Any]:
    """A claim on a person; on something else without a number."""
    subject = {} if number is None else _person(number)
    return {"externalId": id_, "metric": metric, "achievedOn": DAY, **subject, **other}


async def _people(service: Asked) -> None:
    path, enrolled = f"{PATH}/participants", {"cohort": "first", "enrolledOn": "2026-01-01"}
    await service.post(PROVIDER, path, _person(1, **enrolled), "a person is enrolled", status=201)
    await service.post(PROVIDER, path, _person(1, **enrolled), "a person is enrolled again just so", status=200)
    rows = [*(_person(number, **enrolled) for number in range(2, 31)), _person(2, **enrolled), _person(31, cohort="x")]
    await service.upload(PROVIDER, path, rows, "people are enrolled")
    left = {"cohort": "first", "leftOn": "2026-05-20"}
    await service.post(PROVIDER, f"{path}/departures", _person(1, **left), "a person leaves", status=201)
    await service.upload(PROVIDER, f"{path}/departures", [_person(2, **left), _person(2, **left), "{"], "people leave")
    await service.get(PAYER, f"{path}?limit=3", "the first page of people")
    await service.get(PAYER, f"{PATH}/cohorts", "cohorts")
    await service.get(INVESTOR, f"{PATH}/cohorts", "cohorts for who does not work with people")


async def _claims(service: Asked) -> None:
    """One on each kind of subject, with each kind of what is reported."""
    path = f"{PATH}/claims"
    course = _claim("course-1", "course", evidence=EVIDENCE, units="1")
    await service.post(PROVIDER, path, course, "a claim on a person", status=201)
    await service.post(PROVIDER, path, course, "a claim that stands already", status=200)
    score = _claim("score-1", "wellbeing", occurrence="before", measurement={**MEASURED, "estimator": "ancova"})
    await service.post(PROVIDER, path, score, "a claim on a person, measured", status=201)
    for arm in ("comparison", "baseline"):
        measured = {"value": "3", "arm": arm, "n": "40"}
        rate = _claim(f"rate-{arm}", "offences", None, cohort="first", occurrence="y1", measurement=measured)
        await service.post(PROVIDER, path, rate, f"a claim on a cohort, measured, {arm}", status=201)
    money = _claim("spent-1", "spending", None, cohort="first", occurrence="2026")
    money["measurement"] = {"value": "1200.50", "component": "benefits"}
    await service.post(PROVIDER, path, money, "a claim on a cohort, of one purse", status=201)
    site = _claim("site-1", "village", None, site="village-017", occurrence="1")
    await service.post(PROVIDER, path, site, "a claim on a site", status=201)
    await service.get(PAYER, f"{path}?limit=2", "the first page of claims")
    await service.get(PAYER, f"{path}?state=verified", "a page of no claims")


async def _decided(service: Asked) -> None:
    first, second, third = [await _claimed(service, f"moved-{number}", number) for number in (3, 4, 5)]
    await _on(service, PAYER, first, "verification", VERIFIED, "a claim is verified")
    await _on(service, PAYER, second, "verification", REJECTED, "a claim is rejected")
    returned = {"decision": "returned", "reason": "wrong_date"}
    await _on(service, PAYER, third, "verification", returned, "a claim is returned")
    await service.post(PAYER, f"{first}/verification", VERIFIED, "a claim is verified again just so", on=2, status=200)
    await service.get(PROVIDER, first, "a claim with a decision")


async def _disputed(service: Asked) -> None:
    decided = await _claimed(service, "moved-6", 6)
    await _on(service, PAYER, decided, "verification", VERIFIED)
    await _on(service, PROVIDER, decided, "dispute", {"reason": "not_achieved"}, "a claim is disputed")
    await _on(service, EVALUATOR, decided, "dispute/decision", REJECTED, "a dispute is decided")
    site = _claim("site-2", "village", None, site="village-018", occurrence="1")
    answer = await service.post(PROVIDER, f"{PATH}/claims", site, status=201)
    agreed = str(answer.headers["location"])
    await _on(service, PAYER, agreed, "verification", REJECTED)
    await _on(service, PROVIDER, agreed, "dispute", {"reason": "other_agreement"})
    await _on(service, PROVIDER, agreed, "dispute/decision", VERIFIED, "a dispute is decided by one of two")
    await _on(service, PAYER, agreed, "dispute/decision", VERIFIED, "a dispute is decided by the other, too")
    for number, reason in enumerate(REASONS, start=10):
        claim = await _claimed(service, f"moved-{number}", number)
        await _on(service, PAYER, claim, "verification", {"decision": "rejected", "reason": reason})
    await service.get(PROVIDER, f"{PATH}/claims?state=rejected", "claims rejected for every reason")


async def _replaced(service: Asked) -> None:
    withdrawn, wrong = [await _claimed(service, f"moved-{number}", number) for number in (20, 21)]
    await _on(service, PROVIDER, withdrawn, "withdrawal", {}, "a claim is withdrawn")
    right = _claim("moved-22", number=22)
    await _on(service, PROVIDER, wrong, "correction", right, "a claim is corrected", status=201)
    await service.get(PAYER, wrong, "a claim that was corrected")


async def _undecided(service: Asked, worker: Database) -> None:
    job = _claim("job-1", "employed", 3, occurrence="6m")
    answer = await service.post(PROVIDER, f"{PATH}/claims", job, status=201)
    job_path = str(answer.headers["location"])
    course = (await service.get(PAYER, f"{PATH}/claims?metric=course")).json()["items"][0]
    service.clock.wait(days=40)
    while await end_overdue(worker, service.clock.now):
        pass
    await service.get(PROVIDER, f"/v1/claims/{course['id']}", "a claim that counts because nobody decided")
    await service.get(PROVIDER, job_path, "a claim that went on because nobody decided")


async def _uploads(service: Asked) -> None:
    rows = [_claim(f"bulk-{number}", number=number) for number in (23, 24)]
    bad = [{**_claim("bulk-3", number=25), "metric": "m99"}, {**_claim("bulk-4"), "colour": "red"}, "no row", "{}"]
    sent = [*rows, rows[0], *bad]
    first, *_ = await service.upload(PROVIDER, f"{PATH}/claims", sent, "claims are uploaded")
    decision = {"claimId": first["id"], "version": 1, "decision": "verified"}
    rows = [decision, decision, {**decision, "decision": "rejected"}, {"claimId": "x"}]
    await service.upload(PAYER, f"{PATH}/verifications", rows, "decisions are uploaded")


async def _of_others(service: Asked) -> None:
    peer = service.doors.as_service("settlement-service")
    await service.ask(peer, f"/internal/facts?aggregate={CONTRACT}&limit=2", "facts, for a service")
    await service.ask(peer, f"/internal/heads?aggregate={CONTRACT}", "the last fact, for a service")
    for known in ("/.well-known/jwks.json", "/livez", "/readyz"):
        await service.ask(service.doors.as_nobody(), known, known)


async def _refused(service: Asked) -> None:
    """Each status once, and what is not known here yet."""
    path, claim = f"{PATH}/claims", _claim("refused-1", number=26)
    await service.ask(service.doors.as_nobody(), path, "refused: nobody asks")
    await service.get(GUARANTOR, path, "refused: a role that may not")
    await service.get(PAYER, "/v1/claims/1", "refused: no such claim")
    await service.post(PAYER, path, claim, "refused: another one reports", status=403)
    wrong = {**claim, "metric": "m99"}
    await service.post(PROVIDER, path, wrong, "refused: a metric that nobody knows", status=422)
    wrong = {**claim, "colour": "red", "units": 1}
    await service.post(PROVIDER, path, wrong, "refused: a shape that is not allowed", status=422)
    taken = _claim("moved-3", number=27)
    await service.post(PROVIDER, path, taken, "refused: an id that is taken", status=409)
    on_its_way, not_active = (f"/v1/contracts/{id_}/claims" for id_ in (ON_ITS_WAY, NOT_ACTIVE))
    await service.post(PROVIDER, on_its_way, claim, "refused: a contract on its way", status=503)
    await service.post(PROVIDER, not_active, claim, "refused: a contract that is not in force", status=409)


async def _claimed(service: Asked, id_: str, number: int) -> str:
    """The path of a new claim."""
    answer = await service.post(PROVIDER, f"{PATH}/claims", _claim(id_, number=number), status=201)
    return str(answer.headers["location"])


async def _on(service: Asked, by: str, claim: str, command: str, body: Any, keep: str = "", status: int = 200) -> None:
    """A command on the claim as it is."""
    revision = (await service.get(PAYER, claim)).json()["revision"]
    await service.post(by, f"{claim}/{command}", body, keep, on=revision, status=status)
