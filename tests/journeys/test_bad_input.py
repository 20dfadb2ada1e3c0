"""Tests: bad input over real HTTP: a clear problem each, nothing of it kept, repeated or logged."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conftest import CheckAll
from tests.journeys.asking import Desk, a_desk, check_faults, refusal_of
from tests.recorder import Recorder
from tests.running import RunningSuite

from deploy.demo.cases.case import Case
from services.kit.doors.keys import Signer, new_private_key
from services.kit.process import clock

CANARY = "canary-3f9d1c"
"""Stands in much of what is sent here, and must stand in no answer and no log."""
PERSONAL_NUMBERS = {
    "dk": "211062-5629",
    "dk without modulus 11": "0101071234",
    "se": "8112189876",
    "se with century": "19811218-9876",
    "no": "15108695088",
    "fi": "131052-308T",
    "is": "120174-3399",
}


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    """Knows every exchange of this module; personal numbers may be told to nobody, not even back."""
    return Recorder(canaries=dict.fromkeys((CANARY, *PERSONAL_NUMBERS.values()), ()))


@pytest.fixture(scope="module")
def desk(suite: RunningSuite, apollo: Case, recorder: Recorder, check_all: CheckAll) -> Iterator[Desk]:
    """A contract in force. When all is done, every invariant holds, and no canary was told or logged."""
    with a_desk(suite, apollo, recorder) as ready:
        yield ready
        check_all(recorder)


def test_a_missing_permission_is_named(desk: Desk) -> None:
    response = desk.send("investor", "POST", f"{desk.contract}/claims", desk.claim("no-permission"))
    assert "report" in refusal_of(response, 403, "permission-missing")["detail"]


def test_an_unknown_contract_and_anothers_are_one(desk: Desk) -> None:
    refusal_of(desk.send("other-municipality", "GET", desk.contract), 404, "not-found")
    refusal_of(desk.send("other-municipality", "GET", f"/v1/contracts/{clock.random_id()}"), 404, "not-found")


def test_a_party_whose_role_may_never_do_it_is_told_so(desk: Desk) -> None:
    refusal_of(desk.send("investor", "GET", f"{desk.contract}/claims"), 403, "role-not-allowed")


def test_no_token_and_half_a_token_are_refused(desk: Desk) -> None:
    response = desk.send("provider", "GET", desk.contract, Authorization="")
    refusal_of(response, 401, "token-missing")
    assert response.headers["www-authenticate"].startswith("Bearer")
    refusal_of(desk.send("provider", "GET", desk.contract, Authorization="Bearer x.y"), 401, "token-not-valid")


def test_an_expired_token_is_refused(desk: Desk) -> None:
    form = {"grant_type": "client_credentials", "client_id": "provider", "expires_in": "-3600"}
    token = desk.issuer.post("/token", data=form).json()["access_token"]
    refusal_of(desk.send("provider", "GET", desk.contract, Authorization=f"Bearer {token}"), 401, "token-expired")


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def _unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def test_forged_tokens_are_refused(desk: Desk) -> None:
    good = desk.token("provider")
    other_key = Signer(new_private_key()).sign(_claims(good))
    header, payload, signature = good.split(".")
    raised = _claims(good) | {"org": desk.run.organisations["payer"].id}
    changed = base64.urlsafe_b64encode(json.dumps(raised).encode()).decode().rstrip("=")
    for token in (other_key, _unsigned(_claims(good)), f"{header}.{changed}.{signature}", f"{header}.{payload}."):
        response = desk.send("provider", "GET", desk.contract, Authorization=f"Bearer {token}")
        refusal_of(response, 401, "token-not-valid")


def test_a_stale_version_cannot_be_signed(desk: Desk, apollo: Case) -> None:
    run = desk.run
    body = apollo.contract_between({role: organisation.id for role, organisation in run.organisations.items()})
    drafted = desk.send("municipality-preparer", "POST", "/v1/contracts", body)
    path = drafted.headers["location"]
    again = desk.send("municipality-preparer", "POST", f"{path}/terms", _terms(body), If_Match=drafted.headers["etag"])
    assert again.status_code == 201, again.text
    contract = desk.send("municipality-preparer", "GET", path)
    proposed = desk.send("municipality-preparer", "POST", f"{path}/proposal", {}, If_Match=contract.headers["etag"])
    assert proposed.status_code < 300, proposed.text
    shown = desk.send("provider", "GET", path)
    first = desk.send("provider", "GET", f"{path}/terms/1").json()["root"]
    tag = shown.headers["etag"]
    old = desk.send("provider", "POST", f"{path}/signatures", {"version": 1, "root": first}, If_Match=tag)
    refusal_of(old, 409, "terms-version-stale")
    unread = desk.send("provider", "POST", f"{path}/signatures", {"version": 2, "root": first}, If_Match=tag)
    assert unread.status_code in (409, 422)
    root = shown.json()["root"]
    blind = desk.send("provider", "POST", f"{path}/signatures", {"version": 2, "root": root})
    refusal_of(blind, 428, "version-required")
    late = desk.send("provider", "POST", f"{path}/signatures", {"version": 2, "root": root}, If_Match='"1"')
    refusal_of(late, 412, "version-stale")


def _terms(contract: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in contract.items() if name not in ("title", "decisionRef", "procurementRef")}


def test_terms_that_cannot_be_decided_say_where_and_what_is_allowed(desk: Desk, apollo: Case) -> None:
    body = apollo.contract_between({role: organisation.id for role, organisation in desk.run.organisations.items()})
    metrics, payment = body["outcomes"]["metrics"], body["payment"]
    metrics[0]["verifiedBy"] = metrics[0]["reportedBy"]
    metrics[1]["disputesDecidedBy"] = metrics[1]["verifiedBy"]
    payment["rules"][2]["metric"] = "m99"
    payment["rules"][3]["prices"][0]["price"]["currency"] = "DKK"
    payment["rules"][4]["prices"][0]["price"]["amount"] = "220.005"
    body["outcomePeriod"]["end"] = body["outcomePeriod"]["start"]
    problem = refusal_of(desk.send("municipality-preparer", "POST", "/v1/contracts", body), 422, "terms-not-valid")
    assert {
        "/outcomes/metrics/0/verifiedBy",
        "/outcomes/metrics/1/disputesDecidedBy",
        "/payment/rules/2/metric",
        "/payment/rules/3/prices/0/price/currency",
        "/payment/rules/4/prices/0/price/amount",
        "/outcomePeriod/end",
    } <= {fault["pointer"] for fault in problem["errors"]}


ROWS: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "an unknown metric": ({"metric": "m99"}, "unknown-metric", "/metric"),
    "nobody who is enrolled": ({"participantKey": f"{CANARY}-nobody-here"}, "not-enrolled", "/participantKey"),
    "before the enrolment": ({"achievedOn": "2018-10-01"}, "not-enrolled", "/participantKey"),
    "outside the period": ({"achievedOn": "2022-04-01"}, "outside-outcome-period", "/achievedOn"),
    "an occurrence too many": ({"occurrence": "2"}, "occurrence-unknown", "/occurrence"),
    "an unknown field": ({"colour": CANARY}, "shape-not-allowed", "/colour"),
    "units that are no whole number": ({"units": "1.5"}, "shape-not-allowed", "/units"),
    "units as a number": ({"units": 1}, "shape-not-allowed", "/units"),
    "an external id of digits": ({"externalId": "12345678"}, "external-id-not-valid", "/externalId"),
    "a date that does not exist": ({"achievedOn": "2019-02-30"}, "shape-not-allowed", "/achievedOn"),
    "a count of seconds": ({"achievedOn": 86400}, "shape-not-allowed", "/achievedOn"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_claim_that_cannot_be_one_is_refused_alone_and_in_bulk(desk: Desk, name: str) -> None:
    changes, code, pointer = ROWS[name]
    claim = desk.claim(f"bad-{clock.random_id().hex[:6]}x", **changes)
    refusal_of(desk.send("provider", "POST", f"{desk.contract}/claims", claim), 422, code, pointer)
    line, summary = desk.upload("provider", f"{desk.contract}/claims", claim)
    assert (line["line"], line["result"], line["code"]) == (1, "refused", code)
    check_faults(line.get("errors", []), pointer)
    assert summary["summary"] == {"created": 0, "replayed": 0, "refused": 1, "failed": 0}


def test_an_external_id_stands_for_one_content(desk: Desk) -> None:
    path, claim = f"{desk.contract}/claims", desk.claim("once-only", metric="m03")
    first = desk.send("provider", "POST", path, claim)
    assert first.status_code == 201
    same = desk.send("provider", "POST", path, claim)
    assert (same.status_code, same.headers["idempotency-replayed"]) == (200, "true")
    assert same.json()["id"] == first.json()["id"]
    refusal_of(desk.send("provider", "POST", path, {**claim, "units": "2"}), 409, "external-id-taken")
    taken = desk.send("provider", "POST", path, {**claim, "externalId": "another-id"})
    refusal_of(taken, 409, "occurrence-taken")


PLACES = ("externalId", "metric", "participantKey", "occurrence", "reference", "unknown", "key of an object")


@pytest.mark.parametrize("country", PERSONAL_NUMBERS)
@pytest.mark.parametrize("place", PLACES)
def test_personal_numbers_are_refused_wherever_they_stand(desk: Desk, country: str, place: str) -> None:
    number = PERSONAL_NUMBERS[country]
    for text in (number, f"case {number} 7"):
        changes: dict[str, Any] = {place: text}
        if place == "reference":
            changes = {"evidence": [{"reference": text, "hmacSha256": "0" * 64}]}
        if place == "key of an object":
            changes = {text: "x"}
        claim = desk.claim("with-a-number", **changes)
        refusal_of(desk.send("provider", "POST", f"{desk.contract}/claims", claim), 422, "personal-number")
        line, _ = desk.upload("provider", f"{desk.contract}/claims", claim)
        assert (line["result"], line["code"]) == ("refused", "personal-number")


@pytest.mark.parametrize("country", PERSONAL_NUMBERS)
def test_personal_numbers_are_refused_in_names_and_titles_too(desk: Desk, apollo: Case, country: str) -> None:
    number = PERSONAL_NUMBERS[country]
    organisation = {"id": desk.run.organisations["provider"].id, "name": f"Aunt {number}"}
    refusal_of(desk.send("provider", "POST", "/v1/organisations", organisation), 422, "personal-number", "/name")
    body = apollo.contract_between({role: organisation.id for role, organisation in desk.run.organisations.items()})
    titled = desk.send("municipality-preparer", "POST", "/v1/contracts", {**body, "title": number})
    refusal_of(titled, 422, "personal-number", "/title")
    enrolment = {"participantKey": number, "cohort": "apollo", "enrolledOn": "2019-01-01"}
    refusal_of(desk.send("provider", "POST", f"{desk.contract}/participants", enrolment), 422, "personal-number")


def test_personal_numbers_are_refused_in_addresses(desk: Desk) -> None:
    for path in (f"{desk.contract}/claims?metric=15108695088", "/v1/organisations/0237:2110625629"):
        response = desk.send("provider", "GET", path)
        assert response.status_code in (400, 404, 422), response.text
        assert response.headers["content-type"] == "application/problem+json"


NOT_JSON: dict[str, bytes] = {
    "NaN": b'{"units": NaN}',
    "an exponent": b'{"units": 1e3}',
    "a fraction": b'{"units": 1.5}',
    "NUL": b'{"externalId": "canary-3f9d1c\\u0000"}',
    "half a character": b'{"externalId": "\\ud800"}',
    "a key twice": b'{"externalId": "canary-3f9d1c", "externalId": "b"}',
    "bytes that are no text": b'{"externalId": "\xff\xfe"}',
    "half an object": b'{"externalId": "canary-3f9d1c"',
    "nothing but words": b"canary-3f9d1c",
    "too deep": b"[" * 100 + b"]" * 100,
}


@pytest.mark.parametrize("name", NOT_JSON)
def test_what_two_parsers_could_read_differently_is_refused(desk: Desk, name: str) -> None:
    response = desk.send("provider", "POST", f"{desk.contract}/claims", NOT_JSON[name])
    refusal_of(response, 400, "json-not-readable")


def test_a_broken_line_in_the_middle_stops_no_other(desk: Desk) -> None:
    lines: list[Any] = []
    for place, person in enumerate(desk.people):
        who = {"participantKey": person.key, "achievedOn": person.enrolled_on.isoformat()}
        lines.append(desk.claim(f"row-{place}", metric="m19", **who))
    for place, raw in enumerate(NOT_JSON.values(), start=1):
        lines.insert(place % len(desk.people), raw)
    *results, summary = desk.upload("provider", f"{desk.contract}/claims", *lines)
    assert summary["summary"] == {"created": len(desk.people), "replayed": 0, "refused": len(NOT_JSON), "failed": 0}
    assert [result["line"] for result in results] == list(range(1, len(lines) + 1))
    broken = [result["code"] for result in results if result["result"] == "refused"]
    assert set(broken) == {"json-not-readable"}


def test_bodies_over_the_limit_are_refused(desk: Desk, apollo: Case) -> None:
    body = apollo.contract_between({role: organisation.id for role, organisation in desk.run.organisations.items()})
    large = {**body, "decisionRef": CANARY * 60_000}
    refusal_of(desk.send("municipality-preparer", "POST", "/v1/contracts", large), 413, "too-large")
    reason = {"reason": CANARY * 100_000}
    path = f"/v1/claims/{clock.random_id()}/dispute"
    refusal_of(desk.send("provider", "POST", path, reason), 413, "too-large")


def test_a_line_over_the_limit_is_refused_alone(desk: Desk) -> None:
    person = desk.people[1]
    good = desk.claim("beside-a-long-line", metric="m04", participantKey=person.key, achievedOn=f"{person.enrolled_on}")
    long = {**good, "externalId": CANARY * 10_000}
    first, second, _ = desk.upload("provider", f"{desk.contract}/claims", long, good)
    assert (first["code"], second["result"]) == ("line-too-long", "created")


def test_commands_need_a_key_and_a_key_stands_for_one_command(desk: Desk) -> None:
    path = f"{desk.contract}/claims"
    bare = desk.send("provider", "POST", path, desk.claim("keyless"), Idempotency_Key="")
    refusal_of(bare, 400, "idempotency-key-needed")
    first = {"participantKey": desk.people[2].key, "achievedOn": f"{desk.people[2].enrolled_on}"}
    key = f"reused-{clock.random_id()}"
    taken = desk.send("provider", "POST", path, desk.claim("by-key", metric="m05", **first), Idempotency_Key=key)
    assert taken.status_code == 201
    other = desk.send("provider", "POST", path, desk.claim("by-key-2", metric="m06", **first), Idempotency_Key=key)
    refusal_of(other, 422, "idempotency-key-reused")


def test_what_is_not_there_and_what_is_not_read_here_are_problems_too(desk: Desk) -> None:
    refusal_of(desk.send("provider", "GET", f"/v1/{CANARY}"), 404, "not-found")
    response = desk.send("provider", "DELETE", desk.contract)
    assert response.status_code == 405
    assert response.headers["content-type"] == "application/problem+json"
    xml = desk.send("provider", "POST", f"{desk.contract}/claims", b"<a/>", Content_Type="application/xml")
    refusal_of(xml, 415, "unsupported-media-type")
    refusal_of(desk.send("provider", "GET", f"{desk.contract}/claims?cursor={CANARY}"), 422, "cursor-not-valid")
