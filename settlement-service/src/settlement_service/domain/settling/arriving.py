"""Domain: what facts that arrive together change: claims, enrolments, and which subjects have to be evaluated anew.

Any cutting of a history into runs gives the same: a run is applied in its order, in memory, and what follows from it is
computed once, at its end.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.events.outcomes import OutcomeClaimed, ParticipantEnrolled, ParticipantLeft
from settlement_service.domain.facts.claims import Claim, ClaimFact, after, claim_of
from settlement_service.domain.facts.outcome_data import Enrolled
from settlement_service.domain.settling.fold import ClaimNotKnown

OfSubject = OutcomeClaimed | ParticipantEnrolled | ParticipantLeft | ClaimFact
"""A fact that is about one subject."""


@dataclass(slots=True)
class Arrival:
    """What a run comes to. `claims` are all that it may be about, as they are now; `reported` the ids of the new ones,
    `decided` of those that were known before and changed. `touched` are the subjects for whom a claim began or ceased
    to count, each with the place in the run, from 1, of the last fact that was so."""

    claims: dict[UUID, Claim]
    reported: dict[UUID, None] = field(default_factory=dict)
    decided: dict[UUID, None] = field(default_factory=dict)
    enrolments: list[Enrolled] = field(default_factory=list)
    touched: dict[UUID, int] = field(default_factory=dict)

    def claims_of_touched(self) -> Collection[Sequence[Claim]]:
        """All claims on each touched subject."""
        claims: dict[UUID, list[Claim]] = {subject: [] for subject in self.touched}
        for claim in self.claims.values():
            if claim.subject_id in claims:
                claims[claim.subject_id].append(claim)
        return claims.values()


def claims_needed(facts: Iterable[OfSubject]) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """What has to be known to apply a run: ids of claims that are decided on and were reported before it, and the
    subjects of those that it reports and decides on: of each all claims."""
    reported: dict[UUID, UUID] = {}
    before, subjects = set[UUID](), set[UUID]()
    for fact in facts:
        if isinstance(fact, OutcomeClaimed):
            reported[fact.claim_id] = fact.subject_id
        elif not isinstance(fact, ParticipantEnrolled | ParticipantLeft):
            subject = reported.get(fact.claim_id)
            before |= set() if subject else {fact.claim_id}
            subjects |= {subject} if subject else set()
    return frozenset(before), frozenset(subjects)


def arrive(known: Mapping[UUID, Claim], facts: Iterable[OfSubject]) -> Arrival:
    """Applies a run to the claims that are `known`. Errors: Broken for a decision on a claim that was never made."""
    arrival = Arrival(dict(known))
    for place, fact in enumerate(facts, start=1):
        match fact:
            case OutcomeClaimed():
                arrival.claims[fact.claim_id] = claim_of(fact)
                arrival.reported[fact.claim_id] = None
            case ParticipantEnrolled():
                arrival.enrolments.append(Enrolled(fact.subject_id, fact.cohort, fact.enrolled_on))
            case ParticipantLeft():
                pass
            case _:
                _decide(arrival, fact, place)
    return arrival


def _decide(arrival: Arrival, fact: ClaimFact, place: int) -> None:
    claim = arrival.claims.get(fact.claim_id)
    if claim is None:
        raise ClaimNotKnown()
    changed = arrival.claims[claim.id] = after(claim, fact)
    if claim.id not in arrival.reported:
        arrival.decided[claim.id] = None
    if claim.counts or changed.counts:
        arrival.touched[claim.subject_id] = place
