"""Domain: what a measure is taken over: the claims that it looks at, and who is enrolled."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from services.core.terms.measures import AsEnrolled, Measure
from services.core.terms.outcomes import Arm, Metric
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.outcome_data import OutcomeData


class MeasureScope:
    """What a measure is taken over: claims on its metric, and who is enrolled in its cohorts."""

    def __init__(self, measure: Measure, terms: Terms, outcomes: OutcomeData) -> None:
        self.measure, self.terms, self.outcomes = measure, terms, outcomes
        self.metric: Metric = terms.metrics[measure.metric]
        self.enrolled = outcomes.enrolled_in(measure.cohorts)
        self.cohorts = outcomes.cohort_ids(measure.cohorts or terms.cohorts)

    def within(self, claims: Iterable[Claim]) -> list[Claim]:
        """The claims on subjects in the measure's cohorts; on all subjects where it names none. Sites are in none."""
        if self.metric.subject == "site":
            return list(claims)
        if self.metric.subject == "cohort":
            return [claim for claim in claims if claim.subject_id in self.cohorts]
        if self.measure.cohorts is None:
            return list(claims)
        return [claim for claim in claims if claim.subject_id in self.enrolled]

    def decided(self, metric: str) -> list[Claim]:
        """The claims on a metric that were decided, at the measurement point where the measure names one."""
        at = self.measure.at if metric == self.metric.code else None
        return [
            claim
            for claim in self.within(self.outcomes.on(metric))
            if claim.is_decided and at in (None, claim.occurrence)
        ]

    def verified(self, arm: Arm | None = None) -> list[Claim]:
        """The verified claims at the measurement point, of one arm if it is named. Where what is missing is carried,
        also the last one before the point of each subject that nothing was decided of at it."""
        at = self.measure.at
        claims = [claim for claim in self.within(self.outcomes.on(self.metric.code)) if _is_of(claim, arm)]
        # A baseline is measured once, before it all begins: it has no value at a later point.
        if at is None or arm == "baseline":
            return _verified(claims)
        verified = _verified(claim for claim in claims if claim.occurrence == at)
        return verified + (self._carried(claims, at) if self.measure.missing == "carried" else [])

    def _carried(self, claims: Sequence[Claim], at: str) -> list[Claim]:
        """For each subject that nothing was decided of at a point, the verified claim at the last point before it.
        Subjects come in the order of their first claims: a working is hashed with its claims in their order."""
        # A rejected claim is a decision too: whoever failed at the point does not keep an earlier success.
        decided = {claim.subject_id for claim in claims if claim.occurrence == at and claim.is_decided}
        point = self.terms.rank(self.metric.code, at)
        latest: dict[UUID, Claim] = {}
        for claim in _verified(claims):
            if claim.subject_id not in decided and self._rank(claim) < point:
                last = latest.setdefault(claim.subject_id, claim)
                if self._rank(claim) >= self._rank(last):
                    latest[claim.subject_id] = claim
        return list(latest.values())

    def _rank(self, claim: Claim) -> tuple[int, str]:
        return self.terms.rank(self.metric.code, claim.occurrence)

    def exits(self) -> frozenset[UUID]:
        """Who left for a neutral reason: a verified claim on a neutral exit takes a person out of the denominator."""
        denominator = self.measure.denominator
        exits = denominator.neutral_exits if isinstance(denominator, AsEnrolled) else ()
        return frozenset(claim.subject_id for code in exits for claim in self.outcomes.on(code) if claim.counts)


def _verified(claims: Iterable[Claim]) -> list[Claim]:
    return [claim for claim in claims if claim.counts]


def _is_of(claim: Claim, arm: Arm | None) -> bool:
    return arm is None or (claim.measurement is not None and claim.measurement.arm == arm)
