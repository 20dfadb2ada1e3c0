"""Tests: claims and enrolments as the checker folds them from the facts of outcomes-service, with code of its own."""

from collections.abc import Iterable, Mapping
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
    """One claim after all facts that were folded. A measured value has a `measurement` as it was said."""

    id: str
    metric: str
    subject: str
    occurrence: str
    achieved_on: str
    units: int
    reported_by: str
    order_key: str
    measurement: Mapping[str, Any] | None = None
    state: str = "submitted"
    disputed: bool = False
    deemed: bool = False
    escalated_to: str | None = None
    superseded_by: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it holds as things stand."""
        return self.state == "verified"

    @property
    def is_decided(self) -> bool:
        """Whether its subject was measured."""
        return self.state in ("verified", "rejected")

    @property
    def arm(self) -> str | None:
        """The arm of what was measured."""
        return None if self.measurement is None else self.measurement.get("arm", "intervention")


@dataclass(frozen=True)
class Known:
    """What was told of one contract's subjects: claims, and who was enrolled (subject, cohort, day)."""

    contract_id: str
    claims: tuple[Claim, ...]
    enrolled: tuple[tuple[str, str, str], ...] = ()
    terminated_on: str | None = None

    def before(self, ends: str) -> "Known":
        """What was achieved, and who was enrolled, before a day."""
        claims = tuple(claim for claim in self.claims if claim.achieved_on < ends)
        enrolled = tuple(enrolment for enrolment in self.enrolled if enrolment[2] < ends)
        return Known(self.contract_id, claims, enrolled, self.terminated_on)

    def on(self, metric: str) -> list[Claim]:
        """The claims on a metric, by day and order key."""
        claims = [claim for claim in self.claims if claim.metric == metric]
        return sorted(claims, key=lambda claim: (claim.achieved_on, claim.order_key, claim.id))


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


def enrolments(facts: Iterable[tuple[str, dict[str, Any]]]) -> list[tuple[str, str, str]]:
    """(subject, cohort, day) of everybody who was ever enrolled: leaving takes nobody out."""
    enrolled = [body for type_, body in facts if noun_of(type_) == "participant.enrolled"]
    return [(body["subjectId"], body["cohort"], body["enrolledOn"]) for body in enrolled]


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
        measurement=body.get("measurement"),
    )
