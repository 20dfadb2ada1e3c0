"""Core: how an amount is shared among payers."""

from typing import Annotated, Literal, TypeAlias

from services.core.money import Money
from services.core.values import BY_KIND, value


@value
class Weight:
    """A payer's weight: one third is 1 beside 2."""

    payer: str
    weight: int


@value
class Shares:
    """Each payer by its weight; the last minor unit by largest remainder, ties by party order."""

    kind: Literal["shares"]
    weights: tuple[Weight, ...]


@value
class Maximum:
    """The most that a payer pays over the whole contract."""

    payer: str
    amount: Money


@value
class MaximaInOrder:
    """The first payer pays all until its maximum, then the next one."""

    kind: Literal["maxima_in_order"]
    maxima: tuple[Maximum, ...]


Split: TypeAlias = Annotated[Shares | MaximaInOrder, BY_KIND]
