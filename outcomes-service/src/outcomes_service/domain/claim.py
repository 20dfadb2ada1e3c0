"""Domain: a claim, its states, and the one table of what may become of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from services.core.measurement import Measurement
from services.events import outcomes as facts

State: TypeAlias = Literal["submitted", "verified", "rejected", "returned", "disputed", "withdrawn", "superseded"]
Verdict: TypeAlias = Literal["verified", "rejected", "returned"]
Reason: TypeAlias = Literal[
    "not_achieved",
    "evidence_missing",
    "evidence_insufficient",
    "wrong_participant",
    "wrong_date",
    "wrong_units",
    "duplicate",
    "other_agreement",
]
"""Why something was not verified, or is contested: a code, because free text could name a person."""

LIVE: tuple[State, ...] = ("submitted", "verified", "returned", "disputed")
"""Two live claims never share contract, subject, metric, occurrence and series."""

Command: TypeAlias = Literal[
    "verify",
    "reject",
    "return",
    "dispute",
    "decide_verified",
    "decide_rejected",
    "withdraw",
    "correct",
    "accept_undecided",
    "escalate_undecided",
]
Who: TypeAlias = Literal["reporter", "verifier", "decider", "disputer", "time"]


class Transition(NamedTuple):
    """One row: `command` of `who` takes a claim from `start` to `end`; `fact` tells of it."""

    start: State
    command: Command
    end: State
    who: Who
    fact: type


TRANSITIONS: tuple[Transition, ...] = (
    Transition("submitted", "verify", "verified", "verifier", facts.OutcomeVerified),
    Transition("submitted", "reject", "rejected", "verifier", facts.OutcomeRejected),
    Transition("submitted", "return", "returned", "verifier", facts.OutcomeReturned),
    Transition("submitted", "accept_undecided", "verified", "time", facts.OutcomeVerified),
    Transition("submitted", "escalate_undecided", "submitted", "time", facts.OutcomeEscalated),
    Transition("verified", "dispute", "disputed", "disputer", facts.OutcomeDisputed),
    Transition("rejected", "dispute", "disputed", "disputer", facts.OutcomeDisputed),
    Transition("disputed", "decide_verified", "verified", "decider", facts.OutcomeDisputeDecided),
    Transition("disputed", "decide_rejected", "rejected", "decider", facts.OutcomeDisputeDecided),
    Transition("submitted", "withdraw", "withdrawn", "reporter", facts.OutcomeWithdrawn),
    Transition("returned", "withdraw", "withdrawn", "reporter", facts.OutcomeWithdrawn),
    Transition("verified", "withdraw", "withdrawn", "reporter", facts.OutcomeWithdrawn),
    Transition("disputed", "withdraw", "withdrawn", "reporter", facts.OutcomeWithdrawn),
    Transition("submitted", "correct", "superseded", "reporter", facts.OutcomeSuperseded),
    Transition("returned", "correct", "superseded", "reporter", facts.OutcomeSuperseded),
    Transition("verified", "correct", "superseded", "reporter", facts.OutcomeSuperseded),
)
"""A returned claim is answered by a correction. What time does is in `domain/waiting.py`; an escalated claim is still
submitted. While a claim is disputed, what was decided stands. A second decision is the last one: what was disputed once
is not disputed again."""


class Evidence(NamedTuple):
    """Where the evidence is, and a keyed hash (hex) of it; never the document."""

    reference: str
    hmac_sha256: str


class Record(NamedTuple):
    """One decision, dispute or statement on a claim; only ever added. A `statement` is one party's part of an
    agreement. A `deemed` verification was never said: the verifier had not decided in time."""

    kind: Literal["verification", "dispute", "statement", "dispute_decision"]
    said_by: tuple[str, ...]
    said_at: datetime
    verdict: Verdict | None
    reason: Reason | None
    deemed: bool = False


@dataclass(frozen=True, slots=True)
class Dispute:
    """A decision contested, and how that was decided. `statements` are the latest of each who must agree."""

    opened: Record
    statements: tuple[Record, ...]
    decision: Record | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A report that something was achieved or measured; `metric` is its code. It is about a participant, a cohort or a
    site: one of the three is there. `participant_key` is shown to readers of the metric, and to nobody else. A
    measurement has no units (0). Once it is escalated, who decides disputes may decide on it as the verifier may."""

    id: UUID
    contract_id: UUID
    metric_id: int
    metric: str
    subject_id: UUID
    participant_key: str | None
    cohort: str | None
    site: str | None
    occurrence: str
    achieved_on: date
    units: int
    measurement: Measurement | None
    evidence: tuple[Evidence, ...]
    external_id: str
    reported_by: str
    recorded_at: datetime
    state: State = "submitted"
    revision: int = 1
    corrects: UUID | None = None
    superseded_by: UUID | None = None
    escalated_at: datetime | None = None
    escalated_to: str | None = None
    records: tuple[Record, ...] = ()

    @property
    def series(self) -> str:
        """What tells it apart from other live claims on the same outcome: '' for units."""
        return self.measurement.series if self.measurement else ""

    @property
    def decision(self) -> Record | None:
        """The first decision: the verifier's, or of who stood in for it; or that it is deemed verified."""
        return next((record for record in self.records if record.kind == "verification"), None)

    @property
    def dispute(self) -> Dispute | None:
        """The dispute about that decision, if there was one."""
        opened = next((record for record in self.records if record.kind == "dispute"), None)
        if opened is None:
            return None
        statements = {record.said_by: record for record in self.records if record.kind == "statement"}
        decision = next((record for record in self.records if record.kind == "dispute_decision"), None)
        return Dispute(opened, tuple(statements.values()), decision)
