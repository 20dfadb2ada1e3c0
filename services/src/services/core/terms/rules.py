"""Core: payment rules: what turns verified outcomes into money. One shape a mechanism."""

from typing import Annotated, TypeAlias

from services.core.terms.mechanisms.bands import Bands
from services.core.terms.mechanisms.gate import Gate
from services.core.terms.mechanisms.milestone import Milestone
from services.core.terms.mechanisms.savings_share import SavingsShare
from services.core.terms.mechanisms.service_fee import ServiceFee
from services.core.terms.mechanisms.unit_price import UnitPrice
from services.core.values import BY_KIND

PaymentRule: TypeAlias = Annotated[UnitPrice | Bands | Gate | SavingsShare | Milestone | ServiceFee, BY_KIND]
