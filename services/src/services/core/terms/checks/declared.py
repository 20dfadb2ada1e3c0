"""Core: what an agreement declares, by code, so that every check finds it at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.core.terms.model import Agreement
from services.core.terms.outcomes import Metric
from services.core.terms.parties import Role
from services.core.terms.rules import PaymentRule

MAX_RULES = 1000


@dataclass(frozen=True, slots=True)
class Declared:
    """An agreement, and what it declares by code. What stands twice is here once."""

    agreement: Agreement
    metrics: Mapping[str, Metric]
    cohorts: frozenset[str]
    roles: Mapping[str, Role]
    payers: tuple[str, ...]
    rules: frozenset[str]
    indices: frozenset[str]

    def is_payer(self, organisation_id: str | None) -> bool:
        """Whether it is the id of a payer."""
        return organisation_id is not None and self.roles.get(organisation_id) == "payer"

    def placed_rules(self) -> Iterator[tuple[str, PaymentRule]]:
        """The rules with their JSON pointers, as many as are allowed."""
        for place, rule in enumerate(self.agreement.payment.rules[:MAX_RULES]):
            yield f"/payment/rules/{place}", rule


def declared_in(agreement: Agreement) -> Declared:
    """What the agreement declares."""
    return Declared(
        agreement=agreement,
        metrics={metric.code: metric for metric in reversed(agreement.outcomes.metrics)},
        cohorts=frozenset(cohort.code for cohort in agreement.outcomes.cohorts),
        roles={party.organisation_id: party.role for party in reversed(agreement.parties)},
        payers=tuple(dict.fromkeys(agreement.payers())),
        rules=frozenset(rule.code for rule in agreement.payment.rules),
        indices=frozenset(index.code for index in agreement.payment.indices),
    )
