"""Deploy: the amounts of a statement as whole minor units, summed by cap, payer and payee."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from services.core.money import Money, to_minor

Document: TypeAlias = Mapping[str, Any]
"""A statement, or a line of one, as the API shows it."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Minor units over all lines: cut by each kind of cap, paid by each payer, and received by each payee. A payee's
    name is `<organisation> as <nature>`."""

    cut: Mapping[str, int]
    shares: Mapping[str, int]
    payees: Mapping[str, int]


def minor(money: Mapping[str, str]) -> int:
    """The whole minor units of an amount: `{"amount": "-1.50", "currency": "GBP"}` is -150."""
    return to_minor(Money(amount=money["amount"], currency=money["currency"]))


def sums_of(statements: Sequence[Document]) -> Sums:
    """The sums over all lines of all statements."""
    lines = [line for statement in statements for line in statement["lines"]]
    return Sums(cut=_summed(lines, _cuts), shares=_summed(lines, _shares), payees=_summed(lines, _payees))


def _cuts(line: Document) -> Iterator[tuple[str, int]]:
    return ((cut["cap"], minor(cut["amount"])) for cut in line.get("cut") or ())


def _shares(line: Document) -> Iterator[tuple[str, int]]:
    return ((share["payer"], minor(share["amount"])) for share in line.get("shares") or ())


def _payees(line: Document) -> Iterator[tuple[str, int]]:
    yield f"{line.get('payee')} as {line.get('nature')}", minor(line["amount"])


def _summed(lines: Sequence[Document], amounts: Callable[[Document], Iterator[tuple[str, int]]]) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for line in lines:
        for name, amount in amounts(line):
            sums[name] += amount
    return sums
