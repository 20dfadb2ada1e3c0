import json
from collections.abc import Callable
from typing import Any

import pytest

from services.kit.testing import Doors, Urls, a_caller, as_admin, new_key

from ..builders import PAYER, PROVIDER
from .asking import CONTRACTS, a_body, drafted, post, refused

Change = Callable[[dict[str, Any]], object]


def _metric(body: dict[str, Any]) -> dict[str, Any]:
    metric: dict[str, Any] = body["outcomes"]["metrics"][0]
    return metric


def _rule(body: dict[str, Any]) -> dict[str, Any]:
    rule: dict[str, Any] = body["payment"]["rules"][0]
    return rule


WRONG: list[tuple[str, Change, str, str]] = [
    ("no title", lambda body: body.pop("title"), "shape-not-allowed", "/title"),
    ("an empty title", lambda body: body.update(title=" "), "shape-not-allowed", "/title"),
    ("a title of two lines", lambda body: body.update(title="a\nb"), "shape-not-allowed", "/title"),
    ("a long title", lambda body: body.update(title="x" * 201), "shape-not-allowed", "/title"),
    ("an unknown field", lambda body: body.update(note="x"), "shape-not-allowed", "/note"),
    (
        "an unknown field of a metric",
        lambda body: _metric(body).update(x=1),
        "shape-not-allowed",
        "/outcomes/metrics/0/x",
    ),
    ("no parties", lambda body: body.pop("parties"), "shape-not-allowed", "/parties"),
    ("an unknown role", lambda body: body["parties"][0].update(role="king"), "shape-not-allowed", "/parties/0/role"),
    ("text for a number", lambda body: body["payment"].update(dueDays="30"), "shape-not-allowed", "/payment/dueDays"),
    (
        "a date that is none",
        lambda body: body.update(claimsCloseOn="2029-02-30"),
        "shape-not-allowed",
        "/claimsCloseOn",
    ),
    ("a date in seconds", lambda body: body.update(claimsCloseOn="1893456000"), "not-signable", "/claimsCloseOn"),
    (
        "null",
        lambda body: _rule(body).update(maxUnitsPerPerson=None),
        "not-signable",
        "/payment/rules/0/maxUnitsPerPerson",
    ),
    ("null in the heading", lambda body: body.update(decisionRef=None), "not-signable", "/decisionRef"),
    (
        "a kind of rule that there is not",
        lambda body: _rule(body).update(kind="royalty"),
        "shape-not-allowed",
        "/payment/rules/0/kind",
    ),
    (
        "another kind of rule",
        lambda body: _rule(body).update(kind="bands"),
        "shape-not-allowed",
        "/payment/rules/0/measure",
    ),
    (
        "a verifier who reports",
        lambda body: _metric(body).update(verifiedBy=PROVIDER),
        "terms-not-valid",
        "/outcomes/metrics/0/verifiedBy",
    ),
    ("a currency that is none", lambda body: body.update(currency="XXX"), "terms-not-valid", "/currency"),
    ("a place that is no zone", lambda body: body.update(timeZone="Aarhus"), "terms-not-valid", "/timeZone"),
    ("fifteen digits", lambda body: body["payment"].update(dueDays=10**14), "terms-not-valid", "/payment/dueDays"),
    (
        "a payment part that the payer cannot read",
        lambda body: body["payment"].update(readableBy=["investor"]),
        "terms-not-valid",
        "/payment/readableBy",
    ),
    (
        "a person as a party",
        lambda body: body["parties"][1].update(organisationId="0007:5566778899x"),
        "terms-not-valid",
        "/parties/1/organisationId",
    ),
    (
        "a personal number in a name",
        lambda body: _metric(body).update(name="I arbejde 211062-5629"),
        "personal-number",
        "/outcomes/metrics/0/name",
    ),
    ("a personal number in the title", lambda body: body.update(title="8112189876"), "personal-number", "/title"),
]


@pytest.mark.parametrize(("change", "code", "pointer"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
async def test_terms_that_are_not_as_they_should_be_name_the_field(
    doors: Doors, change: Change, code: str, pointer: str
) -> None:
    body = a_body()
    change(body)
    refused(await post(doors, PAYER, CONTRACTS, body), 422, code, pointer)


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b'{"title": "a", "title": "b"}', 400, "json-not-readable"),
        (b'{"title": NaN}', 400, "json-not-readable"),
        (b'{"title": 1e5}', 400, "json-not-readable"),
        (b'{"title": "a\\u0000"}', 400, "json-not-readable"),
        (b'{"title": 1234567890123456}', 400, "json-not-readable"),
        (b'{"title":', 400, "json-not-readable"),
        (b"[]", 422, "shape-not-allowed"),
        (b"null", 422, "not-signable"),
        (b"", 422, "shape-not-allowed"),
    ],
)
async def test_a_body_that_is_no_agreement_is_refused(doors: Doors, raw: bytes, status: int, code: str) -> None:
    headers = {**new_key(), "Content-Type": "application/json"}
    refused(await doors.as_(a_caller(PAYER)).post(CONTRACTS, content=raw, headers=headers), status, code)


@pytest.mark.parametrize("path", ["", "/terms"])
async def test_terms_are_at_most_512_kib(doors: Doors, path: str) -> None:
    where = (await drafted(doors)).headers["location"] + path if path else CONTRACTS
    body = json.dumps(a_body()).encode()
    headers = {"Content-Type": "application/json", "If-Match": '"1"'}
    client = doors.as_(a_caller(PAYER))
    large = body + b" " * (512 * 1024 + 1 - len(body))
    refused(await client.post(where, content=large, headers={**headers, **new_key()}), 413, "too-large")
    if not path:
        fits = await client.post(where, content=large[:-1], headers={**headers, **new_key()})
        assert fits.status_code == 201


async def test_the_largest_terms_are_kept_and_given_back(doors: Doors) -> None:
    body = a_body()
    cohort = body["outcomes"]["cohorts"][0]
    body["outcomes"]["cohorts"] += [{**cohort, "code": f"c{place}", "name": "å" * 190} for place in range(1, 1200)]
    raw = json.dumps(body, ensure_ascii=False).encode()
    assert 400 * 1024 < len(raw) < 512 * 1024
    headers = {**new_key(), "Content-Type": "application/json"}
    client = doors.as_(a_caller(PAYER))
    answer = await client.post(CONTRACTS, content=raw, headers=headers)
    assert answer.status_code == 201, answer.text
    part = await client.get(f"{answer.headers['location']}/terms/1/parts/outcomes")
    assert part.json() == body["outcomes"]


async def test_nothing_that_was_refused_is_repeated_or_kept(doors: Doors, urls: Urls) -> None:
    body = a_body(title="canary-4711 211062-5629")
    answer = await post(doors, PAYER, CONTRACTS, body)
    assert "canary" not in answer.text
    assert "211062" not in answer.text
    for table in ("audit", "idempotency", "contract", "fact"):
        rows = await as_admin(urls, f"select t::text as row from {table} t")
        assert not any("canary" in row["row"] for row in rows)
