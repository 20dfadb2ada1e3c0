"""Domain: what is known of a contract's subjects when a figure is measured: claims, and who was enrolled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import UUID

from services.core.subjects import subject_id_of
from settlement_service.domain.facts.claims import Claim


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A participant's enrolment in a cohort on a day. It has no end: who leaves stays in a denominator (domain.md,
    section 3.2)."""

    subject_id: UUID
    cohort: str
    enrolled_on: date


@dataclass(frozen=True)
class OutcomeData:
    """Claims and enrolments of one contract, decided or not, up to the end that is settled."""

    contract_id: UUID
    claims: Sequence[Claim]
    enrolments: Sequence[Enrolled]

    def before(self, ends: date) -> "OutcomeData":
        """What was achieved, and who was enrolled, before `ends`."""
        return OutcomeData(
            self.contract_id,
            [claim for claim in self.claims if claim.achieved_on < ends],
            [enrolled for enrolled in self.enrolments if enrolled.enrolled_on < ends],
        )

    def on(self, metric: str) -> Sequence[Claim]:
        """All claims on a metric, in an order that does not depend on arrival."""
        return self._by_metric.get(metric, ())

    def enrolled_in(self, cohorts: Iterable[str] | None) -> frozenset[UUID]:
        """The subject ids of all who were ever enrolled in one of the cohorts, each once; in any, for None."""
        wanted = None if cohorts is None else frozenset(cohorts)
        enrolments = (each for each in self.enrolments if wanted is None or each.cohort in wanted)
        return frozenset(enrolled.subject_id for enrolled in enrolments)

    def cohort_ids(self, cohorts: Iterable[str]) -> Mapping[UUID, str]:
        """The codes of cohorts by their subject ids, which follow from the contract and the code (ADR 0010)."""
        return {subject_id_of(self.contract_id, "cohort", code): code for code in cohorts}

    @cached_property
    def _by_metric(self) -> Mapping[str, Sequence[Claim]]:
        by_metric: dict[str, list[Claim]] = {}
        for claim in sorted(self.claims, key=lambda claim: (claim.achieved_on, claim.order_key, str(claim.id))):
            by_metric.setdefault(claim.metric, []).append(claim)
        return by_metric
