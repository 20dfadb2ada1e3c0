"""Domain: a contract as far as it is known here."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.core.errors import Conflict
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Terms


class ContractSuspended(Conflict):
    """Settlement and payment wait while a contract is suspended."""

    code = "contract-suspended"
    title = "The contract is suspended; settlement and payment wait until it is resumed"


@dataclass(frozen=True, slots=True)
class Known:
    """A contract as far as it is known here. `history` is None until its activation has come; `settlements` counts
    those prepared so far."""

    id: UUID
    history: History | None
    terminated_on: date | None
    settlements: int
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Contract(Known):
    """A contract whose terms are known."""

    history: History

    def require_running(self) -> None:
        """Errors: `contract-suspended`."""
        if self.suspended:
            raise ContractSuspended("A payer resumes the contract first.")

    def approvers(self, addressees: Collection[str], owing: Iterable[str]) -> tuple[str, ...]:
        """The payers that approve a settlement, each for its own share. `owing` are those that pay something by it,
        also one that left by an amendment and pays for what was achieved before. `addressees` are the parties that it
        was calculated for: a payer that came later is not among them, and approves nothing."""
        return tuple(dict.fromkeys((*(payer for payer in self.terms.payers() if payer in addressees), *owing)))

    def has_left(self, organisation: str) -> bool:
        """Whether an organisation that was a party is none of the newest terms."""
        return self.terms.role_of(organisation) is None

    @property
    def terms(self) -> Terms:
        """The newest version: parties, currency, and who may read what."""
        return self.history.newest
