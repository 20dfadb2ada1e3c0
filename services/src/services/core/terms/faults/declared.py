"""Core: what an agreement declares, by code, so that every check finds it at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.core.period import Period
from services.core.terms.outcomes import Metric
from services.core.terms.parties import Role


@dataclass(frozen=True, slots=True)
class Declared:
    """What an agreement declares: what its rules may name, in which currency and in which periods. A code that stands
    twice is here once. `payers` are in party order."""

    currency: str
    service_period: Period
    outcome_period: Period
    metrics: Mapping[str, Metric]
    cohorts: frozenset[str]
    roles: Mapping[str, Role]
    payers: tuple[str, ...]
    rules: frozenset[str]
    indices: frozenset[str]

    def is_payer(self, organisation_id: str | None) -> bool:
        """Whether it is the id of a payer."""
        return organisation_id is not None and self.roles.get(organisation_id) == "payer"
