"""Core: what the money of a rule is: its nature and its value added tax."""

from typing import Literal, TypeAlias

from services.core.values import value

Nature: TypeAlias = Literal["service", "grant", "conditional_repayment", "guarantee_call"]


@value
class Vat:
    """How the money of a rule stands to value added tax (categories of EN 16931, BT-151, in words)."""

    category: Literal["outside_scope", "exempt", "zero", "standard"]
    prices_include_vat: bool
