"""Core: a measured value, as a claim reports it."""

import re

from services.core.errors import FieldError, Invalid
from services.core.terms.outcomes import Arm
from services.core.values import value

DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?", re.ASCII)
"""A plain decimal: at most 15 digits before the point and 12 behind it; no exponent, no plus, no leading zero."""


class QuantityNotValid(Invalid):
    """Not a plain decimal."""

    code = "quantity-not-valid"
    title = "This is not a plain decimal number"


@value
class Measurement:
    """A value (a decimal) with the number it was measured on (persons, or person-days), its standard error where there
    is one, the arm it belongs to, the estimator, and for savings the component (purse)."""

    value: str
    arm: Arm = "intervention"
    n: int | None = None
    standard_error: str | None = None
    estimator: str | None = None
    component: str | None = None

    @property
    def series(self) -> str:
        """What tells measurements of one subject, metric and occurrence apart: two live claims never share it."""
        return f"{self.arm}/{self.component or ''}"


def is_decimal(text: str) -> bool:
    """Whether `text` is a plain decimal such as "12.50"."""
    return bool(DECIMAL.fullmatch(text))


def check_decimal(text: str, pointer: str) -> str:
    """The same text. Errors: `quantity-not-valid`."""
    if not is_decimal(text):
        allowed = 'A plain decimal such as "12.50": at most 15 digits before the point and 12 behind it.'
        raise QuantityNotValid(errors=[FieldError(pointer, QuantityNotValid.code, allowed)])
    return text
