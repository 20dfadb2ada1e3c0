"""Domain: a contract as far as it is known here."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from settlement_service.domain.terms import Terms


@dataclass(frozen=True, slots=True)
class Known:
    """A contract as far as it is known here. `terms` is None until its activation has come; `settlements`
    counts those prepared so far."""

    id: UUID
    terms: Terms | None
    terminated_on: date | None
    settlements: int


@dataclass(frozen=True, slots=True)
class Contract(Known):
    """A contract whose terms are known."""

    terms: Terms
