"""Domain: a contract's state as the fold of its inputs. Across sources their order does not matter."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.core.errors import Broken
from services.events.contracts import ContractActivated, ContractTerminated
from services.events.outcomes import OutcomeClaimed, ParticipantEnrolled, ParticipantLeft
from settlement_service.domain.claims import Claim, after, claim_of
from settlement_service.domain.inputs import Fact, ItemPosted, ItemsPosted
from settlement_service.domain.items import NOTHING, Posted, PostedKey
from settlement_service.domain.terms import Terms, terms_of


class ClaimNotKnown(Broken):
    """A fact on a claim that its own source has not told of before."""

    code = "claim-not-known"


@dataclass(slots=True)
class Folded:
    """What is known of a contract. `terms` is None until its activation is there."""

    terms: Terms | None = None
    terminated_on: date | None = None
    claims: dict[UUID, Claim] = field(default_factory=dict)
    posted: dict[PostedKey, Posted] = field(default_factory=dict)


def fold(facts: Iterable[Fact]) -> Folded:
    """The state after `facts`; those of one source are in their sequence. Errors: Broken for a decision on a claim
    that was never made."""
    state = Folded()
    for fact in facts:
        _apply(state, fact)
    return state


def _apply(state: Folded, fact: Fact) -> None:
    match fact:
        case ContractActivated():
            state.terms = terms_of(fact)
        case ContractTerminated():
            state.terminated_on = fact.terminated_on
        case ParticipantEnrolled() | ParticipantLeft():
            pass
        case OutcomeClaimed():
            state.claims[fact.claim_id] = claim_of(fact)
        case ItemsPosted():
            for item in fact.items:
                key = item.key(fact.rule)
                state.posted[key] = posted_after(state.posted.get(key), key, item)
        case _:
            if fact.claim_id not in state.claims:
                raise ClaimNotKnown()
            state.claims[fact.claim_id] = after(state.claims[fact.claim_id], fact)


def posted_after(earlier: Posted | None, key: PostedKey, item: ItemPosted) -> Posted:
    """What is posted for a key when a settlement has posted `item`."""
    figures = (earlier.figures if earlier else NOTHING) + item.figures
    return Posted(key, item.claim_id, item.achieved_on, figures)
