"""Domain: the table of payment mechanisms as settlement has them: a rule of a kind that has no row is refused."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from services.core.terms.mechanisms.table import missing
from services.core.terms.rules import PaymentRule
from settlement_service.domain.mechanisms.bands import BANDS
from settlement_service.domain.mechanisms.gate import GATE
from settlement_service.domain.mechanisms.mechanism import Mechanism
from settlement_service.domain.mechanisms.milestone import MILESTONE
from settlement_service.domain.mechanisms.savings_share import SAVINGS_SHARE
from settlement_service.domain.mechanisms.service_fee import SERVICE_FEE
from settlement_service.domain.mechanisms.unit_price import UNIT_PRICE

_ROWS: tuple[Mechanism[Any], ...] = (UNIT_PRICE, BANDS, GATE, SAVINGS_SHARE, MILESTONE, SERVICE_FEE)
MECHANISMS: Mapping[type[Any], Mechanism[Any]] = MappingProxyType({row.shape: row for row in _ROWS})
"""The row of each shape in the union `PaymentRule`."""


def mechanism_of(rule: PaymentRule) -> Mechanism[Any]:
    """The row of a rule. Errors: MechanismMissing where its shape has none, with all questions that are open."""
    row = MECHANISMS.get(type(rule))
    if row is None:
        raise missing(rule, Mechanism)
    return row
