"""Domain: a claim as settlement keeps it: the fold of the facts of outcomes-service on it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from services.core.measurement import Measurement
from services.events.outcomes import (
    OutcomeClaimed,
    OutcomeDisputed,
    OutcomeDisputeDecided,
    OutcomeEscalated,
    OutcomeRejected,
    OutcomeReturned,
    OutcomeSuperseded,
    OutcomeVerified,
    OutcomeWithdrawn,
)

ClaimState: TypeAlias = Literal["submitted", "verified", "rejected", "returned", "withdrawn", "superseded"]
ClaimFact: TypeAlias = (
    OutcomeVerified
    | OutcomeRejected
    | OutcomeReturned
    | OutcomeEscalated
    | OutcomeDisputed
    | OutcomeDisputeDecided
    | OutcomeWithdrawn
    | OutcomeSuperseded
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One reported outcome. `state` is the current decision or end. `disputed` stands beside it: the decision holds
    until the dispute is decided. `decided_by` and `decided_at` are of the current decision. `deemed`: they had not
    decided in time, and the claim was accepted then. `units` are those claimed, payable or not. `order_key` is the key
    that puts claims of one day in an order that does not depend on arrival."""

    id: UUID
    metric: str
    subject_id: UUID
    occurrence: str
    achieved_on: date
    units: int
    reported_by: str
    order_key: str
    measurement: Measurement | None = None
    state: ClaimState = "submitted"
    disputed: bool = False
    decided_by: tuple[str, ...] = ()
    decided_at: datetime | None = None
    deemed: bool = False
    superseded_by: UUID | None = None

    @property
    def is_decided(self) -> bool:
        """Whether it was decided if it holds: then its subject was measured, and a rejected claim is a failure."""
        return self.state in ("verified", "rejected")

    @property
    def counts(self) -> bool:
        """Whether it was verified: only such a claim is paid for, or counted."""
        return self.state == "verified"


def claim_of(fact: OutcomeClaimed) -> Claim:
    """The claim as it was reported."""
    return Claim(
        id=fact.claim_id,
        metric=fact.metric,
        subject_id=fact.subject_id,
        occurrence=fact.occurrence,
        achieved_on=fact.achieved_on,
        units=fact.units,
        reported_by=fact.reported_by,
        order_key=fact.order_key,
        measurement=fact.measurement,
    )


def after(claim: Claim, fact: ClaimFact) -> Claim:
    """The claim after a fact on it. Whether the fact was possible is decided by outcomes-service: none is refused."""
    match fact:
        case OutcomeVerified():
            return _decided(claim, "verified", (fact.decided_by,), fact.decided_at, deemed=fact.deemed)
        case OutcomeRejected():
            return _decided(claim, "rejected", (fact.decided_by,), fact.decided_at)
        case OutcomeReturned():
            return _decided(claim, "returned", (fact.decided_by,), fact.decided_at)
        case OutcomeEscalated():
            return claim
        case OutcomeDisputed():
            return replace(claim, disputed=True)
        case OutcomeDisputeDecided():
            return replace(_decided(claim, fact.decision, fact.decided_by, fact.decided_at), disputed=False)
        case OutcomeWithdrawn():
            return replace(claim, state="withdrawn")
        case OutcomeSuperseded():
            return replace(claim, state="superseded", superseded_by=fact.superseded_by)


def _decided(claim: Claim, state: ClaimState, by: tuple[str, ...], at: datetime, *, deemed: bool = False) -> Claim:
    return replace(claim, state=state, decided_by=by, decided_at=at, deemed=deemed)
