"""Policy: what each row opens, what stands in no row, and in which order a request is refused."""

import re

import httpx
import pytest

from gateway.policy import OPERATIONS, Operation, Routes

from .servers import CLAIM, CONTRACT, Issuer

EXAMPLES = {
    "id": "0192f0c1-2b7e-7c3a-9a51-3d5f1e8b7a60",
    "organisation": "0184:13585628",
    "version": "12",
    "n": "7",
    "part": "payment",
    "occurrence": "6m",
}
PERMISSIONS = set("read draft sign enrol report verify prepare approve confirm".split())  # noqa: SIM905


def an_address(operation: Operation) -> str:
    return re.sub(r"{(\w+)}", lambda match: EXAMPLES[match[1]], operation.path)


def test_names_and_rows_are_unique_and_complete() -> None:
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)
    for operation in OPERATIONS:
        assert set(operation.permissions) <= PERMISSIONS
        assert operation.permissions
        assert operation.path.startswith("/v1/")
        assert not operation.path.endswith("/")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_a_row_opens_with_any_of_its_permissions_and_with_no_other(
    client: httpx.AsyncClient, issuer: Issuer, operation: Operation
) -> None:
    address = an_address(operation)
    for permission in operation.permissions:
        answer = await client.request(operation.method, address, headers=issuer.bearer(permission))
        assert (answer.status_code, answer.json()["path"]) == (200, address)
    others = PERMISSIONS - set(operation.permissions) | {"admin", "*", operation.permissions[0].upper()}
    answer = await client.request(operation.method, address, headers=issuer.bearer(*sorted(others)))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission-missing")
    assert f"`{operation.permissions[0]}`" in answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/nowhere",
        "/v1",
        "/v1/",
        "/v2/contracts",
        "/v1/contracts/",
        "/v1/Contracts",
        "//v1/contracts",
        "/v1//contracts",
        "/v1/contracts/7",
        "/v1/contracts/0192f0c12b7e7c3a9a513d5f1e8b7a60",
        f"{CONTRACT}x",
        f"{CONTRACT}%0A",
        f"{CONTRACT}/terms/0",
        f"{CONTRACT}/terms/01",
        f"{CONTRACT}/terms/-1",
        f"{CONTRACT}/terms/1.0",
        f"{CONTRACT}/terms/%D9%A1",
        f"{CONTRACT}/terms/9999999999",
        f"{CONTRACT}/terms/1/parts/Payment",
        f"{CONTRACT}/terms/1/parts/%2e%2e",
        f"{CONTRACT}/%2e%2e/%2e%2e/internal/facts",
        f"{CONTRACT}/..%2f..%2finternal/facts",
        f"{CONTRACT};a=b",
        "/v1/organisations/13585628",
        "/v1/organisations/0184:1358-5628",
        "/v1/organisations/0184:13585628%00",
        "/internal/facts",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/.well-known/jwks.json",
    ],
)
async def test_what_stands_in_no_row_is_not_there(address: str, issuer: Issuer, path: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        url = httpx.URL(address, raw_path=path.encode())
        answer = await client.get(url, headers=issuer.bearer())
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/v1/contracts", "GET, POST"),
        ("GET", f"{CLAIM}/dispute", "POST"),
        ("HEAD", CONTRACT, "GET"),
        ("OPTIONS", CONTRACT, "GET"),
    ],
)
async def test_another_method_is_told_which_there_are(
    anna: httpx.AsyncClient, method: str, path: str, allow: str
) -> None:
    answer = await anna.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)


async def test_an_unknown_address_is_told_before_a_missing_permission(
    client: httpx.AsyncClient, issuer: Issuer
) -> None:
    headers = issuer.bearer("nothing")
    assert (await client.get("/v1/nowhere", headers=headers)).status_code == 404
    assert (await client.delete("/v1/contracts", headers=headers)).status_code == 405
    assert (await client.get("/v1/contracts", headers=headers)).status_code == 403


def test_two_rows_for_one_thing_are_a_mistake() -> None:
    row = Operation("a", "GET", "/v1/things/{id}", ("read",), "x")
    with pytest.raises(ValueError, match="two rows"):
        Routes([row, row])
    with pytest.raises(ValueError, match="two grammars"):
        Routes([row, Operation("b", "GET", "/v1/things/{n}/parts", ("read",), "x")])
