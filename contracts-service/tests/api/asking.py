"""Tests: what a party sends to the registry's doors, step by step."""

from typing import Any

import httpx

from services.kit.testing import Doors, a_caller, new_key

from ..builders import PARTIES, PAYER, an_agreement

CONTRACTS = "/v1/contracts"


def a_body(**other: Any) -> dict[str, Any]:
    """The body that drafts a contract."""
    return {"title": "Into work", "decisionRef": "KB 2026-01-15 no. 7", **an_agreement(), **other}


async def get(doors: Doors, organisation: str, path: str, **headers: str) -> httpx.Response:
    """Reads."""
    return await doors.as_(a_caller(organisation)).get(path, headers=headers)


async def post(doors: Doors, organisation: str, path: str, body: Any, etag: str | None = None) -> httpx.Response:
    """Sends a command, on what `etag` stands for."""
    condition = {} if etag is None else {"If-Match": etag}
    return await doors.as_(a_caller(organisation)).post(path, json=body, headers={**new_key(), **condition})


def refused(answer: httpx.Response, status: int, code: str, pointer: str | None = None) -> dict[str, Any]:
    """The problem document, when the answer is this refusal."""
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if pointer is not None:
        assert pointer in [fault["pointer"] for fault in problem["errors"]], answer.text
        assert all(fault["detail"] for fault in problem["errors"])
    return problem


async def drafted(doors: Doors, **other: Any) -> httpx.Response:
    """The answer to a contract that was drafted."""
    answer = await post(doors, PAYER, CONTRACTS, a_body(**other))
    assert answer.status_code == 201, answer.text
    return answer


async def led(doors: Doors, answer: httpx.Response, *steps: str) -> httpx.Response:
    """The answer to the last of these commands of the payer, from the one that `answer` answered."""
    for step in steps:
        contract = answer.headers["content-location"]
        answer = await post(doors, PAYER, f"{contract}/{step}", {}, answer.headers["etag"])
        assert answer.status_code == 200, answer.text
    return answer


async def signed_by(doors: Doors, answer: httpx.Response, *organisations: str) -> httpx.Response:
    """The answer to the last signature."""
    for organisation in organisations:
        contract = answer.json()
        offered = contract.get("amendment", contract)
        body = {"version": offered["version"], "root": offered["root"]}
        path = f"{CONTRACTS}/{contract['id']}/signatures"
        answer = await post(doors, organisation, path, body, answer.headers["etag"])
        assert answer.status_code == 201, answer.text
    return answer


async def active(doors: Doors, **other: Any) -> httpx.Response:
    """The answer to the activation of a contract."""
    proposed = await led(doors, await drafted(doors, **other), "proposal")
    return await led(doors, await signed_by(doors, proposed, *PARTIES), "activation")
