"""Tests: what is left of items under the caps."""

from collections.abc import Sequence
from datetime import date

import pytest

from services.core.terms.mechanisms.unit_price import UnitPrice
from services.core.terms.payment import Cap
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.figures import Figures, ItemKey
from settlement_service.domain.limits.capping import PreviouslyPosted, apply_caps
from settlement_service.domain.limits.caps import CONTRACT, Due, Taken
from settlement_service.domain.mechanisms.by_subject import evaluate

from ..builders import a_cap, a_claim, a_rule, history, person

JOB, HOME = a_rule("job", 10_000), a_rule("home", 3_000)


def due(
    claims: Sequence[Claim],
    caps: Sequence[Cap],
    net: dict[ItemKey, int] | None = None,
    taken: Taken | None = None,
    rules: Sequence[UnitPrice] = (JOB, HOME),
) -> list[Due]:
    known = history(*rules, caps=caps)
    stands = {key: Figures(1, minor) for key, minor in (net or {}).items()}
    posting = PreviouslyPosted(stands, {}, date(2026, 12, 31))
    return apply_caps(known, known.newest.limits, evaluate(known, None, claims), posting, taken or {})


def amounts(cut: Sequence[Due]) -> list[int]:
    return [item_due.figures.amount_minor for item_due in cut]


def test_without_caps_everything_is_due() -> None:
    assert amounts(due([a_claim(1), a_claim(2)], [])) == [10_000, 10_000]


def test_the_last_item_that_fits_is_cut_in_part() -> None:
    claims = [a_claim(n, day=f"2026-0{n}-01") for n in (1, 2, 3, 4)]
    cut = due(claims, [a_cap("contract", 25_000)])
    assert amounts(cut) == [10_000, 10_000, 5_000, 0]
    assert [item_due.figures.cuts for item_due in cut] == [(), (), (("contract", 5_000),), (("contract", 10_000),)]


def test_the_earliest_achieved_comes_first_however_it_arrived() -> None:
    claims = [a_claim(1, day="2026-05-01"), a_claim(2, day="2026-04-01")]
    cut = due(claims, [a_cap("contract", 10_000)])
    assert [(item_due.item.key.subject_id, item_due.figures.amount_minor) for item_due in cut] == [
        (person(2), 10_000),
        (person(1), 0),
    ]


def test_on_one_day_rules_come_in_the_order_of_the_terms_then_occurrences_then_order_keys() -> None:
    claims = [
        a_claim(1, "home", order_key="a"),
        a_claim(1, "job", "2", order_key="b"),
        a_claim(2, "job", "1", order_key="d"),
        a_claim(3, "job", "1", order_key="c"),
    ]
    cut = due(claims, [a_cap("contract", 10_000)])
    assert [item_due.item.order_key for item_due in cut] == ["c", "d", "b", "a"]


def test_caps_apply_in_the_order_person_rule_contract_and_each_says_what_it_cut() -> None:
    claims = [a_claim(1, occurrence="1"), a_claim(1, occurrence="2"), a_claim(2, occurrence="1")]
    caps = [a_cap("contract", 16_000), a_cap("rule", 18_000, "job"), a_cap("person", 15_000)]
    cut = due(claims, caps)
    assert [
        (item_due.item.key.subject_id, item_due.item.key.occurrence, item_due.figures.cuts) for item_due in cut
    ] == [
        (person(1), "1", ()),
        (person(2), "1", (("rule", 2_000), ("contract", 2_000))),
        (person(1), "2", (("person", 5_000), ("rule", 5_000))),
    ]
    assert amounts(cut) == [10_000, 6_000, 0]


def test_a_cap_on_a_rule_leaves_other_rules_alone() -> None:
    cut = due([a_claim(1, "job"), a_claim(1, "home")], [a_cap("rule", 4_000, "job")])
    assert {item_due.item.key.rule: item_due.figures.amount_minor for item_due in cut} == {"job": 4_000, "home": 3_000}


def test_a_cap_on_a_person_leaves_other_persons_alone() -> None:
    claims = [a_claim(1, "job"), a_claim(1, "home"), a_claim(2, "job")]
    cut = due(claims, [a_cap("person", 11_000)])
    assert sorted((item_due.item.key.rule, item_due.figures.amount_minor) for item_due in cut) == [
        ("home", 1_000),
        ("job", 10_000),
        ("job", 10_000),
    ]


class TestHeadroom:
    """An earlier outcome turns up after a later one was paid, and the cap is used up."""

    late_but_paid = a_claim(1, day="2026-05-01")
    early_but_new = a_claim(2, day="2026-02-01")
    paid = {ItemKey("job", person(1), "1"): 10_000}

    def test_what_was_paid_keeps_its_place(self) -> None:
        cut = due([self.late_but_paid, self.early_but_new], [a_cap("contract", 10_000)], self.paid)
        assert {item_due.item.claim_id: item_due.figures.amount_minor for item_due in cut} == {
            self.late_but_paid.id: 10_000,
            self.early_but_new.id: 0,
        }

    def test_by_date_the_earliest_comes_first(self) -> None:
        caps = [a_cap("contract", 10_000, headroom="by_date")]
        cut = due([self.late_but_paid, self.early_but_new], caps, self.paid)
        assert {item_due.item.claim_id: item_due.figures.amount_minor for item_due in cut} == {
            self.late_but_paid.id: 0,
            self.early_but_new.id: 10_000,
        }

    def test_what_becomes_free_goes_to_the_oldest_cut_item(self) -> None:
        youngest = a_claim(3, day="2026-06-01")
        cut = due([youngest, self.early_but_new], [a_cap("contract", 10_000)], {})
        assert {item_due.item.claim_id: item_due.figures.amount_minor for item_due in cut} == {
            self.early_but_new.id: 10_000,
            youngest.id: 0,
        }

    def test_an_item_that_was_paid_in_part_keeps_that_part_and_gets_more_in_its_turn(self) -> None:
        part = {ItemKey("job", person(1), "1"): 4_000}
        cut = due([self.late_but_paid, self.early_but_new], [a_cap("contract", 12_000)], part)
        assert {item_due.item.claim_id: item_due.figures.amount_minor for item_due in cut} == {
            self.late_but_paid.id: 4_000,
            self.early_but_new.id: 8_000,
        }

    def test_what_was_paid_for_a_later_period_takes_its_room(self) -> None:
        cut = due([self.early_but_new], [a_cap("contract", 12_000)], taken={CONTRACT: 10_000})
        assert amounts(cut) == [2_000]


@pytest.mark.parametrize("kind", ["person", "rule", "contract"])
@pytest.mark.parametrize("headroom", ["keep_paid", "by_date"])
def test_more_taken_than_the_cap_leaves_nothing_and_no_less(kind: str, headroom: str) -> None:
    cap = a_cap(kind, 5_000, "job" if kind == "rule" else None, headroom)
    taken = {("person", str(person(1))): 6_000, ("rule", "job"): 6_000, CONTRACT: 6_000}
    assert amounts(due([a_claim(1)], [cap], taken=taken)) == [0]
