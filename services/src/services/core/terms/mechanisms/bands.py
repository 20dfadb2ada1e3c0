"""Core: the mechanism bands: by where a measured value falls."""

from typing import Literal

from services.core.money import Money
from services.core.terms.measures import Condition, Measure
from services.core.terms.nature import Nature, Vat
from services.core.terms.splits import Split
from services.core.values import value


@value
class Band:
    """Values in `[from_, to)`; an absent end is open. `amount` is for flat bands, `rate` for each unit of the value in
    marginal ones."""

    from_: str | None = None
    to: str | None = None
    amount: Money | None = None
    rate: Money | None = None


@value
class Point:
    """What is paid at exactly this value; between two points it is interpolated."""

    value: str
    amount: Money


@value
class Bands:
    """Pays by where a measured value falls.

    `flat`: the amount of the band. `marginal`: the rate of each band for the part of the value in it, like a tax,
    counted from `origin`. `interpolated`: linear between `points`, level outside them. `per` subject pays each
    participant, cohort or site by its own value; per contract pays one amount by the pooled one.
    """

    kind: Literal["bands"]
    code: str
    measure: Measure
    payee: str
    nature: Nature
    vat: Vat
    method: Literal["flat", "marginal", "interpolated"]
    bands: tuple[Band, ...] = ()
    points: tuple[Point, ...] = ()
    per: Literal["contract", "subject"] = "contract"
    origin: str = "0"
    floor: Money | None = None
    ceiling: Money | None = None
    two_sided: bool = False
    when: Condition | None = None
    split: Split | None = None
    posting: tuple[str, ...] = ()
