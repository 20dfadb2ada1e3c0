"""Core: one version of what is agreed. What may stand in it together is decided in `checks`."""

from datetime import date

from services.core.period import Period
from services.core.terms.outcomes import Metric, Outcomes
from services.core.terms.parties import Party
from services.core.terms.payment import Payment
from services.core.values import value


@value
class Agreement:
    """One version of what is agreed: everything that a signature covers, but the contract's id and the number."""

    parties: tuple[Party, ...]
    currency: str
    time_zone: str
    service_period: Period
    outcome_period: Period
    claims_close_on: date
    effective_from: date
    outcomes: Outcomes
    payment: Payment

    def party(self, organisation_id: str) -> Party | None:
        """The organisation's part in the contract, if it has one."""
        return next((party for party in self.parties if party.organisation_id == organisation_id), None)

    def metric(self, code: str) -> Metric | None:
        """The metric of that code, if there is one."""
        return next((metric for metric in self.outcomes.metrics if metric.code == code), None)

    def payers(self) -> tuple[str, ...]:
        """Organisation ids of the payers, in party order."""
        return tuple(party.organisation_id for party in self.parties if party.role == "payer")


PARTS = ("outcomes", "payment")
"""The parts of an agreement, each salted and hashed by itself."""
