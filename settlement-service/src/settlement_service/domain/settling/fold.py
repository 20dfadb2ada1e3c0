"""Domain: a contract's state as the fold of its inputs. Across sources their order does not matter."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.core.errors import Broken
from services.events.contracts import (
    ContractActivated,
    ContractAmended,
    ContractCompleted,
    ContractResumed,
    ContractSuspended,
    ContractTerminated,
)
from services.events.outcomes import OutcomeClaimed, ParticipantEnrolled, ParticipantLeft
from settlement_service.domain.agreement.calendar import last_day_before, names_of
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import terms_of
from settlement_service.domain.facts.claims import Claim, after, claim_of
from settlement_service.domain.facts.figures import NOTHING, Posted, PostedKey
from settlement_service.domain.facts.log import Fact, ItemPosted, ItemsPosted
from settlement_service.domain.facts.outcome_data import Enrolled


class ClaimNotKnown(Broken):
    """A fact on a claim that its own source has not told of before."""

    code = "claim-not-known"


@dataclass(slots=True)
class Folded:
    """The state of a contract. `history` is None until its activation is there. `settled` is what was posted in each
    period of the calendar by its name, in minor units."""

    history: History | None = None
    terminated_on: date | None = None
    claims: dict[UUID, Claim] = field(default_factory=dict)
    enrolments: list[Enrolled] = field(default_factory=list)
    posted: dict[PostedKey, Posted] = field(default_factory=dict)
    settled: Counter[str] = field(default_factory=Counter)


def fold(facts: Iterable[Fact]) -> Folded:
    """The state after `facts`; those of one source are in their sequence. Errors: Broken for a decision on a claim
    that was never made."""
    state = Folded()
    for fact in facts:
        _apply(state, fact)
    return state


def _apply(state: Folded, fact: Fact) -> None:
    match fact:
        case ContractActivated() | ContractAmended():
            terms = terms_of(fact)
            state.history = state.history.with_version(terms) if state.history else History((terms,))
        case ContractTerminated():
            state.terminated_on = fact.terminated_on
        case ParticipantEnrolled():
            state.enrolments.append(Enrolled(fact.subject_id, fact.cohort, fact.enrolled_on))
        case ParticipantLeft() | ContractSuspended() | ContractResumed() | ContractCompleted():
            pass
        case OutcomeClaimed():
            state.claims[fact.claim_id] = claim_of(fact)
        case ItemsPosted():
            _post(state, fact)
        case _:
            if fact.claim_id not in state.claims:
                raise ClaimNotKnown()
            state.claims[fact.claim_id] = after(state.claims[fact.claim_id], fact)


def _post(state: Folded, fact: ItemsPosted) -> None:
    for item in fact.items:
        key = item.key(fact.rule)
        state.posted[key] = posted_after(state.posted.get(key), key, item)
        for name in names_of(last_day_before(fact.period_end)):
            state.settled[name] += item.figures.under_caps_minor


def posted_after(earlier: Posted | None, key: PostedKey, item: ItemPosted) -> Posted:
    """What is posted for a key when a settlement has posted `item`: 800.00 and then 200.00 are 1,000.00, for the claim,
    day and version of the last one."""
    figures = (earlier.figures if earlier else NOTHING) + item.figures
    shares = Counter(dict(earlier.shares) if earlier else {})
    shares.update({share.payer: share.minor for share in item.shares})
    return Posted(
        key=key,
        claim_id=item.claim_id,
        version=item.version,
        achieved_on=item.achieved_on,
        figures=figures,
        shares=tuple((payer, minor) for payer, minor in shares.items() if minor),
    )
