"""Domain: which lines stand alone and which are told as one to those from whom small counts are hidden.

Price and amount of a line give away how many people stand behind it: 3,000.00 at 1,000.00 are three. So a line behind
which fewer than FEWEST people stand is told together with its neighbours, until so many stand behind them and no small
count follows from the merged amount (domain.md, section 6).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
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
    """Neighbouring lines in groups, in their order. A group of one is told as it is, a larger one by its amount alone:
    of a line of 3 people at 1,000.00 and one of 9 at 500.00, it says 7,500.00.

    Two kinds of lines give a count away. A line that pays for single participants does so by its price; a line that
    pays by a count of participants (`tells`) by its rate. All others stand alone. Of these two kinds no line is told
    when fewer than FEWEST people stand behind all of them together, or when small counts would follow even from one
    line over all of them."""
    counting = [line for line in lines if line.by_person or line.tells]
    alone = [(line,) for line in lines if not (line.by_person or line.tells)]
    places = {id(line): place for place, line in enumerate(lines)}
    return sorted([*(_grouped(counting) or []), *alone], key=lambda group: places[id(group[0])])


def _grouped(lines: Sequence[Line]) -> list[tuple[Line, ...]] | None:
    """Merges from the first line on, as far as it must: the group of 3 people with the line after it; the last group
    with the one before it. None when no merging is enough."""
    if not _are_enough(lines):
        return None
    groups: list[tuple[Line, ...]] = [(line,) for line in lines]
    outsider = _Outsider(abs(_amount(lines)))
    at = 0
    while at < len(groups):
        if len(groups) == 1 or outsider.may_be_told(groups[at]):
            at += 1
            continue
        at = at if at + 1 < len(groups) else at - 1
        groups[at : at + 2] = [groups[at] + groups[at + 1]]
    return groups if outsider.may_be_told(groups[0]) else None


def _are_enough(lines: Iterable[Line]) -> bool:
    """Whether FEWEST people or more stand behind lines: single ones, or those whose number one of them may tell. Lines
    may be about the same people, so their numbers are not added."""
    known = any(line.tells is not None and line.tells.may_be_known for line in lines)
    return known or len(frozenset[object]().union(*(line.sample_subject_ids for line in lines))) >= FEWEST


def _amount(lines: Iterable[Line]) -> int:
    return sum(line.figures.amount_minor for line in lines)


class _Outsider:
    """Who tries to find small counts out from the prices and merged amounts of one statement."""

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
        known = len(line.sample_subject_ids) >= FEWEST if line.tells is None else line.tells.may_be_known
        return not known and (line.price <= self._total if line.price else line.tells is not None)

    def _follows(self, line: Line, group: Sequence[Line]) -> bool:
        """Whether a line's units, or what it counts, follow from the amount of its group at the known prices and rates:
        only one count, zero or more, is possible. What is too much work is taken to follow: it is merged further."""
        rest = [other for other in group if other is not line and (other.price or other.tells)]
        if not self._affords(EXCHANGE_WORK * len(rest)):
            return True
        if _may_be_exchanged(line, rest):
            return False
        return not line.price or self._is_only_count(line, [other for other in group if other.price])

    def _is_only_count(self, line: Line, priced: Sequence[Line]) -> bool:
        """Whether at the prices of a group its amount allows one number of units of `line` alone. At 300.00 and 500.00,
        1,100.00 is 2 of the former and 1 of the latter, and nothing else; 1,500.00 is 5 and 0, or 0 and 3.

        Amounts below zero are looked at as above it, amounts without a price as known. All is counted in steps of the
        greatest common divisor of the prices."""
        step = gcd(*(each.price for each in priced))
        amount, price = abs(_amount(priced)), line.price // step
        steps = amount // step
        other_prices = frozenset(other.price // step for other in priced if other is not line)
        if amount % step or steps > MOST_STATES:
            return True
        if not self._affords(steps * len(other_prices) * steps.bit_length()):
            return True
        sums = _sums(other_prices, steps)
        possible = (units for units in range(steps // price + 1) if _has(sums, steps - units * price))
        return len(list(islice(possible, 2))) < 2

    def _affords(self, work: int) -> bool:
        self._work -= work
        return self._work > 0


def _may_be_exchanged(line: Line, others: Sequence[Line]) -> bool:
    """The quick answer: so many units of one line are worth so many of another, and one of them has as many; or are
    worth what more, or fewer, people counted give. Where a cap cut, or units are taken back, it says nothing."""
    if any(each.figures.cuts or each.figures.units < 0 for each in (line, *others)):
        return False
    return 0 in _steps(line) or any(_is_worth_as_much(line, other) for other in others)


def _is_worth_as_much(line: Line, other: Line) -> bool:
    """At 1,000.00 and 1,500.00, three units of the one are worth two of the other: it is enough that one has them."""
    if line.price and other.price:
        step = gcd(line.price, other.price)
        return other.figures.units >= line.price // step or line.figures.units >= other.price // step
    if not (line.price or other.price):
        return any(-step in _steps(other) for step in _steps(line) if step)
    priced, counted = (line, other) if line.price else (other, line)
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
        # Each shift doubles how many of a price are allowed: as many steps as `most` has bits, not one for each.
        shift = price
        while shift <= most:
            sums |= sums << shift & every_bit
            shift *= 2
    return sums.to_bytes(most // 8 + 1, "little")


def _has(sums: bytes, number: int) -> bool:
    return bool(sums[number >> 3] >> (number & 7) & 1)
