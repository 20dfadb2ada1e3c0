"""Domain: a contract in force: suspended, resumed, completed, or ended early; and the facts that are told of it."""

from dataclasses import replace
from datetime import date, datetime

from contracts_service.domain.contract import Contract, Facts, take
from services.core.errors import Conflict, FieldError, Invalid
from services.core.period import local_date
from services.events.contracts import ContractCompleted, ContractResumed, ContractSuspended, ContractTerminated


class TerminationDateNotAllowed(Invalid):
    """A contract ends within its own time."""

    code = "termination-date-not-allowed"
    title = "A contract ends between its first day and the end of its outcome period"


class CompletionTooEarly(Conflict):
    """Outcomes may still be achieved; who wants to end the contract now terminates it."""

    code = "completion-too-early"
    title = "A contract is completed when its outcome period is over"


def suspend(contract: Contract, by: str) -> tuple[Contract, Facts]:
    """Claims go on; settlement and payment wait. Errors: those of `take`."""
    return take(contract, by, "suspend"), (ContractSuspended(contract_id=contract.id),)


def resume(contract: Contract, by: str) -> tuple[Contract, Facts]:
    """Settlement and payment go on. Errors: those of `take`."""
    return take(contract, by, "resume"), (ContractResumed(contract_id=contract.id),)


def complete(contract: Contract, by: str, now: datetime) -> tuple[Contract, Facts]:
    """The contract ended as agreed; what is due is settled. Errors: those of `take`; `completion-too-early` before
    the end of the outcome period, by the date in the contract's time zone."""
    after = take(contract, by, "complete")
    frame = contract.shown.terms.root_document
    if local_date(now, frame.time_zone) < frame.periods.outcome.end:
        raise CompletionTooEarly(f"From {frame.periods.outcome.end} on. To end it earlier, terminate it.")
    return after, (ContractCompleted(contract_id=contract.id),)


def terminate(contract: Contract, by: str, terminated_on: date) -> tuple[Contract, Facts]:
    """The contract ends early: what is achieved on or after `terminated_on` is not paid for. Errors: those of `take`;
    `termination-date-not-allowed`."""
    after = take(contract, by, "terminate")
    frame = contract.shown.terms.root_document
    first, last = contract.began_on or frame.effective_from, frame.periods.outcome.end
    if not first <= terminated_on <= last:
        allowed = f"From {first} to {last}."
        raise TerminationDateNotAllowed(errors=[FieldError("/terminatedOn", TerminationDateNotAllowed.code, allowed)])
    return replace(after, terminated_on=terminated_on), (
        ContractTerminated(contract_id=contract.id, terminated_on=terminated_on),
    )
