"""Core: what is asked of each payment mechanism when terms are drafted and read: one row a mechanism."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar

from services.core.errors import FieldError
from services.core.terms.components import SavingsComponent
from services.core.terms.faults.declared import Declared
from services.core.terms.measures import Condition, Measure
from services.core.terms.nature import Nature, Vat
from services.core.terms.prices import PriceList
from services.core.terms.splits import Split


class AnyRule(Protocol):
    """What every payment rule has, whatever its mechanism."""

    @property
    def kind(self) -> str:
        """Which of the mechanisms it is: the word in the signed terms."""

    @property
    def code(self) -> str:
        """What the rule is called in its contract."""

    @property
    def payee(self) -> str:
        """The organisation id of who is paid."""

    @property
    def nature(self) -> Nature:
        """What the money is."""

    @property
    def vat(self) -> Vat:
        """How the money stands to value added tax."""

    @property
    def when(self) -> Condition | None:
        """The condition under which the rule pays; None where it always does."""

    @property
    def split(self) -> Split | None:
        """How payers share what the rule pays; None where the contract says it."""

    @property
    def posting(self) -> tuple[str, ...]:
        """Dimensions for the payer's accounts."""


R = TypeVar("R", bound=AnyRule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism(Generic[R]):
    """One mechanism's row. Every question has an answer in it: none has a default here. An answer that many rows share
    is a function that they name. Who does not know what to answer takes the safe side: look at all, refuse."""

    shape: type[R]
    """The rule as it stands in signed terms."""
    faults: Callable[[Declared, R, str], Iterator[FieldError]]
    """What is at fault in one rule at its JSON pointer, the fields left out that every rule has."""
    faults_together: Callable[[Declared, Sequence[tuple[str, R]]], Iterator[FieldError]]
    """What is at fault in all rules of the mechanism together, each beside its JSON pointer, in their order."""
    paid_metrics: Callable[[R], frozenset[str]]
    """Codes of the metrics whose claims it turns into money."""
    measures: Callable[[R], tuple[Measure, ...]]
    """The measures that it pays by, those of `when` left out."""
    components: Callable[[R], tuple[SavingsComponent, ...]]
    """The purses that it computes savings from: claims on their metrics name one."""
    pays_each_subject: Callable[[R], bool]
    """Whether what it gives for one subject never depends on another, so that it is evaluated as facts arrive. The safe
    answer is no: all are looked at together."""
    pays_over_rules: bool
    """Whether what it gives looks at what other rules give: the net of an advance. Then its items are given to those
    alone who see everything, as nobody else could recompute them. The safe answer is yes."""
    contracted_prices: Callable[[R], PriceList]
    """What it pays for a unit, by the day; none where an amount is not a price."""
    is_final_by_day: Callable[[R], bool]
    """Whether nothing that is achieved later changes what it gives for a day, beside its condition. The safe answer is
    no: whoever was paid by it keeps reading what it rests on."""
    kept_by_amendment: Callable[[R], Mapping[str, object]]
    """What an amendment may not change of a rule with the same code, beside its kind and nature: by JSON pointer below
    the rule, without its first slash."""


def nothing_together(_declared: Declared, _placed: Sequence[tuple[str, object]]) -> Iterator[FieldError]:
    """Each rule is checked by itself: what one pays takes nothing from another."""
    yield from ()


def no_measures(_rule: object) -> tuple[Measure, ...]:
    """It pays by claims, or by the calendar, and measures nothing."""
    return ()


def no_components(_rule: object) -> tuple[SavingsComponent, ...]:
    """It computes no savings."""
    return ()


def subjects_alone(_rule: object) -> bool:
    """It pays each subject by that subject's own claims alone."""
    return True


def subjects_together(_rule: object) -> bool:
    """It looks at all subjects together: the safe answer."""
    return False


def no_prices(_rule: object) -> PriceList:
    """It has no price of a unit."""
    return PriceList(())


def final_by_day(_rule: object) -> bool:
    """What was achieved on a day gives what it gives, whatever comes later."""
    return True


def open_for_later(_rule: object) -> bool:
    """What is achieved later may change it: the safe answer."""
    return False


def nothing_kept(_rule: object) -> Mapping[str, object]:
    """Its items and lines are known by the rule's code alone, so nothing more must stay."""
    return MappingProxyType({})
