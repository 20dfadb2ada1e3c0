"""Tests: claims brought to the state that a test begins with."""

from typing import Any

import httpx

from ..builders import PAYER, PROVIDER, a_claim
from ..conftest import Ingestion

VERIFIED: dict[str, Any] = {"decision": "verified"}
REJECTED: dict[str, Any] = {"decision": "rejected", "reason": "evidence_insufficient"}


async def claimed(ingestion: Ingestion, contract: str, by: str = PROVIDER, **other: Any) -> str:
    """The path of a claim."""
    answer = await ingestion.post(by, f"{contract}/claims", a_claim(**other))
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def done(ingestion: Ingestion, by: str, path: str, body: Any, version: int, status: int = 200) -> httpx.Response:
    answer = await ingestion.post(by, path, body, version=version)
    assert answer.status_code == status, answer.text
    return answer


async def state(ingestion: Ingestion, claim: str) -> tuple[str, int]:
    shown = (await ingestion.get(PAYER, claim)).json()
    return shown["state"], shown["revision"]


async def last_fact(ingestion: Ingestion, contract: str) -> dict[str, Any]:
    return (await ingestion.facts(contract))[-1]


async def disputed(ingestion: Ingestion, metric: str = "employed", by: str = PAYER) -> tuple[str, str]:
    """A contract, and a claim that was verified and is disputed (revision 3)."""
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract, metric=metric)
    await done(ingestion, PAYER, f"{claim}/verification", VERIFIED, 1)
    answer = await done(ingestion, by, f"{claim}/dispute", {"reason": "not_achieved"}, 2)
    assert (answer.json()["state"], answer.json()["decision"]["decision"]) == ("disputed", "verified")
    return contract, claim
