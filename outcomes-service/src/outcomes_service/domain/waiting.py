"""Domain: claims that wait for their verifier longer than the terms let them, and what happens to them then."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from outcomes_service.domain.claim import TRANSITIONS, Command, Record, State
from outcomes_service.domain.contract import Contract, Metric
from services.core.period import start_of
from services.events.outcomes import OutcomeEscalated, OutcomeVerified


class Waiting(NamedTuple):
    """A claim that waits for its verifier, without its content: the background process decides by time alone."""

    id: UUID
    metric_id: int
    state: State
    revision: int
    overdue_at: datetime | None
    escalated_at: datetime | None


class Ended(NamedTuple):
    """The end of a wait. The claim is deemed verified, with the `record` of that, or it is escalated to
    `escalated_to`."""

    claim_id: UUID
    metric_id: int
    command: Command
    state: State
    revision: int
    record: Record | None
    escalated_at: datetime | None
    escalated_to: str | None
    fact: Any


def overdue_at(contract: Contract, metric: Metric, recorded_at: datetime) -> datetime | None:
    """The instant from which a claim that was recorded at `recorded_at` has waited longer than the terms of its metric
    allow. Days are counted in the contract's time zone, from the day after: recorded on 1 March with 14 days, it is
    overdue from the start of 16 March. None where it may wait for ever."""
    if metric.if_not_decided is None:
        return None
    days = metric.if_not_decided.after_days
    return start_of(contract.today(recorded_at) + timedelta(days=days + 1), contract.time_zone)


def end_wait(contract: Contract, claim: Waiting, now: datetime) -> Ended | None:
    """The end of a claim's wait, as the terms have it for a claim that nobody decided in time. It ends once, and only
    while claims on the contract are open. None when there is nothing to do, or not yet."""
    metric = contract.metric_of(claim.metric_id)
    if metric.if_not_decided is None or claim.overdue_at is None or claim.escalated_at is not None:
        return None
    if now < claim.overdue_at or not contract.is_open(contract.today(now)):
        return None
    command: Command = "accept_undecided" if metric.if_not_decided.then == "accept" else "escalate_undecided"
    step = next((row for row in TRANSITIONS if (row.start, row.command) == (claim.state, command)), None)
    if step is None:
        return None
    about = {"contract_id": contract.id, "claim_id": claim.id}
    if command == "accept_undecided":
        by = metric.verified_by
        record = Record("verification", (by,), now, "verified", None, deemed=True)
        fact: Any = OutcomeVerified(**about, decided_by=by, decided_at=now, deemed=True)
        return Ended(claim.id, claim.metric_id, command, step.end, claim.revision + 1, record, None, None, fact)
    to = metric.disputes_decided_by
    fact = OutcomeEscalated(**about, escalated_to=to, escalated_at=now)
    return Ended(claim.id, claim.metric_id, command, step.end, claim.revision + 1, None, now, to, fact)
