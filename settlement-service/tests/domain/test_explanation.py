"""Tests: why an amount is what it is, and who decided it."""

from dataclasses import replace
from typing import Any, Literal

import pytest

from services.events.outcomes import OutcomeDisputed, OutcomeDisputeDecided, OutcomeWithdrawn
from settlement_service.domain.explaining.explanation import explain, tree_of
from settlement_service.domain.explaining.words import REASONS
from settlement_service.domain.mechanisms.items import NotPayable
from settlement_service.domain.mechanisms.working import holds_together

from ..books import Books
from ..builders import (
    EVALUATOR,
    NOON,
    PAYER,
    PROVIDER,
    a_cap,
    a_claim,
    a_metric,
    a_rule,
    activated,
    claimed,
    verified,
)
from ..mechanisms import (
    COHORTS,
    PAYERS,
    a_contract,
    a_fee,
    a_gate,
    a_measure,
    a_milestone,
    a_savings_share,
    a_threshold,
    any_of,
    enrolled,
    flat,
    kr,
    measured_metric,
    rate,
    reading,
    some_bands,
    spent_metric,
    weights,
)


def test_an_item_that_a_cap_cut_in_part() -> None:
    books = Books(activated([a_rule("job", max_units_per_person=3)], [a_cap("contract", 25_000)]))
    claim = a_claim(1, units=4)
    books.verify(claim)
    (change,) = books.settle().changes
    told = explain(books.history, books.terms, 7, change)
    assert (told["line"], told["subjectId"], told["occurrence"]) == (7, str(claim.subject_id), "1")
    assert told["claim"] == {
        "id": str(claim.id),
        "occurrence": "1",
        "achievedOn": "2026-03-01",
        "units": 4,
        "reportedBy": PROVIDER,
    }
    assert told["decision"] == {"result": "verified", "decidedBy": [PAYER], "decidedAt": "2026-06-01T12:00:00Z"}
    assert told["now"] == {
        "units": 3,
        "gross": kroner("300.00"),
        "cut": [{"cap": "contract", "limit": kroner("250.00"), "amount": kroner("50.00")}],
        "amount": kroner("250.00"),
    }
    assert told["amount"] == kroner("250.00")
    for part in (
        "100.00 DKK",
        "Has a job",
        "Of 4 units claimed, 3",
        "Taken off: 50.00 DKK (the cap on the contract of 250.00 DKK)",
        f"decided by {PAYER}",
    ):
        assert part in told["text"]
    assert "Af 4 indberettede enheder kan 3 endnu betales." in told["textInDanish"]
    tree = tree_of(books.terms, books.terms, books.history.rules["job"], change)
    assert (holds_together(tree), tree.value) == (True, 250)


def test_an_item_whose_claim_was_accepted_because_nobody_had_decided() -> None:
    books, claim = Books(activated()), a_claim(1)
    books.tell(claimed(books.contract_id, claim), verified(books.contract_id, claim, deemed=True))
    (change,) = books.settle().changes
    told = explain(books.history, books.terms, 1, change)
    decision = {"result": "verified", "decidedBy": [PAYER], "decidedAt": "2026-06-01T12:00:00Z", "deemed": True}
    assert told["decision"] == decision
    assert f"accepted on 2026-06-01, because nobody had decided in time: {PAYER} was to." in told["text"]
    assert f"fordi ingen havde afgjort den i tide: det skulle {PAYER} have gjort." in told["textInDanish"]
    assert "decided by" not in told["text"]


@pytest.mark.parametrize("decision", ["verified", "rejected"])
def test_what_was_decided_in_a_dispute_is_deemed_no_more(decision: Literal["verified", "rejected"]) -> None:
    books, claim = Books(activated()), a_claim(1)
    about: dict[str, Any] = {"contract_id": books.contract_id, "claim_id": claim.id}
    books.tell(claimed(books.contract_id, claim), verified(books.contract_id, claim, deemed=True))
    if decision == "rejected":
        books.settle()
    books.tell(OutcomeDisputed(**about, disputed_by=PAYER, disputed_at=NOON, reason="not_achieved"))
    by: dict[str, Any] = {"decided_by": (EVALUATOR,), "decided_at": NOON, "reason": "not_achieved"}
    books.tell(OutcomeDisputeDecided(**about, **by, decision=decision))
    (change,) = books.settle().changes
    told = explain(books.history, books.terms, 1, change)
    assert "deemed" not in told["decision"]
    assert f"decided by {EVALUATOR}" in told["text"]


def test_an_item_that_is_taken_back() -> None:
    books, claim = Books(activated()), a_claim(1)
    books.verify(claim)
    books.settle()
    books.tell(OutcomeWithdrawn(contract_id=books.contract_id, claim_id=claim.id, withdrawn_at=NOON))
    (change,) = books.settle(kind="correction").changes
    told = explain(books.history, books.terms, 1, change)
    assert (told["decision"]["result"], told["amount"]) == ("withdrawn", kroner("-100.00"))
    assert "the claim was withdrawn" in told["text"]
    assert f"which {PROVIDER} owes back" in told["text"]


