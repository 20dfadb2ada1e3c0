"""Door: the JSON shapes of claims and decisions, and how values become them."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from outcomes_service.api.schemas_people import Code, ParticipantKey
from outcomes_service.domain.claim import Claim, Dispute, Evidence, Reason, Record, State, Verdict
from outcomes_service.domain.reporting import Reported
from outcomes_service.usecases.verify_claims import Deciding
from services.core.measurement import Measurement
from services.core.terms.outcomes import Arm
from services.kit.doors.shapes import Day, Shape, Whole

MOST_EVIDENCE = 20

ExternalId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._:/-]{1,64}$",
        description="The reporter's own id of the claim, for ever: 1 to 64 of A-Z a-z 0-9 . _ : / -, at least one of "
        "them no digit, and no part of only ten to twelve digits",
        examples=["apollo-m17-0042"],
    ),
]
Units = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}$", description="A whole number", examples=["1"])]


Site = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="The reporter's own code of a village, a school: 1 to 64 of A-Z a-z 0-9 . _ -, at least one of "
        "them a letter",
        examples=["village-017"],
    ),
]
Quantity = Annotated[
    str,
    Field(
        max_length=32,
        description="A plain decimal: at most 15 digits before the point and 12 behind it",
        examples=["12.50"],
    ),
]
PartCode = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$")]


class Nothing(Shape):
    """An empty object: the command says all."""


class EvidenceBody(Shape):
    """Where the evidence is, and a keyed hash of it; never the document."""

    reference: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:/-]{1,200}$", examples=["case-system:2024/77:note-3"])]
    hmac_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class MeasurementBody(Shape):
    """A measured value, with what it was measured on: `n` persons or person-days. `estimator` is there where the terms
    name one on the metric, and is the same. `component` is the purse that a saving is in."""

    value: Quantity
    arm: Arm = "intervention"
    n: Units | None = None
    standard_error: Quantity | None = None
    estimator: Annotated[str | None, Field(max_length=200)] = None
    component: PartCode | None = None

    def measurement(self) -> Measurement:
        """As a value."""
        return Measurement(
            value=self.value,
            arm=self.arm,
            n=None if self.n is None else int(self.n),
            standard_error=self.standard_error,
            estimator=self.estimator,
            component=self.component,
        )

    @classmethod
    def of(cls, measured: Measurement) -> Self:
        """As JSON."""
        return cls(
            value=measured.value,
            arm=measured.arm,
            n=None if measured.n is None else str(measured.n),
            standard_error=measured.standard_error,
            estimator=measured.estimator,
            component=measured.component,
        )


class NewClaim(Shape):
    """A claim as its reporter sends it. Its metric decides which one of `participantKey`, `cohort` (a code of the
    terms) and `site` it names, and whether it reports `units` (1 when left out) or a `measurement`. `occurrence` is the
    code of a measurement point, else an ordinal from "1"; it may be left out where there is only one."""

    external_id: ExternalId
    metric: Code
    participant_key: ParticipantKey | None = None
    cohort: Code | None = None
    site: Site | None = None
    occurrence: Code | None = None
    achieved_on: Day
    units: Units | None = None
    measurement: MeasurementBody | None = None
    evidence: Annotated[tuple[EvidenceBody, ...], Field(max_length=MOST_EVIDENCE)] = ()

    def value(self) -> Reported:
        """As a value."""
        return Reported(
            self.external_id,
            self.metric,
            self.participant_key,
            self.cohort,
            self.site,
            self.occurrence,
            self.achieved_on,
            None if self.units is None else int(self.units),
            None if self.measurement is None else self.measurement.measurement(),
            tuple([Evidence(item.reference, item.hmac_sha256) for item in self.evidence]),
        )


class NewDecision(Shape):
    """The verifier's decision. `reason` is required for anything but verified."""

    decision: Verdict
    reason: Reason | None = None


class NewDecisionOnOne(NewDecision):
    """One row of many: which claim, and the revision of it that the verifier read."""

    claim_id: UUID
    version: Annotated[Whole, Field(ge=1, le=2**31 - 1)]

    def value(self) -> Deciding:
        """As a value."""
        return Deciding(self.claim_id, self.version, self.decision, self.reason)


