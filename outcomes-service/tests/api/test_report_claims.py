"""Tests: claims, one at a time."""

from ..builders import PAYER, PROVIDER, a_claim, a_key  # noqa: TID252
from ..conftest import Ingestion  # noqa: TID252


async def test_a_claim_is_kept_and_told(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    answer = await ingestion.post(PROVIDER, f"{contract}/claims", a_claim())
    assert answer.status_code == 201, answer.text
    claim = answer.json()
    assert claim["state"] == "submitted"
    assert claim["occurrence"] == "1"
    assert claim["participantKey"] == a_key(1)
    assert answer.headers["etag"] == '"1"'
    assert (await ingestion.get(PAYER, answer.headers["location"])).json() == claim
    *_, told = await ingestion.facts(contract)
    assert told["type"] == "outcome.claimed.v1"
    assert told["claimId"] == claim["id"]