@pytest.mark.parametrize("reason", NotPayable.__args__)  # type: ignore[attr-defined]
def test_every_reason_has_its_words(reason: str) -> None:
    assert REASONS["en"][reason]
    assert REASONS["da"][reason]


def kroner(amount: str) -> dict[str, Any]:
    return {"amount": amount, "currency": "DKK"}


class TestWords:
    """One item of each mechanism, as a caseworker reads it."""

    def told(self, books: Books) -> tuple[str, str]:
        change = books.settle().changes[-1]
        explanation = explain(books.history, books.terms, 1, change)
        return explanation["text"], explanation["textInDanish"]

    def test_a_gate_says_each_threshold_and_whether_it_is_met(self) -> None:
        measure = a_measure(basis="relative_change", against="comparison")
        alone = a_threshold(replace(measure, cohorts=("a",)), "le", "-0.10")
        books = Books(
            a_contract(
                a_gate(any_of(alone, a_threshold(measure, "le", "-0.075"))),
                metrics=[measured_metric()],
                cohorts=COHORTS[:2],
            )
        )
        for cohort, value in (("a", "142"), ("b", "140.1")):
            books.verify(reading(books, value, cohort, n=10), reading(books, "155", cohort, n=10, arm="comparison"))
        english, danish = self.told(books)
        for part in (
            "142 (value, cohort a, y1, served) - 155 (value, cohort a, y1, comparison) = -13.",
            "The relative change in 'Has a rate' is -8.387 % and must be at most -10 %: not met.",
            "The relative change in 'Has a rate' is -9 % and must be at most -7.5 %: met.",
            "At least one of these conditions is met: yes. The condition is met, which gives 1000.00 DKK.",
        ):
            assert part in english
        assert "Den relative ændring i 'Has a rate' er -9 % og skal være højst -7.5 %: opfyldt." in danish
        assert "relative_change" not in english + danish

    def test_bands_say_the_value_the_band_its_rate_and_the_ceiling(self) -> None:
        rule = some_bands(a_measure(), "marginal", rate("0", "10", 1_000), rate("10", None, 2_000), ceiling=kr(15_000))
        books = Books(a_contract(rule, metrics=[measured_metric()]))
        books.verify(reading(books, "15"))
        english, danish = self.told(books)
        for part in (
            "Of 15 (value, cohort a, y1, served), 5 lie in the band from 10 up.",
            "5 x 20.00 DKK (rate of the band) = 100.00 DKK.",
            "100.00 DKK + 100.00 DKK = 200.00 DKK. Not more than 150.00 DKK (ceiling): 150.00 DKK. Due is 150.00 DKK.",
        ):
            assert part in english
        assert "Højst 150.00 DKK (maksimum): 150.00 DKK." in danish

    def test_a_share_says_who_was_counted_over_whom(self) -> None:
        rule = some_bands(a_measure("job", "share"), "flat", flat("0", "0.5", 1_000), flat("0.5", None, 2_000))
        books = Books(a_contract(rule, metrics=[a_metric()]))
        enrolled(books, 1, 2, 3)
        books.verify(a_claim(1), a_claim(2))
        english, _ = self.told(books)
        assert "2 (participants or sites on 'Has a job', 2 claims) / 3 (enrolled) = 0.6667." in english
        assert "0.6667 lies in the band from 0.5 up, which pays 20.00 DKK." in english

    def test_savings_say_baseline_spending_deductible_and_share_in_money(self) -> None:
        books = Books(a_contract(a_savings_share(deductible=kr(10_000)), metrics=[spent_metric()]))
        books.verify(reading(books, "400", metric="spent", component="purse"))
        english, danish = self.told(books)
        assert "1000.00 DKK (baseline) - 400.00 DKK (value, cohort a, y1, served) = 600.00 DKK." in english
        assert "600.00 DKK - 100.00 DKK (deductible) = 500.00 DKK." in english
        assert "500.00 DKK x 0.5 (share of the saving) = 250.00 DKK." in english
        assert "600.00 DKK - 100.00 DKK (selvrisiko) = 500.00 DKK." in danish

    def test_a_milestone_a_fee_and_how_it_is_shared(self) -> None:
        split, payers = weights((PAYER, 1), (PAYERS[1], 2)), PAYERS[:2]
        books = Books(a_contract(a_milestone(), a_fee(delivery="plan"), split=split, payers=payers))
        books.verify(a_claim(1, "plan"))
        milestone, fee = (explain(books.history, books.terms, 1, change)["text"] for change in books.settle().changes)
        assert "1 (units, occurrence 1) x 500.00 DKK (amount) = 500.00 DKK." in milestone
        assert f"{PAYER} 166.67 DKK and {PAYERS[1]} 333.33 DKK (shared 1 : 2)." in milestone
        assert "300.00 DKK (amount a period) x 1 (delivered to plan on 'Has a plan', 1 claim, 2026-Q1)" in fee

    def test_each_step_is_said_once(self) -> None:
        books = Books(a_contract(a_savings_share(accumulation="cumulative"), metrics=[spent_metric()]))
        for occurrence in ("y1", "y2"):
            books.verify(reading(books, "400", "a", occurrence, metric="spent", component="purse"))
        english, _ = self.told(books)
        sentences = english.split(". ")
        assert len(sentences) == len(set(sentences))