class NewDispute(Shape):
    """Why a decision is contested."""

    reason: Reason


class NewDisputeDecision(Shape):
    """The second decision. `reason` is required when it is rejected."""

    decision: Literal["verified", "rejected"]
    reason: Reason | None = None


class DecisionBody(Shape):
    """What one organisation decided or stated. `deemed` is there, and true, when it had not decided in time, and the
    terms say that the claim is accepted then."""

    decision: Verdict
    decided_by: str
    decided_at: datetime
    reason: Reason | None = None
    deemed: bool | None = None

    @classmethod
    def of(cls, record: Record) -> Self:
        """As JSON."""
        assert record.verdict is not None
        by, at = record.said_by[0], record.said_at
        deemed = record.deemed or None
        return cls(decision=record.verdict, decided_by=by, decided_at=at, reason=record.reason, deemed=deemed)


class DisputeDecisionBody(Shape):
    """The second decision, by one organisation or by those who had to agree."""

    decision: Verdict
    decided_by: tuple[str, ...]
    decided_at: datetime
    reason: Reason | None = None

    @classmethod
    def of(cls, record: Record) -> Self:
        """As JSON."""
        assert record.verdict is not None
        return cls(decision=record.verdict, decided_by=record.said_by, decided_at=record.said_at, reason=record.reason)


class DisputeBody(Shape):
    """A decision contested. `statements` are what reporter and verifier last stated, where they must agree."""

    disputed_by: str
    disputed_at: datetime
    reason: Reason
    statements: tuple[DecisionBody, ...] = ()
    decision: DisputeDecisionBody | None = None

    @classmethod
    def of(cls, dispute: Dispute) -> Self:
        """As JSON."""
        assert dispute.opened.reason is not None
        return cls(
            disputed_by=dispute.opened.said_by[0],
            disputed_at=dispute.opened.said_at,
            reason=dispute.opened.reason,
            statements=tuple(DecisionBody.of(record) for record in dispute.statements),
            decision=DisputeDecisionBody.of(dispute.decision) if dispute.decision else None,
        )


class ClaimBody(Shape):
    """A claim, for those who pay for its metric, report, verify or decide on it. It names what it is about, one of
    three, and reports units or a measurement. Once it is escalated, `escalatedTo` may decide on it as the verifier may.
    While it is disputed, what was decided stands."""

    id: UUID
    contract_id: UUID
    external_id: str
    metric: str
    participant_key: str | None = None
    cohort: str | None = None
    site: str | None = None
    occurrence: str
    achieved_on: date
    units: str | None = None
    measurement: MeasurementBody | None = None
    evidence: tuple[EvidenceBody, ...] = ()
    state: State
    revision: int
    reported_by: str
    recorded_at: datetime
    corrects: UUID | None = None
    superseded_by: UUID | None = None
    escalated_at: datetime | None = None
    escalated_to: str | None = None
    decision: DecisionBody | None = None
    dispute: DisputeBody | None = None

    @classmethod
    def of(cls, claim: Claim) -> Self:
        """As JSON."""
        return cls(
            id=claim.id,
            contract_id=claim.contract_id,
            external_id=claim.external_id,
            metric=claim.metric,
            participant_key=claim.participant_key,
            cohort=claim.cohort,
            site=claim.site,
            occurrence=claim.occurrence,
            achieved_on=claim.achieved_on,
            units=None if claim.measurement else str(claim.units),
            measurement=MeasurementBody.of(claim.measurement) if claim.measurement else None,
            evidence=tuple(
                EvidenceBody(reference=item.reference, hmac_sha256=item.hmac_sha256) for item in claim.evidence
            ),
            state=claim.state,
            revision=claim.revision,
            reported_by=claim.reported_by,
            recorded_at=claim.recorded_at,
            corrects=claim.corrects,
            superseded_by=claim.superseded_by,
            escalated_at=claim.escalated_at,
            escalated_to=claim.escalated_to,
            decision=DecisionBody.of(claim.decision) if claim.decision else None,
            dispute=DisputeBody.of(claim.dispute) if claim.dispute else None,
        )


class ClaimList(Shape):
    """One page of claims, the oldest first."""

    items: tuple[ClaimBody, ...]
    next_cursor: str | None = None
