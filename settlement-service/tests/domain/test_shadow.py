"""Tests: what outcomes would have given while a fixed grant is paid instead."""

from datetime import date

from services.core.money import from_minor
from services.core.terms.nature import Vat
from services.core.terms.payment import GrantWindow, Payment
from settlement_service.domain.settling.shadow import Shadow, shadow_of

from ..books import Books
from ..builders import PROVIDER, YEAR, a_cap, a_claim, a_rule, activated

GRANT = GrantWindow(
    mode="grant",
    code="start-up",
    start=date(2026, 1, 1),
    end=date(2026, 4, 1),
    amount=from_minor(50_000, "DKK"),
    every="month",
    payee=PROVIDER,
    nature="grant",
    vat=Vat(category="outside_scope", prices_include_vat=False),
)


def test_a_grant_is_paid_and_outcomes_are_reported_in_shadow() -> None:
    payment = Payment(rules=(a_rule(occurrences="first"),), caps=(a_cap("contract", 200_000),), windows=(GRANT,))
    books = Books(activated(payment=payment))
    books.verify(a_claim(1, occurrence="1", day="2026-02-01"), a_claim(1, occurrence="2", day="2026-05-01"))
    settled = books.settle()
    told = [(line.rule, line.figures.units, line.figures.amount_minor) for line in settled.statement.lines]
    assert told == [("job", 1, 10_000), ("start-up", 3, 150_000)], "in the window no occurrence is used"
    claims = books.state.claims.values()
    assert shadow_of(books.history, None, claims, YEAR.end) == [Shadow("job", 1, 10_000)]
    assert shadow_of(books.history, None, claims, date(2026, 2, 1)) == []
