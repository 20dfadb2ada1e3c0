"""Domain: which lines stand alone and which are told as one to those from whom small counts are hidden.

Price and amount of a line give away how many people stand behind it. So a line behind which fewer than FEWEST people
stand is told together with its neighbours, until so many stand behind them and no small count follows from the
merged amount (domain.md, section 6).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import gcd

from services.core.disclosure import FEWEST
from settlement_service.domain.statement.statement import Line

MOST_STATES = 1 << 22
"""How many sums are looked at when counting the ways in which an amount can have come about."""
MOST_WORK = 1 << 36
"""How much is done for one statement, in sums looked at: a few seconds. It is counted, not timed, so that the same
statement comes out on every machine."""
EXCHANGE_WORK = 1 << 15
"""What comparing two lines costs in the same measure."""


def grouped(lines: Sequence[Line]) -> list[tuple[Line, ...]]:
    """Neighbouring lines in groups, in their order; a group of one is told as it is, a larger one by its amount
    alone. Only lines that pay for single participants give a count of people away by their price, and lines that pay
    by a count of participants (`tells`) by their rate: the others stand alone. None of the former is told when fewer
    than FEWEST people stand behind all of them together, or small counts would follow even from one line over all."""
    tell = [line for line in lines if line.by_person or line.tells]
    places = {id(line): place for place, line in enumerate(lines)}
    whole = [(line,) for line in lines if not (line.by_person or line.tells)]
    return sorted([*(_grouped(tell) or []), *whole], key=lambda group: places[id(group[0])])


def _grouped(lines: Sequence[Line]) -> list[tuple[Line, ...]] | None:
    if not _are_enough(lines):
        return None
    groups: list[tuple[Line, ...]] = [(line,) for line in lines]
    attempt = _Attempt(abs(_amount(lines)))
    at = 0
    while at < len(groups):
        if len(groups) == 1 or attempt.may_be_told(groups[at]):
            at += 1
            continue
        at = at if at + 1 < len(groups) else at - 1
        groups[at : at + 2] = [groups[at] + groups[at + 1]]
    return groups if attempt.may_be_told(groups[0]) else None


def _are_enough(lines: Iterable[Line]) -> bool:
    """Whether FEWEST people or more stand behind lines: single ones, or those whose number one of them may tell. Who is
    counted may be the same people: they are not added."""
    known = any(line.tells is not None and line.tells.may_be_known for line in lines)
    return known or len(frozenset[object]().union(*(line.people for line in lines))) >= FEWEST


def _amount(lines: Iterable[Line]) -> int:
    return sum(line.figures.amount_minor for line in lines)


class _Attempt:
    """An outsider's attempt to find small counts out, by the prices and merged amounts of one statement."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._work = MOST_WORK

    def may_be_told(self, group: tuple[Line, ...]) -> bool:
        """Whether enough people stand behind a group, and its amount can have come about in more than one way for
        each small line in it. A line whose price is above the total can only be zero: no merging hides that."""
        if not _are_enough(group):
            return False
        if len(group) == 1:
            tells = group[0].tells
            return tells is None or tells.may_be_known
        priced = [line for line in group if line.price]
        small = [line for line in group if self._is_small(line)]
        if not small:
            return len(priced) < 2 or not all(self._follows(line, group) for line in priced)
        return not any(self._follows(line, group) for line in small)

    def _is_small(self, line: Line) -> bool:
        known = len(line.people) >= FEWEST if line.tells is None else line.tells.may_be_known
        return not known and (line.price <= self._total if line.price else line.tells is not None)

    def _follows(self, line: Line, group: Sequence[Line]) -> bool:
        """Whether a line's units, or what it counts, follow from the amount of its group at the known prices and rates:
        only one count, zero or more, is possible. Amounts below zero are looked at as above it, amounts without a price
        as known. What is too much work is taken to follow."""
        tell = [other for other in group if other.price or other.tells]
        others = [other for other in tell if other is not line]
        if not self._affords(EXCHANGE_WORK * len(others)):
            return True
        if _may_be_exchanged(line, others):
            return False
        if not line.price:
            return True
        group = [other for other in group if other.price]
        others = [other for other in group if other is not line]
        amount, step = abs(_amount(group)), gcd(*(one.price for one in group))
        states, price = amount // step, line.price // step
        prices = frozenset(other.price // step for other in others)
        if amount % step or states > MOST_STATES or not self._affords(states * len(prices) * states.bit_length()):
            return True
        rest = _sums(prices, states)
        counts = (
            n for n in range(states // price + 1) if rest[(states - n * price) >> 3] >> (states - n * price & 7) & 1
        )
        return len([n for _, n in zip(range(2), counts, strict=False)]) < 2

    def _affords(self, work: int) -> bool:
        self._work -= work
        return self._work > 0


def _may_be_exchanged(line: Line, others: Iterable[Line]) -> bool:
    """The quick answer: so many units of one line are worth so many of the other, and one of them has as many; or are
    worth what more, or less, people counted give."""
    if any(one.figures.cuts or one.figures.units < 0 for one in (line, *others)):
        return False
    return 0 in _steps(line) or any(_is_worth_as_much(line, other) for other in others)


def _is_worth_as_much(one: Line, other: Line) -> bool:
    if one.price and other.price:
        step = gcd(one.price, other.price)
        return other.figures.units >= one.price // step or one.figures.units >= other.price // step
    if not (one.price or other.price):
        return any(-step in _steps(other) for step in _steps(one) if step)
    priced, counted = (one, other) if one.price else (other, one)
    return any(
        step % priced.price == 0 and priced.figures.units >= step // priced.price for step in _steps(counted) if step
    )


def _steps(line: Line) -> frozenset[int]:
    return frozenset() if line.tells is None else line.tells.steps


@lru_cache(maxsize=64)
def _sums(prices: frozenset[int], most: int) -> bytes:
    """Bit n is set when n is a sum of `prices`, each any number of times; up to `most`."""
    sums, every_bit = 1, (1 << most + 1) - 1
    for price in prices:
        shift = price
        while shift <= most:
            sums |= sums << shift & every_bit
            shift *= 2
    return sums.to_bytes(most // 8 + 1, "little")
