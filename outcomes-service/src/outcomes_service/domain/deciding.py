"""Domain: what verifiers, disputing parties, deciders and reporters may make of a claim that is there."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

from outcomes_service.domain.claim import TRANSITIONS, Claim, Command, Reason, Record, Transition, Verdict
from outcomes_service.domain.contract import Contract, Metric
from services.core.access import RoleNotAllowed
from services.core.errors import Conflict, FieldError, Forbidden, Invalid, StaleVersion
from services.core.period import local_date
from services.events.outcomes import OutcomeDisputeDecided, OutcomeSuperseded, OutcomeVerified, OutcomeWithdrawn

DISPUTING = ("payer", "provider")
_COMMANDS: dict[Verdict, Command] = {"verified": "verify", "rejected": "reject", "returned": "return"}


class ReporterNotAllowed(Forbidden):
    """Another organisation reports on this metric."""

    code = "reporter-not-allowed"
    title = "Another organisation reports on this metric"


class VerifierNotAllowed(Forbidden):
    """Another organisation verifies claims on this metric."""

    code = "verifier-not-allowed"
    title = "Another organisation verifies claims on this metric"


class DeciderNotAllowed(Forbidden):
    """Another organisation decides disputes on this metric."""

    code = "decider-not-allowed"
    title = "Another organisation decides disputes on this metric"


class NotInThisState(Conflict):
    """The command is not for a claim in this state."""

    code = "not-in-this-state"
    title = "This claim is in a state in which that cannot be done"


class DisputeTooLate(Conflict):
    """More days after the decision than the terms allow."""

    code = "dispute-too-late"
    title = "The time for disputing this decision is over"


class DisputeFinal(Conflict):
    """The second decision is the last one."""

    code = "dispute-final"
    title = "This was disputed and decided already"


class ReasonRequired(Invalid):
    """A decision other than verified, without a reason."""

    code = "reason-required"
    title = "Say why, as one of the codes"


class Change(NamedTuple):
    """What a command made of a claim: the claim, what was said, and the facts to tell."""

    claim: Claim
    records: tuple[Record, ...]
    facts: tuple[Any, ...]


def verify(
    contract: Contract, claim: Claim, by: str, verdict: Verdict, reason: Reason | None, expected: int, now: datetime
) -> Change | None:
    """The decision of the verifier, or of whom the claim went on to; None when it had decided just so already.
    `expected` is the revision that it read. Errors: `verifier-not-allowed`, `reason-required`, `version-stale`,
    `claims-closed`, `not-in-this-state`."""
    command = _COMMANDS[verdict]
    _require_who(contract, claim, command, by)
    _require_reason(verdict, reason)
    earlier = claim.decision
    if earlier is not None and (earlier.said_by, earlier.verdict, earlier.reason) == ((by,), verdict, reason):
        return None
    step = _next(contract, claim, command, expected, now)
    record = Record("verification", (by,), now, verdict, reason)
    why = {} if step.fact is OutcomeVerified else {"reason": reason}
    fact = step.fact(contract_id=claim.contract_id, claim_id=claim.id, decided_by=by, decided_at=now, **why)
    return _changed(claim, step, (record,), fact)


def dispute(contract: Contract, claim: Claim, by: str, reason: Reason, expected: int, now: datetime) -> Change:
    """A payer, a provider or the reporter contests the verifier's decision; it stands until that is decided.
    Errors: `role-not-allowed`, `version-stale`, `claims-closed`, `not-in-this-state`, `dispute-final`,
    `dispute-too-late`."""
    _require_who(contract, claim, "dispute", by)
    step = _next(contract, claim, "dispute", expected, now)
    if claim.dispute is not None:
        raise DisputeFinal("The decision of a dispute stands.")
    assert claim.decision is not None
    days = contract.metric_of(claim.metric_id).dispute_days
    last = local_date(claim.decision.said_at, contract.time_zone) + timedelta(days=days)
    if contract.today(now) > last:
        raise DisputeTooLate(f"Until {last}, that day included.")
    record = Record("dispute", (by,), now, None, reason)
    fact = step.fact(contract_id=claim.contract_id, claim_id=claim.id, disputed_by=by, disputed_at=now, reason=reason)
    return _changed(claim, step, (record,), fact)


def decide_dispute(
    contract: Contract,
    claim: Claim,
    by: str,
    verdict: Literal["verified", "rejected"],
    reason: Reason | None,
    expected: int,
    now: datetime,
) -> Change:
    """The second decision, or one party's part of it where reporter and verifier must agree: it is taken when both
    have last stated the same. Errors: `decider-not-allowed`, `reason-required`, `version-stale`, `claims-closed`,
    `not-in-this-state`."""
    command: Command = "decide_verified" if verdict == "verified" else "decide_rejected"
    _require_who(contract, claim, command, by)
    _require_reason(verdict, reason)
    step = _next(contract, claim, command, expected, now)
    deciders = _deciders(contract.metric_of(claim.metric_id), claim)
    statement = Record("statement", (by,), now, verdict, reason)
    stated = replace(claim, records=(*claim.records, statement))
    contested = stated.dispute
    assert contested is not None
    agreeing = {party for record in contested.statements if record.verdict == verdict for party in record.said_by}
    if not agreeing.issuperset(deciders):
        return Change(replace(stated, revision=claim.revision + 1), (statement,), ())
    decision = Record("dispute_decision", deciders, now, verdict, reason)
    fact = OutcomeDisputeDecided(
        contract_id=claim.contract_id,
        claim_id=claim.id,
        decision=verdict,
        decided_by=deciders,
        decided_at=now,
        reason=reason or contested.opened.reason or "",
    )
    if len(deciders) == 1:
        return _changed(claim, step, (decision,), fact)
    return _changed(claim, step, (statement, decision), fact)


def withdraw(contract: Contract, claim: Claim, by: str, expected: int, now: datetime) -> Change:
    """The reporter takes the claim back. Errors: `reporter-not-allowed`, `version-stale`, `claims-closed`,
    `not-in-this-state`."""
    _require_who(contract, claim, "withdraw", by)
    step = _next(contract, claim, "withdraw", expected, now)
    fact = OutcomeWithdrawn(contract_id=claim.contract_id, claim_id=claim.id, withdrawn_at=now)
    return _changed(claim, step, (), fact)


def supersede(contract: Contract, claim: Claim, by: str, successor: UUID, expected: int, now: datetime) -> Change:
    """A correction takes the claim's place. Errors: as `withdraw`."""
    _require_who(contract, claim, "correct", by)
    step = _next(contract, claim, "correct", expected, now)
    fact = OutcomeSuperseded(contract_id=claim.contract_id, claim_id=claim.id, superseded_by=successor)
    return _changed(replace(claim, superseded_by=successor), step, (), fact)


