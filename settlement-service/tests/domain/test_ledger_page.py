"""Tests: every example of docs/ledger.md is run, and posts exactly what the page says."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.core.errors import Refusal
from services.core.money import Money, format_minor, to_minor
from settlement_service.domain.ledger.payments import (
    Payment,
    check_payment,
    check_reference,
    entry_for,
    payee_of,
    state_after,
)
from settlement_service.domain.ledger.postings import Side, approval_entry

PAGE = Path(__file__).parents[3] / "docs" / "ledger.md"
EXAMPLES = re.findall(r"## ([^\n]+)|```ledger\n(.*?)```", PAGE.read_text(), re.DOTALL)
OWES = re.compile(r"(\w+) owes (\w+) (-?[0-9.]+)")
PAYS = re.compile(r"(\w+) pays (\w+) (-?[0-9.]+) under (\S+)")
TODAY = date(2026, 6, 1)


def named_examples() -> list[Any]:
    name = ""
    examples: list[Any] = []
    for heading, example in EXAMPLES:
        name = heading or name
        if example:
            examples.append(pytest.param(example, id=f"{name} {len(examples) + 1}"))
    return examples


def minor(amount: str) -> int:
    return to_minor(Money(amount=amount, currency="DKK"))


@dataclass
class Ledger:
    """What happens in an example, by the functions that the use cases call. Payments are on the last settlement."""

    entries: list[tuple[str, tuple[Side, ...]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    shares: dict[tuple[str, str], int] = field(default_factory=dict)
    outstanding: dict[tuple[str, str], int] = field(default_factory=dict)
    """What is left of what each payer owes each payee."""

    def do(self, what: str, text: str) -> None:
        if what == "settlement":
            self.shares = {(payer, payee): minor(amount) for payer, payee, amount in OWES.findall(text)}
            self.outstanding = dict(self.shares)
            self.payments = []
            self.entries.append(("approval", approval_entry(self.shares)))
            return
        ((payer, payee, amount, reference),) = PAYS.findall(text)
        outcome: Any = "paid" if what == "payment" else "rejected"
        payment = Payment(payer, payee, check_reference(reference), TODAY, minor(amount), outcome)
        try:
            self._confirm(payment)
        except Refusal as refusal:
            self.refused.append(refusal.code)

    def _confirm(self, payment: Payment) -> None:
        owed_by = {payee: minor for (payer, payee), minor in self.outstanding.items() if payer == payment.payer}
        owed = owed_by[payee_of(payment.payee, owed_by)]
        earlier = [payment_before for payment_before in self.payments if payment_before.reference == payment.reference]
        takes_back = check_payment(payment, owed, earlier, TODAY)
        self.payments.append(payment)
        sides = entry_for(payment, takes_back)
        if sides:
            self.entries.append(("payment_reversal" if takes_back else "payment", sides))
            moved = sum(side.minor for side in sides if side.account.endswith("receivable"))
            self.outstanding[payment.payer, payment.payee] += moved

    def result(self) -> str:
        state = state_after(list(self.shares.values()), list(self.outstanding.values()))
        return f"{state}, outstanding {format_minor(sum(self.outstanding.values()), 'DKK')}"


@pytest.mark.parametrize("example", named_examples())
def test_the_page_says_what_is_posted(example: str) -> None:
    ledger = Ledger()
    expected: list[tuple[str, list[tuple[str, int]]]] = []
    refused: list[str] = []
    results: list[str] = []
    for line in example.splitlines():
        words = line.split(maxsplit=1)
        if line.startswith("=>"):
            results.append(words[1].strip())
        elif line.startswith("->"):
            expected.append((words[1].strip(), []))
        elif line.startswith("  "):
            account, amount = line.split()
            expected[-1][1].append((account, minor(amount)))
        elif words[0] == "refused":
            refused.append(words[1].strip())
        else:
            ledger.do(*words)
    posted = [(kind, [(side.account, side.minor) for side in sides]) for kind, sides in ledger.entries]
    assert posted == expected
    assert ledger.refused == refused
    assert [ledger.result()] * len(results) == results


@pytest.mark.parametrize("example", named_examples())
def test_what_the_page_posts_sums_to_zero(example: str) -> None:
    sums: dict[int, int] = defaultdict(int)
    entry = 0
    for line in example.splitlines():
        entry += line.startswith("->")
        if line.startswith("  "):
            sums[entry] += minor(line.split()[1])
    assert not any(sums.values())


def test_the_page_has_an_example_of_every_event() -> None:
    headings = {heading for heading, _ in EXAMPLES if heading}
    events = {"Approval", "Split among payers", "Payment", "Part payment", "Rejection", "Reversal"}
    assert headings >= events | {"Retention", "Conditional repayment"}
