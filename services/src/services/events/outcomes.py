"""Events: what outcomes-service says: who is in which cohort, and what happened. No key, no external id."""

from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from services.core.measurement import Measurement
from services.events.envelope import Producer, fact

SERVICE = "outcomes-service"
TOPIC = "enzym.outcomes.v1"
PRODUCER = Producer(SERVICE, TOPIC)


Decision: TypeAlias = Literal["verified", "rejected"]


@fact(PRODUCER, "participant.enrolled")
class ParticipantEnrolled:
    """A participant is in a cohort from a day on."""

    contract_id: UUID
    subject_id: UUID
    cohort: str
    enrolled_on: date


@fact(PRODUCER, "participant.left")
class ParticipantLeft:
    """A participant is in a cohort no longer; `left_on` is the first day outside it."""

    contract_id: UUID
    subject_id: UUID
    cohort: str
    left_on: date


@fact(PRODUCER, "outcome.claimed")
class OutcomeClaimed:
    """A party reports that something was achieved. `order_key` is an HMAC over reporter and external id: it orders
    claims of one day without telling when they arrived. `corrects` is the claim that this one takes the place of.
    A measured value has no units (0); the id of a cohort or a site follows from its code (`core.subjects`)."""

    contract_id: UUID
    claim_id: UUID
    metric: str
    subject_id: UUID
    occurrence: str
    achieved_on: date
    units: int
    reported_by: str
    order_key: str
    corrects: UUID | None = None
    measurement: Measurement | None = None


@fact(PRODUCER, "outcome.verified")
class OutcomeVerified:
    """The verifier found that the claim holds; or, when it is `deemed`, the verifier (`decided_by`) had not decided in
    time, and the terms say that the claim is accepted then."""

    contract_id: UUID
    claim_id: UUID
    decided_by: str
    decided_at: datetime
    deemed: bool = False


@fact(PRODUCER, "outcome.rejected")
class OutcomeRejected:
    """The verifier found that the claim does not hold."""

    contract_id: UUID
    claim_id: UUID
    decided_by: str
    decided_at: datetime
    reason: str


@fact(PRODUCER, "outcome.returned")
class OutcomeReturned:
    """The verifier cannot decide on what was sent; a correction answers it."""

    contract_id: UUID
    claim_id: UUID
    decided_by: str
    decided_at: datetime
    reason: str


@fact(PRODUCER, "outcome.escalated")
class OutcomeEscalated:
    """The verifier had not decided in time: from now on who decides disputes may decide on the claim as well."""

    contract_id: UUID
    claim_id: UUID
    escalated_to: str
    escalated_at: datetime


@fact(PRODUCER, "outcome.disputed")
class OutcomeDisputed:
    """A party contests a decision. What was decided stands until the dispute is decided."""

    contract_id: UUID
    claim_id: UUID
    disputed_by: str
    disputed_at: datetime
    reason: str


@fact(PRODUCER, "outcome.dispute_decided")
class OutcomeDisputeDecided:
    """The second decision, by who decides disputes on this metric. It takes the first one's place."""

    contract_id: UUID
    claim_id: UUID
    decision: Decision
    decided_by: tuple[str, ...]
    decided_at: datetime
    reason: str


@fact(PRODUCER, "outcome.withdrawn")
class OutcomeWithdrawn:
    """The reporter takes the claim back."""

    contract_id: UUID
    claim_id: UUID
    withdrawn_at: datetime


@fact(PRODUCER, "outcome.superseded")
class OutcomeSuperseded:
    """A correction has taken the claim's place."""

    contract_id: UUID
    claim_id: UUID
    superseded_by: UUID
