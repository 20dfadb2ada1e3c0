"""Tests: Project Apollo, as published: 23 prices, 131 young people, GBP 848,540 paid.

Prices, counts and payments: DfE evaluation of the Care Leavers SIB programme (2023), figures as recorded in the GO Lab
INDIGO impact bond dataset, April 2024. People and dates are not published: those here are synthetic. Of 21 outcomes on
m17 20 were paid; that one of them was rejected is our reading.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.core.money import from_minor
from services.core.period import Period
from services.core.terms.payment import Cap, Payment
from services.core.terms.prices import Price
from settlement_service.domain.recomputation import recompute

from ..books import Books, Settled
from ..builders import INVESTOR, PAYER, PROVIDER, a_claim, a_metric, a_rule, activated, claimed

PUBLISHED = (
    ("m01", 220, 103, 22_660),
    ("m02", 220, 0, 0),
    ("m03", 220, 91, 20_020),
    ("m04", 220, 87, 19_140),
    ("m05", 220, 99, 21_780),
    ("m06", 220, 53, 11_660),
    ("m07", 220, 45, 9_900),
    ("m08", 220, 32, 7_040),
    ("m09", 1_760, 17, 29_920),
    ("m10", 4_730, 19, 89_870),
    ("m11", 4_730, 3, 14_190),
    ("m12", 660, 0, 0),
    ("m13", 2_750, 0, 0),
    ("m14", 2_750, 0, 0),
    ("m15", 4_730, 0, 0),
    ("m16", 110, 22, 2_420),
    ("m17", 220, 21, 4_400),
    ("m18", 330, 17, 5_610),
    ("m19", 660, 73, 48_180),
    ("m20", 2_750, 64, 176_000),
    ("m21", 2_750, 54, 148_500),
    ("m22", 2_750, 46, 126_500),
    ("m23", 2_750, 33, 90_750),
)
"""Line, unit price, people with the outcome, amount paid; pounds."""
PEOPLE, CONTRACT_CAP, PAID = 131, 1_083_550, 848_540
PERIOD = Period(start=date(2018, 10, 1), end=date(2022, 4, 1))


def pounds(major: int) -> Any:
    return from_minor(major * 100, "GBP")


def apollo(rejected: int = 1, cap: int = CONTRACT_CAP, shift: int = 0) -> Books:
    """The contract with all its outcomes verified, but for so many of m17. `shift` makes other people of the 131."""
    rules = [a_rule(code, Price(price=pounds(price)), payee=INVESTOR) for code, price, _, _ in PUBLISHED]
    books = Books(
        activated(
            rules,
            metrics=[a_metric(code, max_payments_per_person=1) for code, _, _, _ in PUBLISHED],
            currency="GBP",
            time_zone="Europe/London",
            service_period=PERIOD,
            outcome_period=PERIOD,
            effective_from=PERIOD.start,
            payment=Payment(rules=tuple(rules), caps=(Cap(kind="contract", amount=pounds(cap)),)),
        )
    )
    for place, (code, _, people, _) in enumerate(PUBLISHED):
        for who in range(people):
            day = PERIOD.start + timedelta(days=(who * 7 + place * 31 + shift) % 1270)
            claim = a_claim((who + shift) % PEOPLE, code, day=day.isoformat())
            state: Any = "rejected" if code == "m17" and who < rejected else "verified"
            books.verify(claim) if state == "verified" else books.tell(_reported(books, claim))
    return books


def _reported(books: Books, claim: Any) -> Any:
    return claimed(books.contract_id, replace(claim, state="submitted"))


def settle(books: Books) -> Settled:
    return books.settle(PERIOD.end)


def test_the_published_payments_come_out_line_by_line() -> None:
    settled = settle(apollo())
    lines = [
        (
            line.rule,
            line.price // 100,
            len(line.sample_subject_ids),
            line.figures.units,
            line.figures.amount_minor // 100,
        )
        for line in settled.statement.lines
    ]
    paid = [20 if code == "m17" else people for code, _, people, _ in PUBLISHED]
    assert lines == [
        (code, price, count, count, amount) for (code, price, _, amount), count in zip(PUBLISHED, paid, strict=True)
    ]
    assert settled.total == PAID * 100
    assert not any(line.figures.cuts for line in settled.statement.lines), "the cap does not bind"


def test_with_every_m17_verified_it_is_one_unit_more() -> None:
    settled = settle(apollo(rejected=0))
    m17 = next(line for line in settled.statement.lines if line.rule == "m17")
    assert (m17.figures.units, m17.figures.amount_minor) == (21, 4_620_00)
    assert settled.total == (PAID + 220) * 100


def test_other_people_and_dates_give_the_same_content_hash() -> None:
    hashes = {settle(apollo(shift=shift)).shown_to(PAYER).content_sha256 for shift in (0, 17)}
    assert len(hashes) == 1


@pytest.mark.parametrize("cap", [848_540, 500_000, 221, 1])
def test_under_a_lower_cap_exactly_the_cap_is_paid_and_the_rest_said_to_be_cut(cap: int) -> None:
    settled = settle(apollo(cap=cap))
    cut = sum(line.figures.cut_contract_minor for line in settled.statement.lines)
    assert (settled.total, cut) == (cap * 100, (PAID - cap) * 100)


def test_the_investor_is_told_no_line_behind_which_fewer_than_five_people_stand() -> None:
    lines = settle(apollo()).shown_to(INVESTOR).content["lines"]
    alone = {line["rule"]: line["people"] for line in lines if "rule" in line}
    merged = [line["rules"] for line in lines if "rules" in line]
    assert all(people >= 5 for people in alone.values())
    assert {"m02", "m11", "m12", "m13", "m14", "m15"} <= {rule for rules in merged for rule in rules}
    assert all(line.keys() == {"number", "rules", "amount"} for line in lines if "rules" in line)
    assert len(lines) >= 15, "what need not be hidden is shown"


@pytest.mark.parametrize("organisation", [PAYER, PROVIDER])
def test_it_is_computed_again_from_its_inputs(organisation: str) -> None:
    books = apollo()
    result = recompute(*books.given_to(organisation, settle(books)))
    assert result.same
    assert result.content["total"]["amount"] == "848540.00"
