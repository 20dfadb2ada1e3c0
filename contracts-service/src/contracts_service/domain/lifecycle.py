"""Domain: the lifecycle of a contract, and of a version of its terms: one table each."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from services.core.access import require_role
from services.core.errors import Conflict
from services.core.terms.parties import Party, Role

State: TypeAlias = Literal["draft", "proposed", "signed", "active", "suspended", "completed", "terminated"]
TermsState: TypeAlias = Literal["draft", "proposed", "signed", "effective", "replaced"]
Command: TypeAlias = Literal[
    "draft_terms", "propose", "sign", "sign_last", "activate", "suspend", "resume", "complete", "terminate"
]

IN_FORCE: tuple[State, ...] = ("active", "suspended")
"""Where terms are in effect, and a newer version may come beside them: an amendment."""

PAYERS: frozenset[Role] = frozenset({"payer"})
EVERY_PARTY: frozenset[Role] = frozenset({"payer", "investor", "provider", "evaluator", "guarantor", "intermediary"})


class ContractNotInState(Conflict):
    """The contract is not where this step begins."""

    code = "contract-not-in-state"
    title = "The contract is not in a state that allows this"


class TermsNotInState(Conflict):
    """The newest version of the terms is not where this step begins."""

    code = "terms-not-in-state"
    title = "The newest version of the terms is not in a state that allows this"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: `command` takes a contract from `start` to `end`; `who` may give it; `says` is the fact that is told."""

    command: Command
    start: State
    end: State
    who: frozenset[Role]
    says: str | None
    meaning: str


TRANSITIONS = tuple(
    Transition(*row)
    for row in (
        ("draft_terms", "draft", "draft", PAYERS, None, "Terms are written anew; the version before is replaced"),
        ("draft_terms", "proposed", "draft", PAYERS, None, "The offer is taken back; its signatures fall with it"),
        ("propose", "draft", "proposed", PAYERS, "contract.proposed", "The terms are offered to every party"),
        ("sign", "proposed", "proposed", EVERY_PARTY, "contract.signed", "One party signs, others are still to"),
        ("sign_last", "proposed", "signed", EVERY_PARTY, "contract.signed", "The last party signs: all have agreed"),
        ("activate", "signed", "active", PAYERS, "contract.activated", "In force; also after its end, if run on paper"),
        ("draft_terms", "active", "active", PAYERS, None, "An amendment is written beside the terms in effect"),
        ("draft_terms", "suspended", "suspended", PAYERS, None, "The same while suspended"),
        ("propose", "active", "active", PAYERS, "contract.proposed", "The amendment is offered to all who sign it"),
        ("propose", "suspended", "suspended", PAYERS, "contract.proposed", "The same while suspended"),
        ("sign", "active", "active", EVERY_PARTY, "contract.signed", "One party signs it, others are still to"),
        ("sign", "suspended", "suspended", EVERY_PARTY, "contract.signed", "The same while suspended"),
        ("sign_last", "active", "active", EVERY_PARTY, "contract.signed", "All have agreed to the amendment"),
        ("sign_last", "suspended", "suspended", EVERY_PARTY, "contract.signed", "The same while suspended"),
        ("activate", "active", "active", PAYERS, "contract.amended", "It is in effect, from the day that it names"),
        ("activate", "suspended", "suspended", PAYERS, "contract.amended", "The same while suspended"),
        ("suspend", "active", "suspended", PAYERS, "contract.suspended", "Claims go on; settlement and payment wait"),
        ("resume", "suspended", "active", PAYERS, "contract.resumed", "Settlement and payment go on"),
        ("complete", "active", "completed", PAYERS, "contract.completed", "Ended as agreed; what is due is settled"),
        ("terminate", "signed", "terminated", PAYERS, "contract.terminated", "Ended before it came into force"),
        ("terminate", "active", "terminated", PAYERS, "contract.terminated", "What is achieved later is not paid for"),
        ("terminate", "suspended", "terminated", PAYERS, "contract.terminated", "Ended while it was suspended"),
    )
)


@dataclass(frozen=True, slots=True)
class TermsTransition:
    """One row: `command` takes the contract's newest version of the terms from `start` to `end`."""

    command: Command
    start: TermsState
    end: TermsState
    meaning: str


TERMS_TRANSITIONS = tuple(
    TermsTransition(*row)
    for row in (
        ("draft_terms", "draft", "replaced", "A newer draft stands in its place"),
        ("draft_terms", "proposed", "replaced", "A newer draft stands in its place; signatures on it count no more"),
        ("draft_terms", "effective", "effective", "It stays in effect; the newer version, a draft, is an amendment"),
        ("propose", "draft", "proposed", "Every party may read and sign it"),
        ("sign", "proposed", "proposed", "One party has signed its root"),
        ("sign_last", "proposed", "signed", "Every party has signed its root"),
        ("activate", "signed", "effective", "It decides what is paid, from the day it names"),
    )
)


def step(state: State, party: Party | None, command: Command) -> Transition:
    """The row by which `party` takes a contract on from `state`. Errors: `not-found` for who is no party,
    `role-not-allowed` for a role that may never do this, `contract-not-in-state`."""
    rows = [row for row in TRANSITIONS if row.command == command]
    require_role(party, {role for row in rows for role in row.who})
    for row in rows:
        if row.start == state:
            return row
    starts = ", ".join(dict.fromkeys(row.start for row in rows))
    raise ContractNotInState(f"This is possible while the contract is: {starts}. It is {state}.")


def terms_step(state: TermsState, command: Command) -> TermsState:
    """Where `command` takes the newest version of the terms; where it stands already if the command is not about
    terms. Errors: `terms-not-in-state`."""
    rows = [row for row in TERMS_TRANSITIONS if row.command == command]
    for row in rows:
        if row.start == state:
            return row.end
    if rows:
        starts = ", ".join(row.start for row in rows)
        raise TermsNotInState(f"This is possible while the newest version is: {starts}. It is {state}.")
    return state
