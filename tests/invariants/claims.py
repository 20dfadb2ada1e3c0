"""Tests: claims as the checker folds them from the facts of outcomes-service, with code of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

ENDS = {
    "outcome.verified": "verified",
    "outcome.rejected": "rejected",
    "outcome.returned": "returned",
    "outcome.withdrawn": "withdrawn",
    "outcome.superseded": "superseded",
}


@dataclass
class Claim:
    """One claim after all facts that were folded."""

    id: str
    metric: str
    subject: str
    occurrence: str
    achieved_on: str
    units: int
    reported_by: str
    order_key: str
    state: str = "submitted"
    disputed: bool = False
    deemed: bool = False
    escalated_to: str | None = None
    superseded_by: str | None = None


def noun_of(type_: str) -> str:
    """`eu.enzym.outcome.verified.v1` as `outcome.verified`."""
    return type_.removeprefix("eu.enzym.").rpartition(".")[0]


def fold(facts: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Claim]:
    """Claims by id, from (type, body) of one contract's facts in their order."""
    claims: dict[str, Claim] = {}
    for type_, body in facts:
        noun = noun_of(type_)
        if noun == "outcome.claimed":
            claims[body["claimId"]] = _reported(body)
        elif noun == "outcome.escalated":
            claims[body["claimId"]].escalated_to = body["escalatedTo"]
        elif noun == "outcome.disputed":
            claims[body["claimId"]].disputed = True
        elif noun == "outcome.dispute_decided":
            claims[body["claimId"]].state, claims[body["claimId"]].disputed = body["decision"], False
            claims[body["claimId"]].deemed = False
        elif noun in ENDS:
            claims[body["claimId"]].state = ENDS[noun]
            claims[body["claimId"]].superseded_by = body.get("supersededBy")
            if noun == "outcome.verified":
                claims[body["claimId"]].deemed = body.get("deemed", False)
    return claims


def _reported(body: dict[str, Any]) -> Claim:
    return Claim(
        id=body["claimId"],
        metric=body["metric"],
        subject=body["subjectId"],
        occurrence=body["occurrence"],
        achieved_on=body["achievedOn"],
        units=body["units"],
        reported_by=body["reportedBy"],
        order_key=body["orderKey"],
    )
