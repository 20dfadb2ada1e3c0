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
    """A participant was enrolled in a cohort on a day. Leaving takes nobody out of what was begun."""

    subject_id: UUID
    cohort: str
    enrolled_on: date


@dataclass(frozen=True)
class OutcomeData:
    """Claims and enrolments of one contract, up to the day that is looked at."""

    contract_id: UUID
    claims: Sequence[Claim]
    enrolments: Sequence[Enrolled]

    def before(self, ends: date) -> "OutcomeData":
        """What was achieved, and who was enrolled, before `ends`."""
        return OutcomeData(
            self.contract_id,
            [claim for claim in self.claims if claim.achieved_on < ends],
            [one for one in self.enrolments if one.enrolled_on < ends],
        )

    def on(self, metric: str) -> Sequence[Claim]:
        """All claims on a metric, in an order that does not depend on arrival."""
        return self._by_metric.get(metric, ())

    def enrolled_in(self, cohorts: Iterable[str] | None) -> frozenset[UUID]:
        """Who was ever enrolled in one of the cohorts; in any, when none is named."""
        wanted = None if cohorts is None else frozenset(cohorts)
        return frozenset(one.subject_id for one in self.enrolments if wanted is None or one.cohort in wanted)

    def cohort_ids(self, cohorts: Iterable[str]) -> Mapping[UUID, str]:
        """The codes of cohorts by their subject ids."""
        return {subject_id_of(self.contract_id, "cohort", code): code for code in cohorts}

    @cached_property
    def _by_metric(self) -> Mapping[str, Sequence[Claim]]:
        found: dict[str, list[Claim]] = {}
        for claim in sorted(self.claims, key=lambda one: (one.achieved_on, one.order_key, str(one.id))):
            found.setdefault(claim.metric, []).append(claim)
        return found