def _require_who(contract: Contract, claim: Claim, command: Command, by: str) -> None:
    who = next(row.who for row in TRANSITIONS if row.command == command)
    metric = contract.metric_of(claim.metric_id)
    if who == "reporter" and by != claim.reported_by:
        raise ReporterNotAllowed("The organisation that reported the claim.")
    if who == "verifier" and by not in (metric.verified_by, claim.escalated_to):
        raise VerifierNotAllowed("The organisation that the terms name as verifiedBy, or that the claim went on to.")
    if who == "decider" and by not in _deciders(metric, claim):
        allowed = "The organisation that the terms name as disputesDecidedBy; verifiedBy, if that one decided first."
        raise DeciderNotAllowed(allowed)
    if who == "disputer" and by != claim.reported_by and contract.party(by).role not in DISPUTING:
        raise RoleNotAllowed("This is for a payer, a provider, and the organisation that reported the claim.")


def _deciders(metric: Metric, claim: Claim) -> tuple[str, ...]:
    """Who must say the same for a dispute to be decided: never who made the decision that is contested. Where that was
    who decides disputes, to whom the claim had gone on, it is the verifier."""
    deciders = metric.deciders_of_disputes
    decided = claim.decision
    if len(deciders) == 1 and decided is not None and decided.said_by == deciders:
        return (metric.verified_by,)
    return deciders


def _next(contract: Contract, claim: Claim, command: Command, expected: int, now: datetime) -> Transition:
    if claim.revision != expected:
        raise StaleVersion("Read the claim again, decide again, and say the revision that you read.")
    contract.require_open(contract.today(now))
    allowed = [row for row in TRANSITIONS if row.command == command]
    for row in allowed:
        if row.start == claim.state:
            return row
    raise NotInThisState("It can be done while a claim is " + " or ".join(row.start for row in allowed) + ".")


def _changed(claim: Claim, step: Transition, records: tuple[Record, ...], fact: Any) -> Change:
    changed = replace(claim, state=step.end, revision=claim.revision + 1, records=(*claim.records, *records))
    return Change(changed, records, (fact,))


def _require_reason(verdict: Verdict, reason: Reason | None) -> None:
    if reason is None and verdict != "verified":
        allowed = f"One of {', '.join(get_args(Reason))}."
        raise ReasonRequired(errors=[FieldError("/reason", ReasonRequired.code, allowed)])
